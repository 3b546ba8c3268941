//! PNG (W3C, third edition, §5): what stays are the chunks that say how pixels look and move.

use domain::Refusal;

use super::{Reader, Stripped};

const KEPT: [&[u8; 4]; 16] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP",
    b"sBIT", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

pub(super) fn strip(file: &mut Reader<'_>, to: &mut Stripped) -> Result<(), Refusal> {
    to.bytes.extend(file.take(8)?);
    let mut frames = 0;
    loop {
        let length = file.array()?;
        let name: [u8; 4] = file.array()?;
        let content = file.take(u32::from_be_bytes(length) as usize)?;
        let check: [u8; 4] = file.array()?;
        match &name {
            b"fcTL" => frames += 1,
            b"eXIf" => to.turn_by_exif(content),
            _ => {}
        }
        if KEPT.contains(&&name) {
            to.bytes.extend(length);
            to.bytes.extend(name);
            to.bytes.extend(content);
            to.bytes.extend(check);
        }
        if &name == b"IEND" {
            to.frames = frames.max(1);
            return Ok(());
        }
    }
}
