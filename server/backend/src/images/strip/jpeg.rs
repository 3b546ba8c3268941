//! JPEG (ITU-T T.81, Annex B): what stays are tables, frame, scans, and of the applications' segments the colour profile
//! and what tells how colours are to be read.

use domain::Refusal;

use super::{Reader, Stripped};

/// A progressive image needs about ten; each one makes the decoder pass over the whole image.
const SCANS: usize = 200;
/// Bytes of a colour profile. Past it the profile is left out.
const PROFILE: usize = 1024 * 1024;

pub(super) fn strip(file: &mut Reader<'_>, to: &mut Stripped) -> Result<(), Refusal> {
    let (mut frames, mut scans, mut profile) = (0, 0, 0);
    to.bytes.extend(file.take(2)?);
    loop {
        let marker = marker(file)?;
        // Without a segment, and of no use outside a scan.
        if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd7) {
            continue;
        }
        if marker == 0xd9 {
            to.bytes.extend([0xff, marker]);
            break;
        }
        let length = usize::from(u16::from_be_bytes(file.array()?));
        let content = file.take(length.checked_sub(2).ok_or(Refusal::ImageBroken)?)?;
        match marker {
            // SOI, and the beginning of one image inside another.
            0xd8 => return Err(Refusal::ImageBroken),
            // Huffman and arithmetic tables, quantisation, restarts.
            0xc4 | 0xcc | 0xdb | 0xdd => push(to, marker, content),
            0xc0..=0xcf => {
                frames += 1;
                to.progressive |= matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce);
                push(to, marker, content);
            }
            0xda => {
                scans += 1;
                push(to, marker, content);
                to.bytes.extend(scan(file));
            }
            // JFIF, without the small image that may follow.
            0xe0 if content.starts_with(b"JFIF\0") && content.len() >= 14 => {
                let mut jfif = content[..14].to_vec();
                jfif[12..].fill(0);
                push(to, marker, &jfif);
            }
            0xe1 if content.starts_with(b"Exif\0\0") => to.turn_by_exif(content),
            0xe2 if content.starts_with(b"ICC_PROFILE\0") => {
                profile += content.len();
                if profile <= PROFILE {
                    push(to, marker, content);
                }
            }
            0xee if content.starts_with(b"Adobe") && content.len() >= 12 => {
                push(to, marker, &content[..12]);
            }
            _ => {}
        }
        if scans > SCANS || frames > 1 {
            return Err(Refusal::ImageBroken);
        }
    }
    if frames == 1 && scans > 0 {
        Ok(())
    } else {
        Err(Refusal::ImageBroken)
    }
}

fn push(to: &mut Stripped, marker: u8, content: &[u8]) {
    let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
    to.bytes.extend([0xff, marker]);
    to.bytes.extend(length.to_be_bytes());
    to.bytes.extend(content);
}

/// The next marker, past what fills the space before it.
fn marker(file: &mut Reader<'_>) -> Result<u8, Refusal> {
    while file.byte()? != 0xff {}
    loop {
        match file.byte()? {
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

/// The coded data up to the next marker that ends it.
fn scan<'a>(file: &mut Reader<'a>) -> &'a [u8] {
    let data = file.0;
    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
    let length = data.windows(2).position(ends).unwrap_or(data.len());
    file.0 = &data[length..];
    &data[..length]
}
