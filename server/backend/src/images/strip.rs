//! What is kept of a file: only the parts that are needed to show it. Everything else is left out (places, names of
//! devices, comments, other files appended), whatever it is: each format has a list of what stays. Kept crates know
//! parts of this only: `img-parts` passes over all that follows a JPEG's first scan, and nothing cuts a GIF.

mod gif;
mod jpeg;
mod png;
mod webp;

use domain::{Image, ImageKind, Refusal};
use image::metadata::Orientation;

use super::sniff;

/// A file without what nobody needs to see it. Not yet known to be whole.
#[derive(Debug)]
pub(crate) struct Stripped {
    pub(crate) kind: ImageKind,
    pub(crate) bytes: Vec<u8>,
    /// How it is to be turned; the sign for it is gone.
    pub(crate) orientation: Orientation,
    /// More than one: it moves.
    pub(crate) frames: usize,
    /// Takes more memory to decode.
    pub(crate) progressive: bool,
}

impl Stripped {
    pub(crate) fn of(file: &[u8]) -> Result<Self, Refusal> {
        let kind = sniff::kind(file)?;
        let strip = match kind {
            ImageKind::Jpeg => jpeg::strip,
            ImageKind::Png => png::strip,
            ImageKind::Gif => gif::strip,
            ImageKind::WebP => webp::strip,
            ImageKind::Avif => return Err(Refusal::image_not_taken("AVIF")),
        };
        let mut stripped = Self {
            kind,
            bytes: Vec::with_capacity(file.len()),
            orientation: Orientation::NoTransforms,
            frames: 1,
            progressive: false,
        };
        strip(&mut Reader(file), &mut stripped)?;
        if stripped.frames > Image::MAX_FRAMES {
            return Err(Refusal::TooManyFrames {
                max: Image::MAX_FRAMES,
            });
        }
        Ok(stripped)
    }

    fn turn_by_exif(&mut self, exif: &[u8]) {
        let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        if let Some(orientation) = Orientation::from_exif_chunk(tiff) {
            self.orientation = orientation;
        }
    }
}

/// What is left to read of a file. A file that ends too early is broken.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Refusal::ImageBroken)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| Refusal::ImageBroken)
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        self.array::<1>().map(|[byte]| byte)
    }
}
