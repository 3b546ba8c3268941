//! What a file is, by its first bytes; never by its name or what the sender says.

use domain::{ImageKind, Refusal};

/// As many bytes as tell it.
const ENOUGH: usize = 1024;

pub(crate) fn kind(bytes: &[u8]) -> Result<ImageKind, Refusal> {
    let bytes = &bytes[..bytes.len().min(ENOUGH)];
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Ok(ImageKind::Jpeg)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(ImageKind::Png)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Ok(ImageKind::Gif)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Ok(ImageKind::WebP)
    } else {
        Err(other(bytes).map_or(Refusal::NotAnImage, Refusal::image_not_taken))
    }
}

/// Images that have no decoder here.
fn other(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 8] = [
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"BM", "BMP"),
        (b"\0\0\x01\0", "ICO"),
        (b"8BPS", "Photoshop"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL ", "JPEG XL"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    ];
    if let Some((_, name)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(name);
    }
    // ISO/IEC 14496-12 §4.3: the brand says what is in the boxes.
    if bytes.get(4..8) == Some(b"ftyp") {
        return match bytes.get(8..12)? {
            b"avif" | b"avis" => Some("AVIF"),
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => Some("HEIC"),
            _ => None,
        };
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let is_xml = text.starts_with("<svg") || text.starts_with("<?xml") || text.starts_with("<!--");
    (is_xml && text.contains("<svg")).then_some("SVG")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        assert_eq!(kind(b"\xff\xd8\xff\xe0"), Ok(ImageKind::Jpeg));
        assert_eq!(kind(b"RIFF\0\0\0\0WEBPVP8 "), Ok(ImageKind::WebP));
        for (bytes, name) in [
            (&b"\0\0\0\x18ftypheic\0\0"[..], "HEIC"),
            (b"\0\0\0\x18ftypavif\0\0", "AVIF"),
            (b"II*\0abc", "TIFF"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
            (b"\xef\xbb\xbf <?xml version='1.0'?><!-- --><svg/>", "SVG"),
        ] {
            assert_eq!(kind(bytes), Err(Refusal::image_not_taken(name)));
        }
        for bytes in [
            &b""[..],
            b"RIFF\0\0\0\0WAVE",
            b"<!DOCTYPE html><svg/>",
            b"\0\0\0\x18ftypisom",
            b"%PDF-1.7",
        ] {
            assert_eq!(kind(bytes), Err(Refusal::NotAnImage));
        }
    }
}
