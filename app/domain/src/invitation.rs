//! Invitations: their life, the note, and what the inviter, the invited and the admin see.

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Email, Identity, InvitationId, MailState, Page, PageId, Refusal, Timestamp,
    WrongAddress,
};

/// A few words of the inviter: optional, up to 500 characters, line breaks allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Note(String);

impl Note {
    pub const MAX: usize = 500;

    pub fn parse(text: &str) -> Result<Self, Refusal> {
        // The same rule as a page's `About`: lines, but nothing else that steers a terminal or a header.
        crate::About::parse(text).map(|about| Self(about.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Note {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<Note> for String {
    fn from(note: Note) -> Self {
        note.0
    }
}

/// What has happened to an invitation so far. [`InvitationLife::state`] says what it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationLife {
    pub expires: Timestamp,
    pub revoked: bool,
    pub opened: Option<Timestamp>,
    pub joined: Option<(String, Timestamp)>,
    pub mail: MailState,
    pub said: Option<String>,
}

/// What an invitation is now, in the words of the admin's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum InvitationState {
    WaitingToSend,
    /// Kept in the built-in mailbox: copy the link.
    Kept,
    Sent,
    Delayed {
        said: String,
    },
    NotDelivered {
        said: String,
    },
    Opened {
        at: Timestamp,
    },
    Joined {
        name: String,
        at: Timestamp,
    },
    Expired,
    Revoked,
}

impl InvitationLife {
    pub fn state(&self, now: Timestamp) -> InvitationState {
        let said = || self.said.clone().unwrap_or_default();
        if let Some((name, at)) = &self.joined {
            return InvitationState::Joined {
                name: name.clone(),
                at: *at,
            };
        }
        if self.revoked {
            return InvitationState::Revoked;
        }
        if now >= self.expires {
            return InvitationState::Expired;
        }
        if let Some(at) = self.opened {
            return InvitationState::Opened { at };
        }
        match self.mail {
            MailState::Waiting => InvitationState::WaitingToSend,
            MailState::Kept => InvitationState::Kept,
            MailState::Sent => InvitationState::Sent,
            MailState::Delayed => InvitationState::Delayed { said: said() },
            MailState::Failed | MailState::Cancelled => {
                InvitationState::NotDelivered { said: said() }
            }
        }
    }
}

/// One row of the admin's list of invitations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    pub page: PageId,
    pub page_name: String,
    pub email: Email,
    pub invited_by: String,
    pub created: Timestamp,
    pub expires: Timestamp,
    #[serde(flatten)]
    pub state: InvitationState,
}

/// What became of one address in `Invite people`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InviteVerdict {
    Invited,
    AlreadyInvited,
    AlreadyMember,
}

/// What became of a pasted list of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InviteOutcome {
    pub addresses: Vec<(Email, InviteVerdict)>,
    pub wrong: Vec<WrongAddress>,
}

/// What an invitation's link shows. Nothing of the page is told to a link that does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum InvitationView {
    /// The form to join.
    Open {
        page_name: String,
        /// For the tile's colour.
        page: PageId,
        invited_by: String,
        note: String,
        /// Some members, for their avatars: id and name's initials.
        members: Vec<(AccountId, String)>,
        email: Email,
        /// Signed in as somebody with another address.
        signed_in_as: Option<Identity>,
        /// An account with this address exists: its name, so that it need not be typed again.
        known_name: Option<String>,
        expires: Timestamp,
    },
    /// The one who is signed in is a member already.
    Member { page: Page },
    /// The link was right once; a new one can be asked for.
    Expired,
    /// Unknown, used or revoked: one answer for all.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_what_happened_last() {
        let mut life = InvitationLife {
            expires: Timestamp(1000),
            revoked: false,
            opened: None,
            joined: None,
            mail: MailState::Waiting,
            said: None,
        };
        let now = Timestamp(10);
        assert_eq!(life.state(now), InvitationState::WaitingToSend);
        life.mail = MailState::Delayed;
        life.said = Some("451 try later".into());
        assert_eq!(
            life.state(now),
            InvitationState::Delayed {
                said: "451 try later".into()
            }
        );
        life.mail = MailState::Sent;
        assert_eq!(life.state(now), InvitationState::Sent);
        life.opened = Some(Timestamp(5));
        assert_eq!(
            life.state(now),
            InvitationState::Opened { at: Timestamp(5) }
        );
        assert_eq!(life.state(Timestamp(1000)), InvitationState::Expired);
        life.revoked = true;
        assert_eq!(life.state(Timestamp(1000)), InvitationState::Revoked);
        life.joined = Some(("Mila".into(), Timestamp(7)));
        assert!(matches!(
            life.state(Timestamp(1000)),
            InvitationState::Joined { .. }
        ));
    }
}
