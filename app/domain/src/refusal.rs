//! Why the place says no. A refusal is for people and says what to do; a failure is not here, it is logged.

use crate::Image;

/// Stable codes ([`Refusal::code`]) beside human words ([`std::fmt::Display`]).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("Please sign in first.")]
    SignedOut,
    /// Also what is said of things that exist but are not yours.
    #[error("There is nothing here, or it is not for you to see.")]
    NotFound,
    #[error("Only an admin can do this.")]
    AdminsOnly,
    #[error("This page is archived. It can be read, and restored by an admin.")]
    Archived,
    #[error("A name has 1 to {max} characters.")]
    Name { max: usize },
    #[error("This text is too long: at most {max} characters.")]
    TooLong { max: usize },
    #[error("A message needs some text.")]
    Empty,
    #[error("{0}")]
    Email(String),
    #[error("Line breaks and control characters cannot be used here.")]
    ControlCharacters,
    #[error("This link does not work any more. Ask for a new one.")]
    LinkUnknown,
    #[error("This link has expired.")]
    LinkExpired,
    #[error("This place is set up already. Please sign in.")]
    SetUpAlready,
    #[error("That code is not right, or it has expired.")]
    WrongCode,
    #[error("That is a lot at once. Please try again in {}.", wait(*seconds))]
    TooMany { seconds: u32 },
    #[error("At most {max} addresses at a time.")]
    TooManyAddresses { max: usize },
    #[error("To delete the page, type its name exactly.")]
    NameDoesNotMatch,
    #[error("A place needs at least one admin.")]
    LastAdmin,
    #[error("This id is taken by another message.")]
    IdTaken,
    #[error("This can only be done with your own messages.")]
    NotYours,
    #[error("You were removed from the call.")]
    RemovedFromCall,
    #[error("This request did not come from this site.")]
    ForeignOrigin,
    #[error("{0}")]
    BadRequest(String),
    #[error("This image is too large: at most {}.", megabytes(*max as u64))]
    ImageTooLarge { max: usize },
    #[error("This image has too many pixels: at most {} million, and {} on a side.", *max / 1_000_000, Image::MAX_SIDE)]
    TooManyPixels { max: usize },
    #[error("This animation is too long: at most {max} frames, and {} million pixels in all.", Image::MAX_FRAME_PIXELS / 1_000_000)]
    TooManyFrames { max: usize },
    #[error("This is not an image.")]
    NotAnImage,
    #[error("This image is damaged, or not complete.")]
    ImageBroken,
    /// An image of a kind that cannot be shown here: see [`Refusal::image_not_taken`].
    #[error("{0}")]
    ImageNotTaken(String),
    #[error("At most {max} images at a time.")]
    TooManyImages { max: usize },
    /// See [`Refusal::page_full`].
    #[error("{0}")]
    PageFull(String),
    #[error("There is no room left on the server. Nothing was saved; tell the admin.")]
    StorageFull,
}

/// A wait in words, never shorter than it is.
fn wait(seconds: u32) -> String {
    let (count, unit) = match seconds {
        0..=90 => (seconds.max(1), "second"),
        91..=5400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3600), "hour"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// As people name a size: never more than it is.
fn megabytes(bytes: u64) -> String {
    const MEGA: u64 = 1024 * 1024;
    match bytes {
        0..MEGA => format!("{} KB", bytes / 1024),
        MEGA..10_737_418_240 => format!("{} MB", bytes / MEGA),
        _ => format!("{} GB", bytes / MEGA / 1024),
    }
}

impl Refusal {
    pub fn image_not_taken(kind: &str) -> Self {
        Self::ImageNotTaken(format!(
            "Images of the kind {kind} cannot be shown here. JPEG, PNG, GIF and WebP can."
        ))
    }

    pub fn page_full(max: u64) -> Self {
        Self::PageFull(format!(
            "The images of this page take as much room as they may: {}. Nothing was saved; tell the admin.",
            megabytes(max)
        ))
    }

    /// Stays the same whatever the words become.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::NotFound => "not_found",
            Self::AdminsOnly => "admins_only",
            Self::Archived => "archived",
            Self::Name { .. } => "name",
            Self::TooLong { .. } => "too_long",
            Self::Empty => "empty",
            Self::Email(_) => "email",
            Self::ControlCharacters => "control_characters",
            Self::LinkUnknown => "link_unknown",
            Self::LinkExpired => "link_expired",
            Self::SetUpAlready => "set_up_already",
            Self::WrongCode => "wrong_code",
            Self::TooMany { .. } => "too_many",
            Self::TooManyAddresses { .. } => "too_many_addresses",
            Self::NameDoesNotMatch => "name_does_not_match",
            Self::LastAdmin => "last_admin",
            Self::IdTaken => "id_taken",
            Self::NotYours => "not_yours",
            Self::RemovedFromCall => "removed_from_call",
            Self::ForeignOrigin => "foreign_origin",
            Self::BadRequest(_) => "bad_request",
            Self::ImageTooLarge { .. } => "image_too_large",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::TooManyFrames { .. } => "too_many_frames",
            Self::NotAnImage => "not_an_image",
            Self::ImageBroken => "image_broken",
            Self::ImageNotTaken(_) => "image_not_taken",
            Self::TooManyImages { .. } => "too_many_images",
            Self::PageFull(_) => "page_full",
            Self::StorageFull => "storage_full",
        }
    }

    /// The refusal with this code, as far as it is known; the rest of it as it came.
    pub fn of(code: &str, words: &str, max: Option<usize>, seconds: Option<u32>) -> Option<Self> {
        let (max, seconds) = (max.unwrap_or_default(), seconds.unwrap_or_default());
        let all = [
            Self::SignedOut,
            Self::NotFound,
            Self::AdminsOnly,
            Self::Archived,
            Self::Name { max },
            Self::TooLong { max },
            Self::Empty,
            Self::Email(words.to_owned()),
            Self::ControlCharacters,
            Self::LinkUnknown,
            Self::LinkExpired,
            Self::SetUpAlready,
            Self::WrongCode,
            Self::TooMany { seconds },
            Self::TooManyAddresses { max },
            Self::NameDoesNotMatch,
            Self::LastAdmin,
            Self::IdTaken,
            Self::NotYours,
            Self::RemovedFromCall,
            Self::ForeignOrigin,
            Self::BadRequest(words.to_owned()),
            Self::ImageTooLarge { max },
            Self::TooManyPixels { max },
            Self::TooManyFrames { max },
            Self::NotAnImage,
            Self::ImageBroken,
            Self::ImageNotTaken(words.to_owned()),
            Self::TooManyImages { max },
            Self::PageFull(words.to_owned()),
            Self::StorageFull,
        ];
        all.into_iter().find(|refusal| refusal.code() == code)
    }

    /// The HTTP status that fits (RFC 9110 §15.5).
    pub fn status(&self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::AdminsOnly | Self::ForeignOrigin | Self::NotYours | Self::RemovedFromCall => 403,
            Self::NotFound | Self::LinkUnknown => 404,
            Self::Archived | Self::IdTaken | Self::SetUpAlready | Self::LastAdmin => 409,
            Self::LinkExpired => 410,
            Self::TooMany { .. } => 429,
            Self::ImageTooLarge { .. } => 413,
            Self::NotAnImage | Self::ImageNotTaken(_) => 415,
            Self::StorageFull | Self::PageFull(_) => 507,
            _ => 422,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_as_people_say_it() {
        for (seconds, words) in [
            (0, "in 1 second."),
            (45, "in 45 seconds."),
            (91, "in 2 minutes."),
            (3600, "in 60 minutes."),
            (43_200, "in 12 hours."),
        ] {
            let said = Refusal::TooMany { seconds }.to_string();
            assert!(said.ends_with(words), "{said}");
        }
    }

    #[test]
    fn a_limit_of_images_is_named() {
        let max = Image::MAX_BYTES as usize;
        let said = Refusal::ImageTooLarge { max }.to_string();
        assert_eq!(said, "This image is too large: at most 25 MB.");
        let max = Image::MAX_PIXELS as usize;
        let said = Refusal::TooManyPixels { max }.to_string();
        assert!(
            said.ends_with("at most 64 million, and 20000 on a side."),
            "{said}"
        );
        let said = Refusal::page_full(20 << 30).to_string();
        assert!(said.contains("as they may: 20 GB."), "{said}");
        assert!(
            Refusal::image_not_taken("HEIC")
                .to_string()
                .contains("HEIC")
        );
    }
}
