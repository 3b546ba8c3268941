//! What is shown of an image until it is there: its thumbhash, made an image again. The server does it for the first
//! view; in the browser the code comes with the file that is loaded late.

use std::sync::OnceLock;

static DECODER: OnceLock<fn(&str) -> Option<String>> = OnceLock::new();

/// From now on placeholders are blurred images.
pub(super) fn know() {
    let _ = DECODER.set(decode);
}

/// A data URL; `None` where there is nothing to show or no code for it yet.
pub(super) fn blurred(hash: &str) -> Option<String> {
    #[cfg(feature = "ssr")]
    know();
    DECODER.get().and_then(|decode| decode(hash))
}

fn decode(hash: &str) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    let hash = STANDARD_NO_PAD.decode(hash.trim_end_matches('=')).ok()?;
    let (width, height, pixels) = thumbhash::thumb_hash_to_rgba(&hash).ok()?;
    let image = bitmap(width, height, &pixels)?;
    Some(format!(
        "data:image/bmp;base64,{}",
        STANDARD_NO_PAD.encode(image)
    ))
}

/// A BMP of 24 bits without compression: the one format that needs no encoder.
fn bitmap(width: usize, height: usize, rgba: &[u8]) -> Option<Vec<u8>> {
    const HEADER: u32 = 54;
    let row = (width * 3).next_multiple_of(4);
    let size = u32::try_from(row * height).ok()?;
    let mut bytes = Vec::with_capacity(HEADER as usize + row * height);
    bytes.extend(b"BM");
    for field in [HEADER + size, 0, HEADER, 40] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(u32::try_from(width).ok()?.to_le_bytes());
    bytes.extend(u32::try_from(height).ok()?.to_le_bytes());
    // One plane, 24 bits, not compressed.
    bytes.extend([1, 0, 24, 0]);
    for field in [0, size, 0, 0, 0, 0] {
        bytes.extend(u32::to_le_bytes(field));
    }
    // From the bottom up, blue first.
    for line in rgba.chunks_exact(width * 4).take(height).rev() {
        let begin = bytes.len();
        for pixel in line.chunks_exact(4) {
            bytes.extend([pixel[2], pixel[1], pixel[0]]);
        }
        bytes.resize(begin + row, 0);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bitmap_has_its_header_and_rows_of_four_bytes() {
        let red = [255, 0, 0, 255];
        let image = bitmap(1, 2, &[red, red].concat()).unwrap();
        assert_eq!(image.len(), 54 + 2 * 4);
        assert_eq!(&image[..2], b"BM");
        assert_eq!(&image[54..], [0, 0, 255, 0, 0, 0, 255, 0]);
    }

    #[test]
    fn what_is_no_thumbhash_shows_nothing() {
        assert_eq!(decode(""), None);
        assert_eq!(decode("no base64!"), None);
        assert!(decode("1QcSHQRnh493V4dIh4eXh1h4kJUI").is_some());
    }
}
