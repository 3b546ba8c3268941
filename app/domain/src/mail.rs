//! Mail in the outbox: its states, when it is tried again, and what an admin sees of it.

use serde::{Deserialize, Serialize};

use crate::{MailId, Timestamp};

/// Where a mail is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// In the queue, not tried yet.
    Waiting,
    /// Tried, put off by the mail server or unreachable; will be tried again.
    Delayed,
    /// The mail server took it.
    Sent,
    /// The mail server refused it for good, or it was tried for too long.
    Failed,
    /// Kept in the built-in mailbox, because no mail server is set.
    Kept,
    /// Taken back before it was sent.
    Cancelled,
}

impl MailState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delayed => "delayed",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Kept => "kept",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Waiting,
            Self::Delayed,
            Self::Sent,
            Self::Failed,
            Self::Kept,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }
}

/// Seconds to wait after the `tries`-th try failed for now; `None` when it has been tried for long enough
/// (about three days, as RFC 5321 §4.5.4.1 advises at least four to five for relays; people re-invite sooner).
pub fn retry_after(tries: u32) -> Option<i64> {
    const WAITS: [i64; 8] = [5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600];
    match tries {
        0 => Some(0),
        1..=8 => Some(WAITS[tries as usize - 1]),
        9..=18 => Some(6 * 3600),
        _ => None,
    }
}

/// How this place sends mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailTransport {
    /// No mail server: everything stays in the built-in mailbox.
    Mailbox,
    /// `server` is host and port, without login.
    Smtp {
        server: String,
    },
    EmailJs {
        service: String,
    },
}

/// One mail as the admin sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailItem {
    pub id: MailId,
    pub to: String,
    pub subject: String,
    pub state: MailState,
    pub created: Timestamp,
    pub tries: u32,
    /// When it is tried next, for `Waiting` and `Delayed`.
    pub next_try: Option<Timestamp>,
    /// What the mail server said last, in its words.
    pub said: Option<String>,
    /// The text, as long as it is kept: always in the mailbox, until sent otherwise.
    pub text: Option<String>,
}

/// The admin's `Mail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    pub transport: MailTransport,
    pub from: String,
    /// Newest first.
    pub items: Vec<MailItem>,
    pub waiting: i64,
}

/// How a test mail went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMail {
    pub ok: bool,
    /// The mail server's answer, or why it was not reached, in words.
    pub said: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_is_tried_soon_then_seldom_then_no_more() {
        assert_eq!(retry_after(0), Some(0));
        let mut total = 0;
        let mut before = 0;
        let mut tries = 1;
        while let Some(wait) = retry_after(tries) {
            assert!(wait >= before);
            before = wait;
            total += wait;
            tries += 1;
        }
        assert!((2 * 86_400..4 * 86_400).contains(&total), "{total}");
    }

    #[test]
    fn a_state_is_stored_under_its_name() {
        for state in [MailState::Waiting, MailState::Kept, MailState::Cancelled] {
            assert_eq!(MailState::parse(state.as_str()), Some(state));
        }
        assert_eq!(MailState::parse("gone"), None);
    }
}
