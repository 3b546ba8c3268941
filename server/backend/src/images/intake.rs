//! From the bytes somebody sent to what is kept: the original without anything but its picture, its thumbnails, and what
//! is told of it. Values in, values out: no file, no clock but the time by which it must be done.

use std::time::Instant;

use domain::{ImageKind, Refusal};
use image::{ImageEncoder, codecs::png::PngEncoder, metadata::Orientation};
use sha2::{Digest, Sha256};

use super::{
    decode::Decoded,
    shrink::{self, Shrunk},
    strip::Stripped,
};

/// Of an original that had to be turned, and so written anew.
const QUALITY: u8 = 92;

/// What is kept of an image.
pub(crate) struct Kept {
    pub(crate) kind: ImageKind,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) animated: bool,
    pub(crate) original: Vec<u8>,
    /// SHA-256 of it.
    pub(crate) hash: [u8; 32],
    pub(crate) shrunk: Shrunk,
}

/// A file that may be decoded.
pub(crate) struct Checked {
    stripped: Stripped,
    /// Bytes that [`Checked::make`] takes.
    pub(crate) memory: u64,
}

impl Checked {
    pub(crate) fn of(file: &[u8]) -> Result<Self, Refusal> {
        if file.is_empty() {
            return Err(Refusal::NotAnImage);
        }
        let stripped = Stripped::of(file)?;
        let memory = stripped.memory()?;
        Ok(Self { stripped, memory })
    }

    /// Decodes it, and makes everything that is kept.
    pub(crate) fn make(self, until: Instant) -> Result<Kept, Refusal> {
        let Stripped {
            kind,
            orientation,
            frames,
            ..
        } = self.stripped;
        let decoded = self.stripped.decode(until)?;
        let shrunk = Shrunk::of(kind, &decoded)?;
        let animated = frames > 1;
        // What moves is kept as it is: turned, it would have to be drawn anew frame by frame, and nobody writes that.
        let original = if orientation == Orientation::NoTransforms || animated {
            self.stripped.bytes
        } else {
            drop(self.stripped.bytes);
            written(kind, &decoded)?
        };
        Ok(Kept {
            kind,
            width: decoded.pixels.width(),
            height: decoded.pixels.height(),
            animated,
            hash: Sha256::digest(&original).into(),
            original,
            shrunk,
        })
    }
}

fn written(kind: ImageKind, Decoded { pixels, profile }: &Decoded) -> Result<Vec<u8>, Refusal> {
    // One for greys or for ink says nothing of what was made of it.
    let profile = profile.as_deref().filter(|it| shrink::is_rgb(it));
    match kind {
        ImageKind::Jpeg => shrink::jpeg_at(pixels, QUALITY, profile),
        ImageKind::Png => {
            let mut file = Vec::new();
            let mut encoder = PngEncoder::new(&mut file);
            if let Some(profile) = profile {
                let _ = encoder.set_icc_profile(profile.to_vec());
            }
            let written = pixels.write_with_encoder(encoder);
            written.map_err(|_| Refusal::ImageBroken)?;
            Ok(file)
        }
        ImageKind::WebP | ImageKind::Gif | ImageKind::Avif => {
            let pixels = shrink::in_srgb(pixels.clone(), profile);
            shrink::webp_at(&pixels, f32::from(QUALITY))
        }
    }
}

#[cfg(test)]
mod tests;
