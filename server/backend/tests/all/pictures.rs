//! Pictures for tests, honest and hostile.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test file takes what it needs"
)]

use image::{
    DynamicImage, Rgb, RgbImage, Rgba, RgbaImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};

/// Noise that is the same every time, and neighbours that are alike, as in a photo.
pub fn photo(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let noise = (x ^ (y << 3) ^ seed).wrapping_mul(2_654_435_761) >> 28;
        let part = |of: u32, by: u32| (of * 200 / by.max(1) + noise) as u8;
        Rgb([part(x, width), part(y, height), (seed * 40) as u8])
    })
}

pub fn jpeg(width: u32, height: u32, seed: u32) -> Vec<u8> {
    jpeg_of(&photo(width, height, seed))
}

pub fn jpeg_of(pixels: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut file, 90);
    pixels.write_with_encoder(encoder).unwrap();
    file
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    let pixels = RgbaImage::from_fn(width, height, |x, y| Rgba([x as u8, y as u8, 7, 200]));
    let mut file = Vec::new();
    pixels
        .write_with_encoder(PngEncoder::new(&mut file))
        .unwrap();
    file
}

pub fn webp(width: u32, height: u32) -> Vec<u8> {
    let pixels = photo(width, height, 3);
    webp::Encoder::from_rgb(&pixels, width, height)
        .encode(80.0)
        .to_vec()
}

/// Each frame another grey.
pub fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder =
        gif::Encoder::new(&mut file, width, height, &[0, 0, 0, 255, 255, 255]).unwrap();
    encoder.set_repeat(gif::Repeat::Infinite).unwrap();
    for at in 0..frames {
        let pixels = vec![(at % 2) as u8; usize::from(width) * usize::from(height)];
        let frame = gif::Frame::from_indexed_pixels(width, height, pixels, None);
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    file
}

/// TIFF as EXIF holds it, big-endian: an orientation, and where it was taken.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    // Two entries: orientation (SHORT), and the place of the GPS directory.
    tiff.extend(b"\0\x02\x01\x12\0\x03\0\0\0\x01\0");
    tiff.extend([orientation, 0, 0]);
    tiff.extend(b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0");
    // GPSLatitudeRef, and GPSLatitude as three fractions.
    tiff.extend(b"\0\x02\0\x01\0\x02\0\0\0\x02N\0\0\0\0\x02\0\x05\0\0\0\x03\0\0\0\x44\0\0\0\0");
    tiff.extend(b"\0\0\0\x34\0\0\0\x01\0\0\0\x1f\0\0\0\x01\0\0\0\x2a\0\0\0\x01GPSSECRET");
    tiff
}

/// One segment of a JPEG.
pub fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() + 2) as u16;
    [&[0xff, marker], &length.to_be_bytes()[..], content].concat()
}

/// With these segments after the first marker.
pub fn jpeg_with(file: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&file[..2], &segments.concat(), &file[2..]].concat()
}

/// A photo with everything that tells more than the picture.
pub fn telling_jpeg(file: &[u8], orientation: u8) -> Vec<u8> {
    let exif = [b"Exif\0\0".to_vec(), exif(orientation)].concat();
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>XMPSECRET</x:xmpmeta>";
    let mut file = jpeg_with(
        file,
        &[
            segment(0xe1, &exif),
            segment(0xe1, xmp),
            segment(0xed, b"Photoshop 3.0\08BIM IPTCSECRET"),
            segment(0xfe, b"<script>COMSECRET</script>"),
        ],
    );
    file.extend(b"<html>TAILSECRET</html>");
    file
}

pub fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut check = flate_crc(name, content).to_be_bytes().to_vec();
    let mut chunk = (content.len() as u32).to_be_bytes().to_vec();
    chunk.extend(name);
    chunk.extend(content);
    chunk.append(&mut check);
    chunk
}

/// CRC-32 as PNG wants it, the slow way.
fn flate_crc(name: &[u8], content: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in name.iter().chain(content) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// With these chunks after the header.
pub fn png_with(file: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    [&file[..33], &chunks.concat(), &file[33..]].concat()
}

/// A header that promises this many pixels, and next to nothing behind it.
pub fn promising_png(width: u32, height: u32) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 6, 0, 0, 0]);
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"IDAT", &[0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]),
        chunk(b"IEND", &[]),
    ]
    .concat()
}

/// Much of nothing: its few kilobytes unpack to `width` × `height` pixels.
pub fn dense_png(width: u32, height: u32) -> Vec<u8> {
    let pixels = DynamicImage::new_rgba8(width, height);
    let mut file = Vec::new();
    pixels
        .write_with_encoder(PngEncoder::new(&mut file))
        .unwrap();
    file
}

/// The same with more frames than the encoder is asked to draw: one picture over and over.
pub fn long_gif(frames: usize) -> Vec<u8> {
    let one = gif(2, 2, 1);
    // The frame begins with its timing, and the file ends with a trailer.
    let begin = one
        .windows(2)
        .position(|pair| pair == [0x21, 0xf9])
        .unwrap();
    let frame = &one[begin..one.len() - 1];
    [&one[..begin], &frame.repeat(frames), &[0x3b]].concat()
}

/// Whether these bytes are anywhere in it.
pub fn holds(file: &[u8], bytes: &[u8]) -> bool {
    file.windows(bytes.len()).any(|part| part == bytes)
}
