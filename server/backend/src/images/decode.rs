//! From a stripped file to pixels: once, whole, within bounds that its header tells before.

use std::{io::Cursor, time::Instant};

use domain::{Image, ImageKind, Refusal};
use image::{
    AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageResult,
    codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};

use super::strip::Stripped;

/// As decoded: past it a picture of 16 bits a colour has too many pixels.
const MAX_DECODED: u64 = Image::MAX_PIXELS * 4;

/// One picture, and the profile of its colours.
pub(crate) struct Decoded {
    pub(crate) pixels: DynamicImage,
    pub(crate) profile: Option<Vec<u8>>,
}

impl Stripped {
    /// Bytes that decoding and turning it take, at most. Read from its header; refused if it is more than may be decoded.
    pub(crate) fn memory(&self) -> Result<u64, Refusal> {
        let decoder = self.decoder()?;
        let (width, height) = decoder.dimensions();
        Image::check_size(width, height)?;
        let pixels = u64::from(width) * u64::from(height);
        // GIF was counted frame by frame; the others draw on the whole canvas each time.
        let redrawn = self.kind != ImageKind::Gif && self.frames > 1;
        if redrawn && pixels * self.frames as u64 > Image::MAX_FRAME_PIXELS {
            let max = Image::MAX_FRAMES;
            return Err(Refusal::TooManyFrames { max });
        }
        let bytes = decoder.total_bytes();
        if bytes > MAX_DECODED {
            let max = Image::MAX_PIXELS as usize;
            return Err(Refusal::TooManyPixels { max });
        }
        let coefficients = if self.progressive { 2 * bytes } else { 0 };
        let beside = match self.kind {
            ImageKind::Jpeg => coefficients,
            // Lines that are unpacked, planes of luma and chroma, or the frame under the canvas.
            _ => bytes,
        };
        let turned = match self.orientation {
            Orientation::NoTransforms => 0,
            _ => bytes,
        };
        let grey = !decoder.color_type().has_color();
        let coloured = if grey { 3 * bytes } else { 0 };
        // And what is halfway shrunk.
        Ok(bytes + coloured + beside.max(turned) + bytes / 3)
    }

    /// All of it: what cannot be decoded to its end is broken. Of what moves, the first picture is given.
    pub(crate) fn decode(&self, until: Instant) -> Result<Decoded, Refusal> {
        let mut decoder = self.decoder()?;
        let profile = decoder.icc_profile().ok().flatten();
        let mut pixels = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
        if self.frames > 1 {
            self.decode_frames(until)?;
        }
        // Two kinds are enough for all that follows.
        pixels = match (&pixels, pixels.color().has_alpha()) {
            (DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_), _) => pixels,
            (_, true) => pixels.into_rgba8().into(),
            (_, false) => pixels.into_rgb8().into(),
        };
        pixels.apply_orientation(self.orientation);
        Ok(Decoded { pixels, profile })
    }

    fn decoder(&self) -> Result<Box<dyn ImageDecoder + '_>, Refusal> {
        let bytes = Cursor::new(&*self.bytes);
        let decoder: ImageResult<Box<dyn ImageDecoder + '_>> = match self.kind {
            ImageKind::Jpeg => JpegDecoder::new(bytes).map(|it| Box::new(it) as _),
            ImageKind::Png => PngDecoder::new(bytes).map(|it| Box::new(it) as _),
            ImageKind::Gif => GifDecoder::new(bytes).map(|it| Box::new(it) as _),
            ImageKind::WebP => WebPDecoder::new(bytes).map(|it| Box::new(it) as _),
            ImageKind::Avif => return Err(Refusal::image_not_taken("AVIF")),
        };
        decoder.map_err(|error| refusal(&error))
    }

    fn decode_frames(&self, until: Instant) -> Result<(), Refusal> {
        let bytes = Cursor::new(&*self.bytes);
        let broken = |error: ImageError| refusal(&error);
        let frames = match self.kind {
            ImageKind::Gif => return self.decode_gif(until),
            ImageKind::WebP => WebPDecoder::new(bytes).map_err(broken)?.into_frames(),
            ImageKind::Png => {
                let decoder = PngDecoder::new(bytes).map_err(broken)?;
                decoder.apng().map_err(broken)?.into_frames()
            }
            ImageKind::Jpeg | ImageKind::Avif => return Ok(()),
        };
        for frame in frames {
            frame.map_err(broken)?;
            in_time(until)?;
        }
        Ok(())
    }

    /// Frame by frame as they are: drawing each on the canvas would show nothing more.
    fn decode_gif(&self, until: Instant) -> Result<(), Refusal> {
        let mut options = gif::DecodeOptions::new();
        options.set_memory_limit(gif::MemoryLimit::Bytes(
            std::num::NonZeroU64::new(Image::MAX_PIXELS).unwrap_or(std::num::NonZeroU64::MIN),
        ));
        let mut decoder = options
            .read_info(&*self.bytes)
            .map_err(|_| Refusal::ImageBroken)?;
        while decoder
            .read_next_frame()
            .map_err(|_| Refusal::ImageBroken)?
            .is_some()
        {
            in_time(until)?;
        }
        Ok(())
    }
}

fn in_time(until: Instant) -> Result<(), Refusal> {
    if Instant::now() > until {
        return Err(too_slow());
    }
    Ok(())
}

pub(crate) fn too_slow() -> Refusal {
    Refusal::BadRequest("This image takes too long to read. Please send a smaller one.".into())
}

fn refusal(error: &ImageError) -> Refusal {
    match error {
        ImageError::Limits(_) => Refusal::TooManyPixels {
            max: Image::MAX_PIXELS as usize,
        },
        _ => Refusal::ImageBroken,
    }
}
