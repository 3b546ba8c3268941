//! The nouns and rules of Stoa, shared by server and browser. Pure: values in, values out; no I/O,
//! no clock (rules are given `now`), no randomness. Whatever can be decided from values alone lives here.

mod account;
mod address;
pub mod call;
mod event;
mod ids;
mod image;
mod invitation;
mod mail;
mod message;
mod page;
mod rate;
mod refusal;
pub mod text;
mod time;
mod topic;
mod ways;

pub use account::{AccountSummary, Identity, PersonName, SignInCode, hue, initials};
pub use address::{AddressList, Email, WrongAddress};
pub use call::{Call, CallLog, Caller, Dropped, Slot, Source};
pub use event::{Event, Signal};
pub use ids::{AccountId, CallId, ImageId, InvitationId, MailId, MessageId, PageId, SessionId};
pub use image::{Image, ImageAlt, ImageKind, PageImage};
pub use invitation::{
    Invitation, InvitationLife, InvitationState, InvitationView, InviteOutcome, InviteVerdict, Note,
};
pub use mail::{MailItem, MailState, MailTransport, Mailbox, SentMail, retry_after};
pub use message::{
    Around, Body, Caption, Emoji, Found, History, Mention, Message, Quote, Reaction, Seen,
    starts_group,
};
pub use page::{
    About, Invited, Marks, Member, Page, PageListing, PageName, PageRole, PageSummary, Room,
};
pub use rate::{Bucket, Rate};
pub use refusal::Refusal;
pub use time::{LocalTime, Timestamp};
pub use topic::Topic;
pub use ways::{CallAddress, CallWays, Carrier, is_private};
