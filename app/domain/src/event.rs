//! What travels over MQTT: the two closed enums of the wire, as JSON.

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Call, CallId, Dropped, Marks, Member, Message, Page, PageId, PageRole, SessionId,
    Slot,
};

/// What the server may push to browsers. Unknown ones are ignored, so that an old page survives a new server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(
    clippy::large_enum_variant,
    reason = "most events are messages, and none is kept"
)]
pub enum Event {
    /// On `p/<page>/e`: posted or changed; the receiver compares `changed` with what it knows.
    Message(Message),
    /// On `p/<page>/e`: renamed, described anew, archived or restored.
    Page(Page),
    /// On `p/<page>/e`.
    Joined(Member),
    /// On `p/<page>/e`.
    Role { account: AccountId, role: PageRole },
    /// On `p/<page>/e`.
    Left { account: AccountId },
    /// On `p/<page>/e`: how far its members have come; never back.
    Marks(Marks),
    /// On `p/<page>/e`: who of its members has come online, and who has gone.
    Presence {
        online: Vec<AccountId>,
        offline: Vec<AccountId>,
    },
    /// On `p/<page>/e`: the page is gone for good.
    Deleted { page: PageId },
    /// On any topic: something may have been missed on the way here; ask for what changed.
    Resync,
    /// On `u/<account>/e`: I have become a member of this page.
    Added { page: Page },
    /// On `u/<account>/e`: I am no longer a member of this page.
    Removed { page: PageId },
    /// On `u/<account>/e`: my read mark moved, on this or another device.
    Read { page: PageId, seq: i64 },
    /// On `u/<account>/e`: this account was signed out everywhere, or disabled.
    SignedOut,
    /// On `p/<page>/e`: the page's call, whole each time. Without callers it is over.
    Call(Call),
    /// On `u/<account>/e`: what the receiving lines of one of my sessions show now, all of them.
    Slots {
        session: SessionId,
        slots: Vec<Slot>,
    },
    /// On `u/<account>/e`: a call has begun on a page of mine.
    Ringing {
        call: CallId,
        page: PageId,
        page_name: String,
        by: String,
    },
    /// On `u/<account>/e`: stop ringing: answered on another device, too long, or over.
    Quiet { call: CallId },
    /// On `u/<account>/e`: one of my sessions was ended; it leaves the call.
    Dropped { session: SessionId, why: Dropped },
    #[serde(other)]
    Unknown,
}

/// What a browser may publish, on its own `p/<page>/s/<member>`. Unknown ones are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Signal {
    /// A key was pressed in the composer within the last seconds.
    Typing {},
    /// The composer was emptied or left.
    Stopped {},
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_event_is_ignored_and_an_unknown_signal_refused() {
        let event: Event = serde_json::from_str(r#"{"type":"reaction","x":1}"#).unwrap();
        assert_eq!(event, Event::Unknown);
        assert!(serde_json::from_str::<Signal>(r#"{"type":"reboot"}"#).is_err());
        assert!(serde_json::from_str::<Signal>(r#"{"type":"typing","x":1}"#).is_err());
        assert_eq!(
            serde_json::from_str::<Signal>(r#"{"type":"typing"}"#).unwrap(),
            Signal::Typing {}
        );
    }
}
