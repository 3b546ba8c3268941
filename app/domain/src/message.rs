//! Messages: what may be written, how they travel, and which stand together in a group.

use serde::{Deserialize, Serialize};

use crate::{AccountId, CallLog, Image, MessageId, PageId, Refusal, Timestamp};

/// A checked text: 1–20,000 characters, trimmed at its end, without NUL (no database takes it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Body(String);

impl Body {
    pub const MAX: usize = 20_000;

    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.replace("\r\n", "\n").replace('\0', "");
        let text = text.trim_start_matches('\n').trim_end();
        if text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        if text.chars().count() > Self::MAX {
            return Err(Refusal::TooLong { max: Self::MAX });
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Body {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<Body> for String {
    fn from(body: Body) -> Self {
        body.0
    }
}

/// A checked text that may be missing: what is said beside images.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caption(Option<Body>);

impl Caption {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match Body::parse(text) {
            Err(Refusal::Empty) => Ok(Self(None)),
            body => body.map(|body| Self(Some(body))),
        }
    }

    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", Body::as_str)
    }

    /// A message says something, or shows something.
    pub fn beside(&self, images: usize) -> Result<(), Refusal> {
        if self.0.is_none() && images == 0 {
            return Err(Refusal::Empty);
        }
        Ok(())
    }
}

impl From<Body> for Caption {
    fn from(body: Body) -> Self {
        Self(Some(body))
    }
}

/// A stored message in its newest state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub page: PageId,
    pub author: AccountId,
    /// The author's name today, also when they have left the page.
    pub author_name: String,
    /// The number the page gave it when it was posted: its place in the timeline.
    pub seq: i64,
    /// The number of its latest change; equal to `seq` until it is edited.
    pub changed: i64,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<Timestamp>,
    /// Taken back: what it said is gone, its place is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Empty beside images that have no caption.
    pub body: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Quote>,
    /// Who is named in it with `@`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// Not written by anybody: it says that a call was here. The author is who began it, the body is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallLog>,
}

impl Message {
    /// Unread for this person, as long as they have not come to it.
    pub fn is_news_to(&self, who: AccountId) -> bool {
        self.author != who && !self.deleted
    }
}

/// The beginning of the message that is answered, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub id: MessageId,
    pub seq: i64,
    pub author: AccountId,
    pub author_name: String,
    /// Empty when it was deleted, or has only images.
    pub text: String,
    /// How many images it has.
    #[serde(default, skip_serializing_if = "none")]
    pub images: usize,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
pub(crate) fn none(count: &usize) -> bool {
    *count == 0
}

impl Quote {
    /// Characters of a quoted text.
    pub const MAX: usize = 160;

    pub fn of(message: &Message) -> Self {
        Self {
            id: message.id,
            seq: message.seq,
            author: message.author,
            author_name: message.author_name.clone(),
            text: message.body.chars().take(Self::MAX).collect(),
            images: message.images.len(),
        }
    }
}

/// `@` and this name stand in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    pub account: AccountId,
    /// As it stands in the text.
    pub name: String,
}

/// One emoji under a message, and who put it there, the first first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub emoji: String,
    pub people: Vec<(AccountId, String)>,
}

/// A checked reaction: one emoji, however many code points it takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Emoji(String);

impl Emoji {
    /// Different ones under one message.
    pub const MOST: usize = 20;

    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if crate::text::emoji_count(text) == Some(1) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::BadRequest("A reaction is one emoji.".into()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Emoji {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<Emoji> for String {
    fn from(emoji: Emoji) -> Self {
        emoji.0
    }
}

/// The messages around one of them, in the order of `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Around {
    pub messages: Vec<Message>,
    pub counter: i64,
    /// There is more before, and after.
    pub older: bool,
    pub newer: bool,
}

/// Who has got and who has read a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub account: AccountId,
    pub name: String,
    /// When; `None`: not yet.
    pub delivered: Option<Timestamp>,
    pub read: Option<Timestamp>,
}

/// A message that was found, and the name of its page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub page_name: String,
    pub message: Message,
}

/// A stretch of a page's messages in the order of `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    pub messages: Vec<Message>,
    /// The page's counter when this was read: every change up to it is known to whoever has caught up so far.
    pub counter: i64,
    /// There is more in the direction that was asked for (older for `before`, further changes for `after`).
    pub more: bool,
}

/// Whether a message begins a new group (name and avatar shown) after the one before it: another sender,
/// 5 minutes or more apart, or another local day (`same_day` is decided where the time zone is known).
pub fn starts_group(
    before: Option<(AccountId, Timestamp)>,
    this: (AccountId, Timestamp),
    same_day: bool,
) -> bool {
    match before {
        Some((author, at)) => author != this.0 || !same_day || this.1.secs_since(at).abs() >= 300,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_body_keeps_its_lines_and_loses_what_nobody_meant() {
        assert_eq!(Body::parse("\n a\r\nb \n\n").unwrap().as_str(), " a\nb");
        assert_eq!(Body::parse(" \n "), Err(Refusal::Empty));
        assert_eq!(Body::parse("a\0b").unwrap().as_str(), "ab");
        assert_eq!(
            Body::parse(&"é".repeat(20_001)),
            Err(Refusal::TooLong { max: 20_000 })
        );
        assert!(Body::parse(&"é".repeat(20_000)).is_ok());
    }

    #[test]
    fn a_message_says_something_or_shows_something() {
        let none = Caption::parse(" \n").unwrap();
        assert_eq!(none.as_str(), "");
        assert_eq!(none.beside(0), Err(Refusal::Empty));
        assert_eq!(none.beside(1), Ok(()));
        assert_eq!(Caption::parse("a ").unwrap().as_str(), "a");
        assert_eq!(Caption::parse("a").unwrap().beside(0), Ok(()));
        let long = Caption::parse(&"a".repeat(20_001));
        assert_eq!(long, Err(Refusal::TooLong { max: 20_000 }));
    }

    #[test]
    fn a_group_ends_with_another_sender_five_minutes_or_another_day() {
        let [dana, jon] = [AccountId(Uuid::from_u128(1)), AccountId(Uuid::from_u128(2))];
        let at = Timestamp;
        assert!(starts_group(None, (dana, at(0)), true));
        assert!(!starts_group(
            Some((dana, at(0))),
            (dana, at(299_000)),
            true
        ));
        assert!(starts_group(Some((dana, at(0))), (dana, at(300_000)), true));
        assert!(starts_group(Some((dana, at(0))), (jon, at(1)), true));
        assert!(starts_group(Some((dana, at(0))), (dana, at(1)), false));
    }
}
