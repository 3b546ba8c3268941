//! Pages: their names, roles, and the views of them that travel to the browser.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Email, History, Identity, PageId, Refusal, Timestamp, account::one_line};

/// 1–80 characters, trimmed, shown exactly as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PageName(String);

impl PageName {
    pub const MAX: usize = 80;

    pub fn parse(text: &str) -> Result<Self, Refusal> {
        one_line(text, Self::MAX).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PageName {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<PageName> for String {
    fn from(name: PageName) -> Self {
        name.0
    }
}

/// What a page is for: optional, up to 500 characters, line breaks allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct About(String);

impl About {
    pub const MAX: usize = 500;

    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\r')
        {
            return Err(Refusal::ControlCharacters);
        }
        if text.chars().count() > Self::MAX {
            return Err(Refusal::TooLong { max: Self::MAX });
        }
        Ok(Self(text.replace("\r\n", "\n")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for About {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<About> for String {
    fn from(about: About) -> Self {
        about.0
    }
}

/// What a member may do on one page. An admin of the place may do everything on every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageRole {
    Admin,
    Member,
}

impl PageRole {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "admin" => Some(Self::Admin),
            "member" => Some(Self::Member),
            _ => None,
        }
    }
}

/// The page itself, as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub id: PageId,
    pub name: String,
    pub about: String,
    pub archived: bool,
}

/// One entry of the sidebar: a page of mine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageListing {
    pub page: Page,
    /// The newest message: who wrote it and its text.
    pub last: Option<(String, String)>,
    /// How many images it has.
    #[serde(default, skip_serializing_if = "crate::message::none")]
    pub last_images: usize,
    pub last_at: Option<Timestamp>,
    /// How many are in its call now.
    #[serde(default, skip_serializing_if = "crate::message::none")]
    pub in_call: usize,
    /// The page's counter: whoever has this list has got the messages up to it.
    #[serde(default)]
    pub counter: i64,
    /// My read mark.
    #[serde(default)]
    pub read: i64,
    /// Messages by others behind my read mark that are not deleted.
    pub unread: i64,
    /// Some of them name me.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mentioned: bool,
}

/// How far the members have come, however many they are: of each kind the two who are furthest behind. So everybody can
/// leave themselves out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    pub delivered: Vec<(AccountId, i64)>,
    pub read: Vec<(AccountId, i64)>,
}

impl Marks {
    /// Up to which numbers everybody but me has got and read the messages; 0 where there is nobody else, who could not
    /// have read anything.
    pub fn by_others(&self, me: AccountId) -> (i64, i64) {
        let least = |marks: &[(AccountId, i64)]| {
            let others = marks.iter().filter(|(account, _)| *account != me);
            others.map(|(_, seq)| *seq).min().unwrap_or(0)
        };
        (least(&self.delivered), least(&self.read))
    }
}

/// One row of the admin's table of pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageSummary {
    pub page: Page,
    pub members: i64,
    /// Invitations waiting for an answer.
    pub invited: i64,
    pub messages: i64,
    pub image_bytes: i64,
    pub last_activity: Timestamp,
}

/// A person on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub account: AccountId,
    pub name: String,
    pub role: PageRole,
    pub joined: Timestamp,
}

/// A person invited to a page who has not joined yet; shown to those who may invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    pub email: Email,
}

/// Everything the first view of a page needs, in one answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    pub page: Page,
    pub me: Identity,
    pub my_role: PageRole,
    /// Whether I may invite, rename and remove on this page.
    pub may_manage: bool,
    /// The first of them by name.
    pub members: Vec<Member>,
    pub member_count: usize,
    pub invited: Vec<Invited>,
    /// The newest messages, or those around the first unread one.
    pub history: History,
    /// The number up to which I have read.
    pub read: i64,
    /// Messages by others behind `read`.
    pub unread: i64,
    #[serde(default)]
    pub marks: Marks,
    /// Members who are online now.
    #[serde(default)]
    pub online: Vec<AccountId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_leave_me_out() {
        let [me, jon, mila] = [1, 2, 3].map(|n| AccountId(uuid::Uuid::from_u128(n)));
        let marks = Marks {
            delivered: vec![(me, 3), (jon, 7)],
            read: vec![(jon, 5), (mila, 6)],
        };
        assert_eq!(marks.by_others(me), (7, 5));
        assert_eq!(marks.by_others(jon), (3, 6));
        let alone = Marks {
            delivered: vec![(me, 3)],
            read: vec![(me, 3)],
        };
        assert_eq!(alone.by_others(me), (0, 0));
    }

    #[test]
    fn a_page_name_is_shown_exactly_as_typed() {
        assert_eq!(
            PageName::parse(" <b>Garden</b> & co 🌻 ").unwrap().as_str(),
            "<b>Garden</b> & co 🌻"
        );
        assert_eq!(PageName::parse(""), Err(Refusal::Name { max: 80 }));
        assert_eq!(PageName::parse("a\u{7}b"), Err(Refusal::ControlCharacters));
    }

    #[test]
    fn about_may_have_lines_but_no_other_control_characters() {
        assert_eq!(About::parse("a\r\nb").unwrap().as_str(), "a\nb");
        assert_eq!(About::parse("a\0b"), Err(Refusal::ControlCharacters));
        assert_eq!(
            About::parse(&"x".repeat(501)),
            Err(Refusal::TooLong { max: 500 })
        );
    }
}
