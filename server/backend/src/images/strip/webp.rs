//! WebP (RFC 9649): what stays are the chunks that hold pixels, how they move, and the colour profile.

use domain::Refusal;

use super::{Reader, Stripped};

const KEPT: [&[u8; 4]; 7] = [
    b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP",
];
/// Of the flags in VP8X: there are EXIF and XMP.
const METADATA: u8 = 0x08 | 0x04;

pub(super) fn strip(file: &mut Reader<'_>, to: &mut Stripped) -> Result<(), Refusal> {
    file.take(4)?;
    let length = u32::from_le_bytes(file.array()?) as usize;
    let mut chunks = Reader(file.take(length)?);
    chunks.take(4)?;
    to.bytes.extend(b"RIFF\0\0\0\0WEBP");
    let mut frames = 0;
    while !chunks.0.is_empty() {
        let name: [u8; 4] = chunks.array()?;
        let length: [u8; 4] = chunks.array()?;
        let count = u32::from_le_bytes(length) as usize;
        let content = chunks.take(count)?;
        // Some writers leave the last byte out that makes a length even.
        if count % 2 == 1 && !chunks.0.is_empty() {
            chunks.byte()?;
        }
        match &name {
            b"ANMF" => frames += 1,
            b"EXIF" => to.turn_by_exif(content),
            _ => {}
        }
        if KEPT.contains(&&name) {
            to.bytes.extend(name);
            to.bytes.extend(length);
            let begin = to.bytes.len();
            to.bytes.extend(content);
            if let (b"VP8X", Some(flags)) = (&name, to.bytes.get_mut(begin)) {
                *flags &= !METADATA;
            }
            if count % 2 == 1 {
                to.bytes.push(0);
            }
        }
    }
    let length = u32::try_from(to.bytes.len() - 8).map_err(|_| Refusal::ImageBroken)?;
    to.bytes[4..8].copy_from_slice(&length.to_le_bytes());
    to.frames = frames.max(1);
    Ok(())
}
