//! Calls: who is in one and how, and what each of a browser's receiving lines shows. The media itself is nowhere here.

use serde::{Deserialize, Serialize};

use crate::{AccountId, CallId, PageId, SessionId, Timestamp};

/// One session in a call: the same person on two devices is two callers.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on screen"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one mark on a tile, and any may come with any other"
)]
pub struct Caller {
    pub session: SessionId,
    pub account: AccountId,
    pub name: String,
    pub muted: bool,
    pub camera: bool,
    pub screen: bool,
    /// Raised since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand: Option<Timestamp>,
    /// Their network is lost; they are waited for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
}

/// The whole state of a page's call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub id: CallId,
    pub page: PageId,
    /// Grows with every change: of two states the greater is the newer.
    pub version: i64,
    pub since: Timestamp,
    /// In the order in which they came. Empty: the call is over.
    pub callers: Vec<Caller>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<SessionId>,
}

impl Call {
    /// Sessions in one call.
    pub const MAX: usize = 50;
    /// Sessions of one person in one call: their devices, and what a lost one leaves for seconds.
    pub const MAX_OF_ONE: usize = 4;
    /// How long somebody is called.
    pub const RING_SECS: i64 = 30;
}

/// What a session may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Voice,
    Camera,
    Screen,
    ScreenSound,
}

/// What a receiving m-line brings now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    pub mid: String,
    /// `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    pub source: Source,
}

/// What a browser shows, in device pixels. What is not listed is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub session: SessionId,
    pub source: Source,
    pub width: u32,
    pub height: u32,
}

/// Why a session was ended by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    /// From the call, or from the page.
    Removed,
    /// By a newer session of the same device, or of the same person who has too many.
    Replaced,
    Over,
}

/// What the log keeps of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLog {
    pub seconds: i64,
    /// Different people who were in it.
    pub people: usize,
}

impl CallLog {
    /// `Call, 12 min, 4 people`, as the log says it.
    pub fn words(&self) -> String {
        let minutes = (self.seconds + 30) / 60;
        let long = match minutes {
            ..1 => "less than a minute".to_owned(),
            1..60 => format!("{minutes} min"),
            _ => format!("{} h {} min", minutes / 60, minutes % 60),
        };
        match self.people {
            1 => format!("Call, {long}, 1 person"),
            people => format!("Call, {long}, {people} people"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;
    use uuid::Uuid;

    #[test]
    fn a_call_that_is_over_is_told_in_a_line() {
        let words = |seconds, people| CallLog { seconds, people }.words();
        assert_eq!(words(720, 4), "Call, 12 min, 4 people");
        assert_eq!(words(12, 1), "Call, less than a minute, 1 person");
        assert_eq!(words(3_900, 2), "Call, 1 h 5 min, 2 people");
    }

    #[test]
    fn a_call_travels_as_it_is_described() {
        let session = SessionId(Uuid::from_u128(1));
        let call = Event::Call(Call {
            id: CallId(Uuid::from_u128(2)),
            page: PageId(Uuid::from_u128(3)),
            version: 4,
            since: Timestamp(5),
            callers: Vec::new(),
            speaker: Some(session),
        });
        let slots = Event::Slots {
            session,
            slots: vec![Slot {
                mid: "4".into(),
                session: Some(session),
                source: Source::ScreenSound,
            }],
        };
        let dropped = Event::Dropped {
            session,
            why: Dropped::Replaced,
        };
        let written = serde_json::to_string(&dropped).unwrap();
        assert_eq!(
            written,
            format!(r#"{{"type":"dropped","session":"{session}","why":"replaced"}}"#)
        );
        for event in [call, slots, dropped] {
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        }
    }
}
