//! What goes into the core and comes out of it.

use std::net::SocketAddr;

use domain::{AccountId, Call, CallId, Dropped, PageId, SessionId, Slot, Timestamp};
use serde::{Deserialize, Serialize};
use str0m::net::DatagramSend;

/// The m-lines of an offer, each by its `a=mid` (RFC 5888 §4).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Mids {
    pub voice: String,
    pub camera: String,
    pub screen: String,
    pub screen_sound: String,
    /// Receiving lines for sound…
    pub voices: Vec<String>,
    /// …and for pictures.
    pub pictures: Vec<String>,
}

/// Somebody comes. Whether they may was decided before.
#[derive(Debug, Clone)]
pub struct Join {
    pub page: PageId,
    pub session: SessionId,
    /// The session of the same browser that was lost, and that this one goes on for.
    pub after: Option<SessionId>,
    pub account: AccountId,
    pub name: String,
    /// SDP (RFC 8866), with all its candidates.
    pub offer: String,
    pub muted: bool,
    pub camera: bool,
    pub mids: Mids,
    /// A try of the ways into this server: nobody is told of it, and it ends by itself. No page's call.
    pub trial: bool,
    /// The call's id, if this is the first who comes.
    pub call: CallId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    pub call: Call,
    pub answer: String,
    pub slots: Vec<Slot>,
    /// The call began with this.
    pub began: bool,
}

/// What a session says of itself. What is not named stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Change {
    #[serde(default)]
    pub muted: Option<bool>,
    #[serde(default)]
    pub camera: Option<bool>,
    #[serde(default)]
    pub screen: Option<bool>,
    #[serde(default)]
    pub hand: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("this offer cannot be taken: {0}")]
    Offer(String),
    #[error("no such session")]
    Unknown,
    #[error("somebody else's session has this id")]
    Taken,
    #[error("removed by an admin")]
    Removed,
    #[error("the call is full")]
    Full,
    #[error("there are as many calls as this server takes")]
    Busy,
}

/// What others are to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The whole state; without callers the call is over.
    Call(Call),
    Slots {
        account: AccountId,
        session: SessionId,
        slots: Vec<Slot>,
    },
    Dropped {
        account: AccountId,
        session: SessionId,
        why: Dropped,
    },
    Over {
        call: CallId,
        page: PageId,
        /// Who began it, and when.
        by: AccountId,
        since: Timestamp,
        /// Different people who were in it.
        people: usize,
    },
}

/// What carries a datagram; TCP with its length before it (RFC 4571 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Udp,
    Tcp,
}

/// What a candidate of ICE is an address of (RFC 8445 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    pub transport: Transport,
    pub socket: SocketAddr,
}

impl Address {
    pub fn udp(socket: SocketAddr) -> Self {
        Self {
            transport: Transport::Udp,
            socket,
        }
    }

    pub fn tcp(socket: SocketAddr) -> Self {
        Self {
            transport: Transport::Tcp,
            socket,
        }
    }
}

/// To be sent from one of our addresses.
#[derive(Debug)]
pub struct Datagram {
    pub source: SocketAddr,
    pub destination: Address,
    pub bytes: DatagramSend,
}
