//! What is kept of honest files, and what becomes of hostile ones.

use std::time::{Duration, Instant};

use domain::{Image, ImageKind, Refusal};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::{Checked, Kept, Shrunk, written};

#[path = "../../../tests/all/pictures.rs"]
mod pictures;
use pictures::{
    chunk, dense_png, exif, gif, holds, jpeg, jpeg_of, jpeg_with, long_gif, png, png_with,
    promising_png, segment, telling_jpeg, webp,
};

fn take(file: &[u8]) -> Result<Kept, Refusal> {
    Checked::of(file)?.make(Instant::now() + Duration::from_mins(1))
}

fn refused(file: &[u8]) -> Refusal {
    take(file).map(|kept| kept.kind).unwrap_err()
}

#[test]
fn each_kind_is_kept_with_its_thumbnails() {
    for (file, kind) in [
        (jpeg(1000, 500, 1), ImageKind::Jpeg),
        (png(1000, 500), ImageKind::Png),
        (webp(1000, 500), ImageKind::WebP),
        (gif(1000, 500, 1), ImageKind::Gif),
    ] {
        let kept = take(&file).unwrap();
        assert_eq!((kept.kind, kept.width, kept.height), (kind, 1000, 500));
        assert!(!kept.animated);
        let widths: Vec<u32> = kept.shrunk.thumbnails.iter().map(|it| it.0).collect();
        assert_eq!(widths, [320, 800]);
        for (width, file) in &kept.shrunk.thumbnails {
            let shown = image::load_from_memory(file).unwrap();
            assert_eq!((shown.width(), shown.height()), (*width, width / 2));
        }
        assert!(!kept.shrunk.blur.is_empty());
        // What is kept is taken again as it is.
        assert_eq!(take(&kept.original).unwrap().hash, kept.hash);
    }
}

#[test]
fn the_widest_thumbnail_of_a_photo_is_a_jpeg_and_all_others_are_webp() {
    for (file, widest) in [
        (jpeg(1800, 900, 1), ImageFormat::Jpeg),
        (telling_jpeg(&jpeg(900, 1800, 1), 6), ImageFormat::Jpeg),
        (png(1800, 900), ImageFormat::WebP),
    ] {
        let thumbnails = take(&file).unwrap().shrunk.thumbnails.into_iter();
        let kinds: Vec<_> = thumbnails
            .map(|(_, file)| image::guess_format(&file).unwrap())
            .collect();
        assert_eq!(kinds, [ImageFormat::WebP, ImageFormat::WebP, widest]);
    }
}

#[test]
fn a_photo_tells_nothing_but_its_picture() {
    let plain = jpeg(400, 300, 1);
    let profile = segment(0xe2, b"ICC_PROFILE\0\x01\x01profile");
    let colours = jpeg_with(&plain, std::slice::from_ref(&profile));
    let telling = telling_jpeg(&colours, 1);
    for secret in ["GPS", "XMP", "IPTC", "COM", "TAIL"] {
        let secret = format!("{secret}SECRET");
        assert!(holds(&telling, secret.as_bytes()));
        assert!(!holds(&take(&telling).unwrap().original, secret.as_bytes()));
    }
    // Not written anew: pixel for pixel, and with its profile.
    let kept = take(&telling).unwrap().original;
    assert_eq!(kept, take(&colours).unwrap().original);
    assert!(holds(&kept, &profile));
}

#[test]
fn other_kinds_tell_nothing_either() {
    let secret = |name: &[u8]| chunk(name, b"Comment\0SECRET");
    let chunks = [
        secret(b"tEXt"),
        secret(b"zTXt"),
        secret(b"iTXt"),
        secret(b"prVt"),
        chunk(b"eXIf", &exif(1)),
    ];
    let mut file = png_with(&png(40, 30), &chunks);
    file.extend(b"SECRET");
    let kept = take(&file).unwrap().original;
    assert_eq!(kept, take(&png(40, 30)).unwrap().original);

    let mut file = gif(4, 3, 2);
    let at = file
        .windows(2)
        .position(|pair| pair == [0x21, 0xf9])
        .unwrap();
    file.splice(at..at, *b"\x21\xfe\x06SECRET\0");
    file.splice(at..at, *b"\x21\xff\x0bXMP DataXMP\x06SECRET\0");
    file.extend(b"SECRET");
    let kept = take(&file).unwrap();
    assert!(kept.animated);
    assert_eq!(kept.original, gif(4, 3, 2));

    let plain = webp(40, 30);
    let mut chunks = b"VP8X\x0a\0\0\0\x0c\0\0\0\x27\0\0\x1d\0\0".to_vec();
    chunks.extend(&plain[12..]);
    chunks.extend(b"EXIF\x06\0\0\0SECRETXMP \x06\0\0\0SECRET");
    let length = (chunks.len() + 4) as u32;
    let mut file = [b"RIFF", &length.to_le_bytes()[..], b"WEBP", &chunks].concat();
    file.extend(b"SECRET");
    let kept = take(&file).unwrap().original;
    assert!(!holds(&kept, b"SECRET") && !holds(&kept, b"EXIF"));
    assert_eq!(kept[20], 0, "the flags for both are gone");
}

#[test]
fn each_orientation_is_applied() {
    // A red, a green, a blue and a white quarter.
    let colours = [[250, 0, 0], [0, 250, 0], [0, 0, 250], [250, 250, 250]];
    let upright = RgbImage::from_fn(64, 32, |x, y| {
        Rgb(colours[usize::from(x >= 32) + 2 * usize::from(y >= 16)])
    });
    let upright = DynamicImage::from(upright);
    for orientation in 1..=8 {
        let file = telling_jpeg(&jpeg_of(upright.as_rgb8().unwrap()), orientation);
        let kept = take(&file).unwrap();
        let mut expected = upright.clone();
        expected.apply_orientation(image::metadata::Orientation::from_exif(orientation).unwrap());
        assert_eq!(
            (kept.width, kept.height),
            (expected.width(), expected.height())
        );
        let (shown, expected) = (
            image::load_from_memory(&kept.original).unwrap().into_rgb8(),
            expected.into_rgb8(),
        );
        for (x, y) in [(8, 8), (kept.width - 8, 8), (8, kept.height - 8)] {
            let pairs = shown
                .get_pixel(x, y)
                .0
                .into_iter()
                .zip(expected.get_pixel(x, y).0);
            for (shown, expected) in pairs {
                assert!(shown.abs_diff(expected) < 30, "{orientation} at {x} {y}");
            }
        }
        assert!(!holds(&kept.original, b"SECRET"));
    }
}

#[test]
fn grey_stays_grey() {
    let grey = DynamicImage::from(RgbImage::from_pixel(400, 300, Rgb([90, 90, 90])));
    let mut png = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut png);
    grey.to_luma16().write_with_encoder(encoder).unwrap();
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut jpeg);
    grey.to_luma8().write_with_encoder(encoder).unwrap();
    for file in [png, telling_jpeg(&jpeg, 1), telling_jpeg(&jpeg, 6)] {
        let kept = take(&file).unwrap();
        for file in [
            &kept.original,
            &kept
                .shrunk
                .thumbnails
                .first()
                .map_or(kept.original.clone(), |it| it.1.clone()),
        ] {
            let shown = image::load_from_memory(file).unwrap().into_rgb8();
            let shown = shown.get_pixel(5, 5).0;
            assert!(shown.iter().all(|part| part.abs_diff(90) < 4), "{shown:?}");
        }
    }
}

#[test]
fn colours_of_another_profile_are_converted_for_thumbnails() {
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let profile = segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &*wide].concat());
    let plain = jpeg_of(&RgbImage::from_pixel(400, 300, Rgb([200, 60, 60])));
    let red = |file: &[u8]| {
        let kept = take(file).unwrap();
        let shown = image::load_from_memory(&kept.shrunk.thumbnails[0].1).unwrap();
        shown.into_rgb8().get_pixel(9, 9).0[0]
    };
    let (as_is, converted) = (red(&plain), red(&jpeg_with(&plain, &[profile])));
    assert!(converted > as_is + 5, "{as_is} {converted}");
}

#[test]
fn what_moves_goes_on_moving() {
    let kept = take(&gif(600, 400, 3)).unwrap();
    assert!(kept.animated);
    assert_eq!(kept.original, gif(600, 400, 3));
    let still = image::load_from_memory(&kept.shrunk.thumbnails[0].1).unwrap();
    assert_eq!(
        still.into_rgb8().get_pixel(1, 1).0,
        [0, 0, 0],
        "the first frame"
    );
}

#[test]
fn hostile_files_are_refused_in_words() {
    let max = Image::MAX_PIXELS as usize;
    assert_eq!(
        refused(&promising_png(50_000, 50_000)),
        Refusal::TooManyPixels { max }
    );
    assert_eq!(
        refused(&promising_png(20_001, 1)),
        Refusal::TooManyPixels { max }
    );
    assert_eq!(refused(&promising_png(8_000, 8_000)), Refusal::ImageBroken);
    assert_eq!(refused(b""), Refusal::NotAnImage);
    assert_eq!(
        refused(b"<html><svg onload=alert(1)></svg>"),
        Refusal::NotAnImage
    );
    assert_eq!(
        refused(b"<svg xmlns='x'/>"),
        Refusal::image_not_taken("SVG")
    );
    let max = Image::MAX_FRAMES;
    assert_eq!(refused(&long_gif(10_000)), Refusal::TooManyFrames { max });
    assert_eq!(refused(&long_gif(1_001)), Refusal::TooManyFrames { max });
    assert!(take(&long_gif(1_000)).is_ok());
    let wide = gif(16_000, 4_000, 1);
    let begin = wide
        .windows(2)
        .position(|pair| pair == [0x21, 0xf9])
        .unwrap();
    let frame = wide[begin..wide.len() - 1].repeat(5);
    let long = [&wide[..begin], &frame, &[0x3b]].concat();
    assert_eq!(refused(&long), Refusal::TooManyFrames { max });
}

#[test]
fn a_small_file_may_hold_a_large_picture() {
    let file = dense_png(8_000, 2_000);
    assert!(file.len() < 8_000 * 2_000 * 4 / 50);
    assert_eq!(take(&file).unwrap().width, 8_000);
}

#[test]
fn a_file_that_ends_too_early_is_broken() {
    for file in [
        jpeg(300, 200, 1),
        png(300, 200),
        webp(300, 200),
        gif(30, 20, 3),
    ] {
        for part in [2, 3, 4, 8] {
            let cut = file.len() - file.len() / part;
            assert_eq!(refused(&file[..cut]), Refusal::ImageBroken, "{part}");
        }
        assert_eq!(refused(&file[..file.len() - 1]), Refusal::ImageBroken);
    }
}

#[test]
fn a_jpeg_of_many_scans_is_refused_before_it_is_decoded() {
    let file = jpeg(64, 64, 1);
    let scan = file
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .unwrap();
    let scans = file[scan..file.len() - 2].repeat(300);
    let many = [&file[..scan], &scans, &[0xff, 0xd9]].concat();
    assert_eq!(
        Checked::of(&many).map(|_| ()).unwrap_err(),
        Refusal::ImageBroken
    );
}

/// Whatever is sent: an answer, and soon.
#[test]
fn a_damaged_file_is_kept_or_refused_and_never_more() {
    let files = [
        jpeg(48, 32, 1),
        telling_jpeg(&jpeg(48, 32, 2), 6),
        png(48, 32),
        webp(48, 32),
        gif(48, 32, 3),
    ];
    let mut dice = 88_172_645_463_325_252_u64;
    let mut roll = move |below: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice % below.max(1) as u64) as usize
    };
    let start = Instant::now();
    for at in 0..2_000 {
        let mut file = files[at % files.len()].clone();
        for _ in 0..=roll(6) {
            let (place, other) = (roll(file.len()), roll(file.len()));
            match roll(5) {
                0 => file[place] = roll(256) as u8,
                1 => file[place] ^= 1 << roll(8),
                2 => file.truncate(place.max(1)),
                3 => {
                    let part = file[place.min(other)..place.max(other)].to_vec();
                    file.splice(place..place, part);
                }
                _ => {
                    file.drain(place.min(other)..place.max(other));
                }
            }
            if file.is_empty() {
                file.push(0);
            }
        }
        let one = Instant::now();
        // A kept one is whole; why another is refused does not matter here.
        if let Ok(kept) = take(&file) {
            assert!(kept.width > 0 && kept.height > 0);
        }
        assert!(one.elapsed() < Duration::from_secs(20), "{file:x?}");
    }
    assert!(start.elapsed() < Duration::from_mins(3));
}

/// `cargo test -p backend --lib --release how_long -- --ignored --nocapture`
#[test]
#[ignore = "measures, and asserts nothing"]
fn how_long_it_takes() {
    for (width, height, orientation) in [
        (2000, 1500, 1),
        (2000, 1500, 6),
        (5472, 3648, 1),
        (5472, 3648, 6),
    ] {
        let file = telling_jpeg(&jpeg(width, height, 1), orientation);
        let mut last = worked();
        let mut took = || {
            let now = worked();
            now.saturating_sub(std::mem::replace(&mut last, now))
        };
        let checked = Checked::of(&file).unwrap();
        let stripped = took();
        let until = Instant::now() + Duration::from_mins(1);
        let decoded = checked.stripped.decode(until).unwrap();
        let turned = took();
        let shrunk = Shrunk::of(checked.stripped.kind, &decoded).unwrap();
        let made = took();
        let written = written(checked.stripped.kind, &decoded).unwrap();
        let wrote = took();
        let sizes: Vec<usize> = shrunk
            .thumbnails
            .iter()
            .map(|it| it.1.len() / 1024)
            .collect();
        println!(
            "{width}×{height} turned {orientation}, {} KB: strip {stripped:?}, decode and turn {turned:?}, \
             thumbnails {made:?} {sizes:?} KB; written anew {wrote:?} {} KB",
            file.len() / 1024,
            written.len() / 1024
        );
    }
}

/// Time on a core, whatever else the machine does (Linux: `proc_pid_schedstat(5)`).
fn worked() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let worked = text.split(' ').next().and_then(|it| it.parse().ok());
    Duration::from_nanos(worked.unwrap_or(0))
}
