//! Thumbnails, and what is shown until they are there. Thumbnails are lossy WebP (libwebp: its encoder makes files a
//! third smaller than JPEG in about the same time at small sizes, and keeps transparency), in sRGB: a profile that says
//! otherwise is converted. The widest of a photo is JPEG: as WebP it would take five times as long, more than all else
//! that is done before anybody sees anything.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use domain::{Image, ImageKind, Refusal};
use fast_image_resize::{
    FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U8x3, U8x4},
};
use image::{ColorType, DynamicImage, ImageBuffer, Pixel};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::decode::Decoded;

/// Of what the placeholder is made.
const BLUR: u32 = 100;
const QUALITY: f32 = 78.0;
const JPEG_QUALITY: u8 = 80;
/// Of 0 to 6: the next takes half as long again, for files one percent smaller.
const EFFORT: i32 = 0;

pub(crate) struct Shrunk {
    /// The narrowest first: their widths, and files of [`kind_of`].
    pub(crate) thumbnails: Vec<(u32, Vec<u8>)>,
    /// A thumbhash in base64.
    pub(crate) blur: String,
}

impl Shrunk {
    /// Of an image of this kind.
    pub(crate) fn of(kind: ImageKind, decoded: &Decoded) -> Result<Self, Refusal> {
        let (width, height) = (decoded.pixels.width(), decoded.pixels.height());
        let profile = decoded.profile.as_deref();
        let mut widths: Vec<u32> = Image::widths_of(width, height).collect();
        let mut sizes: Vec<(u32, DynamicImage)> = Vec::new();
        while let Some(thumbnail) = widths.pop() {
            let high = Image::height_at(thumbnail, width, height);
            // Each from the one before: of the whole only the first.
            let shrunk = match sizes.last() {
                Some((_, last)) => shrink(last, thumbnail, high)?,
                None => in_srgb(shrink(&decoded.pixels, thumbnail, high)?, profile),
            };
            sizes.push((thumbnail, shrunk));
        }
        let blur = if let Some((_, last)) = sizes.last() {
            blur(last)?
        } else {
            let (wide, high) = within(BLUR, width, height);
            blur(&in_srgb(shrink(&decoded.pixels, wide, high)?, profile))?
        };
        let encode = |(width, pixels): (u32, DynamicImage)| {
            let file = match kind_of(kind, width) {
                ImageKind::Jpeg => jpeg_at(&pixels, JPEG_QUALITY, None),
                _ => webp_at(&pixels, QUALITY),
            };
            Ok((width, file?))
        };
        let thumbnails = sizes.into_iter().rev().map(encode);
        let thumbnails = thumbnails.collect::<Result<_, Refusal>>()?;
        Ok(Self { thumbnails, blur })
    }
}

/// Of the thumbnail of this width.
pub(crate) fn kind_of(original: ImageKind, width: u32) -> ImageKind {
    match original {
        ImageKind::Jpeg if width == Image::WIDEST => ImageKind::Jpeg,
        _ => ImageKind::WebP,
    }
}

/// For the kinds of pixels that there are after decoding, and no others: for all that it knows, the crate would be
/// megabytes.
fn shrink(pixels: &DynamicImage, width: u32, height: u32) -> Result<DynamicImage, Refusal> {
    let mut shrunk = DynamicImage::new(width, height, pixels.color());
    match (pixels, &mut shrunk) {
        (DynamicImage::ImageRgb8(from), DynamicImage::ImageRgb8(to)) => resize::<U8x3, _>(from, to),
        (DynamicImage::ImageRgba8(from), DynamicImage::ImageRgba8(to)) => {
            resize::<U8x4, _>(from, to)
        }
        _ => None,
    }
    .ok_or(Refusal::ImageBroken)?;
    Ok(shrunk)
}

fn resize<P: PixelTrait, C: Pixel<Subpixel = u8>>(
    from: &ImageBuffer<C, Vec<u8>>,
    to: &mut ImageBuffer<C, Vec<u8>>,
) -> Option<()> {
    let (width, height) = to.dimensions();
    let from = TypedImageRef::<P>::from_buffer(from.width(), from.height(), from.as_raw()).ok()?;
    let mut to = TypedImage::<P>::from_buffer(width, height, to).ok()?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    Resizer::new().resize_typed(&from, &mut to, &options).ok()
}

fn within(side: u32, width: u32, height: u32) -> (u32, u32) {
    let longest = width.max(height).max(1);
    if longest <= side {
        return (width.max(1), height.max(1));
    }
    let part = |of: u32| (of * side / longest).max(1);
    (part(width), part(height))
}

/// A profile that cannot be read counts as none.
pub(crate) fn in_srgb(pixels: DynamicImage, profile: Option<&[u8]>) -> DynamicImage {
    let converted = profile.and_then(|profile| convert(&pixels, profile));
    converted.unwrap_or(pixels)
}

/// Not one for ink: what it says holds no more once there are pixels.
pub(crate) fn is_rgb(profile: &[u8]) -> bool {
    let profile = ColorProfile::new_from_slice(profile);
    profile.is_ok_and(|profile| profile.color_space == DataColorSpace::Rgb)
}

fn convert(pixels: &DynamicImage, profile: &[u8]) -> Option<DynamicImage> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    if profile.color_space != DataColorSpace::Rgb {
        return None;
    }
    let (layout, alpha) = match pixels.color() {
        ColorType::Rgb8 => (Layout::Rgb, false),
        ColorType::Rgba8 => (Layout::Rgba, true),
        _ => return None,
    };
    let srgb = ColorProfile::new_srgb();
    let transform = profile
        .create_transform_8bit(layout, &srgb, layout, TransformOptions::default())
        .ok()?;
    let mut converted = vec![0; pixels.as_bytes().len()];
    transform
        .transform(pixels.as_bytes(), &mut converted)
        .ok()?;
    let (width, height) = (pixels.width(), pixels.height());
    if alpha {
        image::RgbaImage::from_raw(width, height, converted).map(Into::into)
    } else {
        image::RgbImage::from_raw(width, height, converted).map(Into::into)
    }
}

pub(crate) fn webp_at(pixels: &DynamicImage, quality: f32) -> Result<Vec<u8>, Refusal> {
    let (width, height) = (pixels.width(), pixels.height());
    let mut config = webp::WebPConfig::new().map_err(|()| Refusal::ImageBroken)?;
    config.quality = quality;
    config.method = EFFORT;
    let encoded = if pixels.color().has_alpha() {
        let pixels = pixels.to_rgba8();
        webp::Encoder::from_rgba(&pixels, width, height).encode_advanced(&config)
    } else {
        let pixels = pixels.to_rgb8();
        webp::Encoder::from_rgb(&pixels, width, height).encode_advanced(&config)
    };
    encoded
        .map(|file| file.to_vec())
        .map_err(|_| Refusal::ImageBroken)
}

/// By an encoder that takes a third of the time that the one of `image` does.
pub(crate) fn jpeg_at(
    pixels: &DynamicImage,
    quality: u8,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, Refusal> {
    if !matches!(pixels, DynamicImage::ImageRgb8(_)) {
        return Err(Refusal::ImageBroken);
    }
    let side = |side: u32| u16::try_from(side).map_err(|_| Refusal::ImageBroken);
    let (width, height) = (side(pixels.width())?, side(pixels.height())?);
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, quality);
    // As cameras do.
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    if let Some(profile) = profile {
        let _ = encoder.add_icc_profile(profile);
    }
    let written = encoder.encode(
        pixels.as_bytes(),
        width,
        height,
        jpeg_encoder::ColorType::Rgb,
    );
    written.map_err(|_| Refusal::ImageBroken)?;
    Ok(file)
}

fn blur(pixels: &DynamicImage) -> Result<String, Refusal> {
    let (width, height) = within(BLUR, pixels.width(), pixels.height());
    let small = shrink(pixels, width, height)?.into_rgba8();
    let hash = thumbhash::rgba_to_thumb_hash(width as usize, height as usize, &small);
    Ok(STANDARD_NO_PAD.encode(hash))
}
