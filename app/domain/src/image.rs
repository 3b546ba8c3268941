//! Images: what is known of one, what may be sent, and in which widths it is kept.

use serde::{Deserialize, Serialize};

use crate::{AccountId, ImageId, MessageId, Refusal, Timestamp};

/// What the bytes say, never the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageKind {
    Jpeg,
    Png,
    Gif,
    WebP,
    Avif,
}

impl ImageKind {
    const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Gif, Self::WebP, Self::Avif];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::WebP => "webp",
            Self::Avif => "avif",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
        }
    }

    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            _ => self.as_str(),
        }
    }
}

/// An image as a message carries it, and as its upload is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub id: ImageId,
    pub kind: ImageKind,
    /// As it is shown: after its orientation was applied.
    pub width: u32,
    pub height: u32,
    /// Of the original, as it is kept.
    pub bytes: i64,
    /// What it shows, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub alt: String,
    /// A thumbhash in base64: what is shown until it is there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub blur: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub animated: bool,
}

impl Image {
    /// Of the thumbnails.
    pub const WIDTHS: [u32; 3] = [320, 800, Self::WIDEST];
    pub const WIDEST: u32 = 1600;
    pub const MAX_BYTES: u64 = 25 * 1024 * 1024;
    pub const MAX_PIXELS: u64 = 64_000_000;
    pub const MAX_SIDE: u32 = 20_000;
    pub const MAX_FRAMES: usize = 1_000;
    /// Of all frames of an animation together.
    pub const MAX_FRAME_PIXELS: u64 = 256_000_000;
    pub const MAX_A_MESSAGE: usize = 30;
    pub const ALT_MAX: usize = 1_000;
    /// As high as WebP goes, in which thumbnails are kept.
    const MAX_THUMBNAIL: u64 = 16_383;

    /// The thumbnails there are: those smaller than the image itself.
    pub fn widths(&self) -> impl Iterator<Item = u32> + use<> {
        Self::widths_of(self.width, self.height)
    }

    pub fn widths_of(width: u32, height: u32) -> impl Iterator<Item = u32> + use<> {
        let fits = move |thumbnail: &u32| {
            let high = u64::from(Self::height_at(*thumbnail, width, height));
            *thumbnail < width && high <= Self::MAX_THUMBNAIL
        };
        Self::WIDTHS.into_iter().filter(fits)
    }

    /// Of a thumbnail of this width: never 0.
    pub fn height_at(thumbnail: u32, width: u32, height: u32) -> u32 {
        let width = u64::from(width.max(1));
        let high = (u64::from(thumbnail) * u64::from(height) + width / 2) / width;
        u32::try_from(high).unwrap_or(u32::MAX).max(1)
    }

    /// Refused from what a file says of itself, before anything is decoded.
    pub fn check_size(width: u32, height: u32) -> Result<(), Refusal> {
        if width == 0 || height == 0 {
            return Err(Refusal::ImageBroken);
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > Self::MAX_PIXELS || width.max(height) > Self::MAX_SIDE {
            return Err(Refusal::TooManyPixels {
                max: Self::MAX_PIXELS as usize,
            });
        }
        Ok(())
    }
}

/// Which uploaded image goes into a message, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageAlt {
    pub id: ImageId,
    #[serde(default)]
    pub alt: String,
}

impl ImageAlt {
    /// One line of text, without what cannot be read.
    pub fn checked(self) -> Result<Self, Refusal> {
        let max = Image::ALT_MAX;
        let readable: String = self
            .alt
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let alt = crate::text::plain(&readable);
        if alt.chars().count() > max {
            return Err(Refusal::TooLong { max });
        }
        Ok(Self { id: self.id, alt })
    }
}

/// An image in the gallery of a page, and the message it came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageImage {
    pub message: MessageId,
    pub seq: i64,
    pub author: AccountId,
    pub author_name: String,
    pub at: Timestamp,
    pub image: Image,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(width: u32, height: u32) -> Vec<u32> {
        Image::widths_of(width, height).collect()
    }

    #[test]
    fn thumbnails_are_smaller_than_the_image_and_no_higher_than_their_format() {
        assert_eq!(widths(4000, 3000), [320, 800, 1600]);
        assert_eq!(widths(1600, 900), [320, 800]);
        assert!(widths(320, 200).is_empty());
        assert_eq!(widths(900, 20_000), [320]);
        assert_eq!(Image::height_at(320, 20_000, 1), 1);
        assert_eq!(Image::height_at(800, 4000, 3000), 600);
    }

    #[test]
    fn a_size_is_refused_before_it_takes_memory() {
        assert_eq!(Image::check_size(8000, 8000), Ok(()));
        assert_eq!(Image::check_size(0, 5), Err(Refusal::ImageBroken));
        let max = 64_000_000;
        for (width, height) in [
            (50_000, 50_000),
            (20_001, 1),
            (8001, 8000),
            (u32::MAX, u32::MAX),
        ] {
            let refused = Image::check_size(width, height);
            assert_eq!(refused, Err(Refusal::TooManyPixels { max }));
        }
    }

    #[test]
    fn an_alternative_text_is_one_readable_line() {
        let id = ImageId(uuid::Uuid::nil());
        let checked = |alt: &str| {
            ImageAlt {
                id,
                alt: alt.into(),
            }
            .checked()
            .map(|it| it.alt)
        };
        assert_eq!(checked(" a\0\r\n cat\u{7} ").unwrap(), "a cat");
        assert_eq!(checked(&"é".repeat(1_000)).unwrap().chars().count(), 1_000);
        assert_eq!(
            checked(&"é".repeat(1_001)),
            Err(Refusal::TooLong { max: 1_000 })
        );
    }

    #[test]
    fn a_kind_is_read_as_it_was_written() {
        for kind in ImageKind::ALL {
            assert_eq!(ImageKind::parse(kind.as_str()), Some(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.as_str()));
        }
    }
}
