//! The fourteen packets as values. What cannot be said on the wire can mostly not be built here.

use std::num::NonZeroU16;

use bytes::Bytes;

/// Never zero (§2.3.1).
pub type PacketId = NonZeroU16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    Connect(Connect),
    ConnAck(ConnAck),
    Publish(Publish),
    PubAck(PacketId),
    PubRec(PacketId),
    PubRel(PacketId),
    PubComp(PacketId),
    Subscribe(Subscribe),
    SubAck(SubAck),
    Unsubscribe(Unsubscribe),
    UnsubAck(PacketId),
    PingReq,
    PingResp,
    Disconnect,
}

/// §4.3
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QoS {
    AtMostOnce = 0,
    AtLeastOnce = 1,
    ExactlyOnce = 2,
}

/// §3.1. The protocol level is always 4; see [`Error::ProtocolLevel`](crate::Error::ProtocolLevel).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connect {
    /// May be empty; then `clean` must be true for a server to accept it.
    pub client_id: String,
    pub clean: bool,
    /// Seconds; 0 means none.
    pub keep_alive: u16,
    pub will: Option<Will>,
    pub username: Option<String>,
    /// Only together with a username (§3.1.2.9).
    pub password: Option<Bytes>,
}

impl Connect {
    /// A clean session without will and credentials.
    pub fn clean(client_id: &str, keep_alive: u16) -> Self {
        Self {
            client_id: client_id.to_owned(),
            clean: true,
            keep_alive,
            ..Self::default()
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will {
    pub topic: String,
    /// At most 65,535 bytes.
    pub payload: Bytes,
    pub qos: QoS,
    pub retain: bool,
}

/// §3.2
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnAck {
    /// Only with [`ConnectCode::Accepted`].
    pub session_present: bool,
    pub code: ConnectCode,
}

/// §3.2.2.3
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectCode {
    Accepted = 0,
    UnacceptableProtocolVersion = 1,
    IdentifierRejected = 2,
    ServerUnavailable = 3,
    BadCredentials = 4,
    NotAuthorized = 5,
}

/// §3.3
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    pub topic: String,
    pub payload: Bytes,
    pub delivery: Delivery,
    pub retain: bool,
}

impl Publish {
    /// Quality of service 0, not retained.
    pub fn at_most_once(topic: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self {
            topic: topic.into(),
            payload: payload.into(),
            delivery: Delivery::AtMostOnce,
            retain: false,
        }
    }
}

/// The quality of service of one PUBLISH with what belongs to it: an identifier and, when it is sent again, a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    AtMostOnce,
    AtLeastOnce { id: PacketId, again: bool },
    ExactlyOnce { id: PacketId, again: bool },
}

impl Delivery {
    pub fn qos(self) -> QoS {
        match self {
            Self::AtMostOnce => QoS::AtMostOnce,
            Self::AtLeastOnce { .. } => QoS::AtLeastOnce,
            Self::ExactlyOnce { .. } => QoS::ExactlyOnce,
        }
    }
}

/// §3.8. At least one filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe {
    pub id: PacketId,
    pub filters: Vec<(String, QoS)>,
}

/// §3.9. One entry for each filter asked for; `None` is a refusal (0x80).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubAck {
    pub id: PacketId,
    pub granted: Vec<Option<QoS>>,
}

/// §3.10. At least one filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    pub id: PacketId,
    pub filters: Vec<String>,
}
