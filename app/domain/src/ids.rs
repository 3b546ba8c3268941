//! Identifiers: UUIDs with the noun in the type, so that a page's id cannot be passed for a member's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A version 7 id (RFC 9562 §5.7) of this moment and these random bytes.
            pub fn new(now: crate::Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

id!(
    /// One person with an email address.
    AccountId
);
id!(
    /// A page: a name, its members, its messages.
    PageId
);
id!(
    /// Made in the browser that writes the message, so that posting twice is one message.
    MessageId
);
id!(
    /// Made in the browser that sends the image, so that uploading twice is one image.
    ImageId
);
id!(
    /// One invitation of one address to one page.
    InvitationId
);
id!(
    /// One mail in the outbox.
    MailId
);
id!(
    /// One call on a page, from the first who came to the last who left.
    CallId
);
id!(
    /// One device of one person in a call. Made in the browser, so that joining twice is joining once.
    SessionId
);
