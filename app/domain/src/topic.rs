//! The topics of the wire. There are four forms and no other; `+` stands in one place of one of them.

use std::fmt;

use crate::{AccountId, PageId};

/// A topic or filter that Stoa knows, parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `p/<page>/e`: a page's events. The server writes, members read.
    Page(PageId),
    /// `p/<page>/s/<member>`: one member's signals. That member writes, members read.
    Signals(PageId, AccountId),
    /// `p/<page>/s/+`: the signals of all members. A filter only.
    AllSignals(PageId),
    /// `u/<account>/e`: what concerns one person. The server writes, that person reads.
    Account(AccountId),
}

impl Topic {
    /// Exactly the forms above, ids in hyphenated lower case; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut levels = text.split('/');
        let topic = match (
            levels.next()?,
            levels.next()?,
            levels.next()?,
            levels.next(),
        ) {
            ("p", page, "e", None) => Self::Page(page.parse().ok()?),
            ("p", page, "s", Some("+")) => Self::AllSignals(page.parse().ok()?),
            ("p", page, "s", Some(member)) => {
                Self::Signals(page.parse().ok()?, member.parse().ok()?)
            }
            ("u", account, "e", None) => Self::Account(account.parse().ok()?),
            _ => return None,
        };
        // One spelling only: `UUID` parsing also takes upper case, braces and no hyphens.
        (levels.next().is_none() && topic.to_string() == text).then_some(topic)
    }

    /// The page this topic belongs to, if it belongs to one.
    pub fn page(self) -> Option<PageId> {
        match self {
            Self::Page(page) | Self::Signals(page, _) | Self::AllSignals(page) => Some(page),
            Self::Account(_) => None,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => write!(f, "p/{page}/e"),
            Self::Signals(page, member) => write!(f, "p/{page}/s/{member}"),
            Self::AllSignals(page) => write!(f, "p/{page}/s/+"),
            Self::Account(account) => write!(f, "u/{account}/e"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_topic_is_one_of_four_forms_in_one_spelling() {
        let page = PageId(Uuid::from_u128(7));
        let member = AccountId(Uuid::from_u128(0xab));
        for topic in [
            Topic::Page(page),
            Topic::Signals(page, member),
            Topic::AllSignals(page),
            Topic::Account(member),
        ] {
            assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
        }
        for wrong in [
            "",
            "#",
            "+",
            "p/#",
            "p/+/e",
            "$SYS/broker",
            "$share/g/p/x/e",
            "p//e",
            &format!("p/{page}/e/"),
            &format!("/p/{page}/e"),
            &format!("p/{page}/x"),
            &format!("p/{page}/s"),
            &format!("p/{page}/s/#"),
            &format!("u/{}/e", member.to_string().to_uppercase()),
            &format!("p/{}/e", page.0.as_simple()),
            &format!("p/{page}/s/{member}/x"),
        ] {
            assert_eq!(Topic::parse(wrong), None, "{wrong}");
        }
    }
}
