//! Packets to bytes. Refuses what [`decode`](crate::decode) would refuse, and then leaves the output as it was.

use bytes::BytesMut;

use crate::{
    ConnAck, Connect, Delivery, Error, MAX_REMAINING, Packet, PacketId, Publish, QoS, SubAck,
    Subscribe, Unsubscribe, is_filter, is_topic,
};

impl Packet {
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        match self {
            Self::Connect(packet) => packet.encode(out),
            Self::ConnAck(packet) => packet.encode(out),
            Self::Publish(packet) => packet.encode(out),
            Self::PubAck(id) => acknowledge(out, 0x40, *id),
            Self::PubRec(id) => acknowledge(out, 0x50, *id),
            Self::PubRel(id) => acknowledge(out, 0x62, *id),
            Self::PubComp(id) => acknowledge(out, 0x70, *id),
            Self::Subscribe(packet) => packet.encode(out),
            Self::SubAck(packet) => packet.encode(out),
            Self::Unsubscribe(packet) => packet.encode(out),
            Self::UnsubAck(id) => acknowledge(out, 0xB0, *id),
            Self::PingReq => header(out, 0xC0, 0),
            Self::PingResp => header(out, 0xD0, 0),
            Self::Disconnect => header(out, 0xE0, 0),
        }
    }
}

impl Connect {
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        check(text_ok(&self.client_id), Error::Text)?;
        let mut flags = u8::from(self.clean) << 1;
        // Name, level, flags, keep-alive: ten bytes (§3.1.2).
        let mut length = 10 + 2 + self.client_id.len();
        if let Some(will) = &self.will {
            check(is_topic(&will.topic), Error::Topic)?;
            check(will.payload.len() <= MAX_FIELD, Error::Text)?;
            flags |= 0x04 | (will.qos as u8) << 3 | u8::from(will.retain) << 5;
            length += 2 + will.topic.len() + 2 + will.payload.len();
        }
        if let Some(username) = &self.username {
            check(text_ok(username), Error::Text)?;
            flags |= 0x80;
            length += 2 + username.len();
        }
        if let Some(password) = &self.password {
            check(self.username.is_some(), Error::Flags)?;
            check(password.len() <= MAX_FIELD, Error::Text)?;
            flags |= 0x40;
            length += 2 + password.len();
        }
        header(out, 0x10, length)?;
        field(out, b"MQTT");
        out.extend_from_slice(&[4, flags]);
        out.extend_from_slice(&self.keep_alive.to_be_bytes());
        field(out, self.client_id.as_bytes());
        if let Some(will) = &self.will {
            field(out, will.topic.as_bytes());
            field(out, &will.payload);
        }
        if let Some(username) = &self.username {
            field(out, username.as_bytes());
        }
        if let Some(password) = &self.password {
            field(out, password);
        }
        Ok(())
    }
}

impl ConnAck {
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        // §3.2.2.2: a refused client has no session.
        check(
            !self.session_present || self.code as u8 == 0,
            Error::ReturnCode,
        )?;
        header(out, 0x20, 2)?;
        out.extend_from_slice(&[u8::from(self.session_present), self.code as u8]);
        Ok(())
    }
}

impl Publish {
    /// At quality of service 1 and 2 the identifier is the two bytes before the payload.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        check(is_topic(&self.topic), Error::Topic)?;
        let (id, again) = match self.delivery {
            Delivery::AtMostOnce => (None, false),
            Delivery::AtLeastOnce { id, again } | Delivery::ExactlyOnce { id, again } => {
                (Some(id), again)
            }
        };
        let flags = u8::from(again) << 3 | (self.delivery.qos() as u8) << 1 | u8::from(self.retain);
        let length = 2 + self.topic.len() + if id.is_some() { 2 } else { 0 } + self.payload.len();
        header(out, 0x30 | flags, length)?;
        field(out, self.topic.as_bytes());
        if let Some(id) = id {
            out.extend_from_slice(&id.get().to_be_bytes());
        }
        out.extend_from_slice(&self.payload);
        Ok(())
    }
}

impl Subscribe {
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        check(!self.filters.is_empty(), Error::Empty)?;
        let mut length = 2;
        for (filter, _) in &self.filters {
            check(is_filter(filter), Error::Topic)?;
            length += 2 + filter.len() + 1;
        }
        header(out, 0x82, length)?;
        out.extend_from_slice(&self.id.get().to_be_bytes());
        for (filter, qos) in &self.filters {
            field(out, filter.as_bytes());
            out.extend_from_slice(&[*qos as u8]);
        }
        Ok(())
    }
}

impl SubAck {
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        check(!self.granted.is_empty(), Error::Empty)?;
        header(out, 0x90, 2 + self.granted.len())?;
        out.extend_from_slice(&self.id.get().to_be_bytes());
        for granted in &self.granted {
            out.extend_from_slice(&[granted.map_or(0x80, |qos: QoS| qos as u8)]);
        }
        Ok(())
    }
}

impl Unsubscribe {
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        check(!self.filters.is_empty(), Error::Empty)?;
        let mut length = 2;
        for filter in &self.filters {
            check(is_filter(filter), Error::Topic)?;
            length += 2 + filter.len();
        }
        header(out, 0xA2, length)?;
        out.extend_from_slice(&self.id.get().to_be_bytes());
        for filter in &self.filters {
            field(out, filter.as_bytes());
        }
        Ok(())
    }
}

const MAX_FIELD: usize = u16::MAX as usize;

fn check(holds: bool, error: Error) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(error) }
}

/// §1.5.3
fn text_ok(text: &str) -> bool {
    text.len() <= MAX_FIELD && !text.contains('\0')
}

/// Type and flags, then the Remaining Length, seven bits a byte, the lowest first (§2.2). Nothing is
/// written before this, so that a refusal leaves no half packet.
fn header(out: &mut BytesMut, first: u8, length: usize) -> Result<(), Error> {
    check(length <= MAX_REMAINING, Error::TooLarge)?;
    out.reserve(5 + length);
    out.extend_from_slice(&[first]);
    let mut rest = length;
    while rest > 0x7F {
        out.extend_from_slice(&[(rest & 0x7F) as u8 | 0x80]);
        rest >>= 7;
    }
    out.extend_from_slice(&[rest as u8]);
    Ok(())
}

/// The callers have checked that the length fits.
fn field(out: &mut BytesMut, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn acknowledge(out: &mut BytesMut, first: u8, id: PacketId) -> Result<(), Error> {
    header(out, first, 2)?;
    out.extend_from_slice(&id.get().to_be_bytes());
    Ok(())
}
