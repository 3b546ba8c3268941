//! Bytes to packets, strictly: whatever the standard forbids is an error, and no byte of the next packet is touched.

use bytes::{Bytes, BytesMut};

use crate::{
    ConnAck, Connect, ConnectCode, Delivery, Error, Packet, PacketId, Publish, QoS, SubAck,
    Subscribe, Unsubscribe, Will, is_filter, is_topic,
};

/// Takes one packet from the front of `input`. `None`: it is not complete yet, come back with more; then
/// nothing was taken. The header is judged as soon as it is there, the rest when all is; `max` bounds the whole packet
/// in bytes.
pub fn decode(input: &mut BytesMut, max: usize) -> Result<Option<Packet>, Error> {
    take(input, max, any)
}

/// As [`decode`], for a client: what only clients send is an error, and none of the code for it is needed.
pub fn decode_from_server(input: &mut BytesMut, max: usize) -> Result<Option<Packet>, Error> {
    take(input, max, answer)
}

fn take(
    input: &mut BytesMut,
    max: usize,
    read: impl FnOnce(&mut Body<'_>, u8) -> Result<Packet, Error>,
) -> Result<Option<Packet>, Error> {
    let Some(&first) = input.first() else {
        return Ok(None);
    };
    first_byte(first)?;
    let Some((header, length)) = remaining_length(input)? else {
        return Ok(None);
    };
    if header + length > max {
        return Err(Error::TooLarge);
    }
    if input.len() < header + length {
        return Ok(None);
    }
    let whole = input.split_to(header + length).freeze();
    let mut body = Body(&whole[header..]);
    let mut packet = read(&mut body, first)?;
    match &mut packet {
        // What is left is its payload, which stays where it is.
        Packet::Publish(publish) => publish.payload = whole.slice(whole.len() - body.0.len()..),
        // Every other packet ends with its last field.
        _ if !body.0.is_empty() => return Err(Error::Trailing),
        _ => {}
    }
    Ok(Some(packet))
}

/// §2.2.1, table 2.1: types 0 and 15 are forbidden. §2.2.2, table 2.2: of all but PUBLISH the flags are fixed.
fn first_byte(first: u8) -> Result<(), Error> {
    match (first >> 4, first & 0x0F) {
        (0 | 15, _) => Err(Error::PacketType),
        (3, _) | (6 | 8 | 10, 2) => Ok(()),
        (6 | 8 | 10, _) => Err(Error::Flags),
        (_, flags) if flags != 0 => Err(Error::Flags),
        _ => Ok(()),
    }
}

/// The header's bytes and the Remaining Length (§2.2.3), if it is all there.
fn remaining_length(input: &[u8]) -> Result<Option<(usize, usize)>, Error> {
    let mut length = 0;
    for at in 0..4 {
        let Some(&byte) = input.get(1 + at) else {
            return Ok(None);
        };
        length |= usize::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((2 + at, length)));
        }
    }
    Err(Error::RemainingLength)
}

fn any(body: &mut Body<'_>, first: u8) -> Result<Packet, Error> {
    body.packet(first)
}

fn answer(body: &mut Body<'_>, first: u8) -> Result<Packet, Error> {
    body.answer(first)
}

/// What follows the fixed header, taken field by field.
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn packet(&mut self, first: u8) -> Result<Packet, Error> {
        Ok(match first >> 4 {
            1 => Packet::Connect(self.connect()?),
            8 => Packet::Subscribe(self.subscribe()?),
            10 => Packet::Unsubscribe(self.unsubscribe()?),
            12 => Packet::PingReq,
            14 => Packet::Disconnect,
            _ => self.answer(first)?,
        })
    }

    /// What servers send.
    fn answer(&mut self, first: u8) -> Result<Packet, Error> {
        Ok(match first >> 4 {
            2 => Packet::ConnAck(self.connack()?),
            3 => Packet::Publish(self.publish(first & 0x0F)?),
            4 => Packet::PubAck(self.id()?),
            5 => Packet::PubRec(self.id()?),
            6 => Packet::PubRel(self.id()?),
            7 => Packet::PubComp(self.id()?),
            9 => Packet::SubAck(self.suback()?),
            11 => Packet::UnsubAck(self.id()?),
            13 => Packet::PingResp,
            _ => return Err(Error::PacketType),
        })
    }

    /// §3.1
    fn connect(&mut self) -> Result<Connect, Error> {
        let name = self.field()?;
        let level = self.byte()?;
        match (name, level) {
            (b"MQTT", 4) => {}
            // `MQIsdp` is the name in version 3.1. What comes after the level is another version's matter.
            (b"MQTT" | b"MQIsdp", _) => return Err(Error::ProtocolLevel(level)),
            _ => return Err(Error::ProtocolName),
        }
        let flags = self.byte()?;
        let has = |bit: u8| flags & bit != 0;
        // §3.1.2.3 reserved; §3.1.2.6–7 nothing about a will without a will; §3.1.2.9 no password without username.
        if has(0x01) || (!has(0x04) && has(0x38)) || (!has(0x80) && has(0x40)) {
            return Err(Error::Flags);
        }
        let keep_alive = self.u16()?;
        let client_id = self.text()?;
        let will = if has(0x04) {
            Some(Will {
                topic: self.topic()?,
                payload: Bytes::copy_from_slice(self.field()?),
                qos: qos(flags >> 3 & 3)?,
                retain: has(0x20),
            })
        } else {
            None
        };
        let username = if has(0x80) { Some(self.text()?) } else { None };
        let password = if has(0x40) {
            Some(Bytes::copy_from_slice(self.field()?))
        } else {
            None
        };
        Ok(Connect {
            client_id,
            clean: has(0x02),
            keep_alive,
            will,
            username,
            password,
        })
    }

    /// §3.2
    fn connack(&mut self) -> Result<ConnAck, Error> {
        let flags = self.byte()?;
        let code = match self.byte()? {
            0 => ConnectCode::Accepted,
            1 => ConnectCode::UnacceptableProtocolVersion,
            2 => ConnectCode::IdentifierRejected,
            3 => ConnectCode::ServerUnavailable,
            4 => ConnectCode::BadCredentials,
            5 => ConnectCode::NotAuthorized,
            _ => return Err(Error::ReturnCode),
        };
        match (flags, code) {
            (0, _) | (1, ConnectCode::Accepted) => Ok(ConnAck {
                session_present: flags == 1,
                code,
            }),
            _ => Err(Error::Flags),
        }
    }

    /// §3.3, all but the payload.
    fn publish(&mut self, flags: u8) -> Result<Publish, Error> {
        let again = flags & 0x08 != 0;
        let qos = qos(flags >> 1 & 3)?;
        let topic = self.topic()?;
        let delivery = match qos {
            // §3.3.1.1: nothing at quality of service 0 is ever sent again.
            QoS::AtMostOnce if again => return Err(Error::Flags),
            QoS::AtMostOnce => Delivery::AtMostOnce,
            QoS::AtLeastOnce => Delivery::AtLeastOnce {
                id: self.id()?,
                again,
            },
            QoS::ExactlyOnce => Delivery::ExactlyOnce {
                id: self.id()?,
                again,
            },
        };
        Ok(Publish {
            topic,
            payload: Bytes::new(),
            delivery,
            retain: flags & 0x01 != 0,
        })
    }

    /// §3.8
    fn subscribe(&mut self) -> Result<Subscribe, Error> {
        let id = self.id()?;
        let mut filters = Vec::new();
        while !self.0.is_empty() {
            // §3.8.3: the upper six bits are reserved; 3 and above is what they make of it.
            filters.push((self.filter()?, qos(self.byte()?)?));
        }
        not_empty(&filters)?;
        Ok(Subscribe { id, filters })
    }

    /// §3.9
    fn suback(&mut self) -> Result<SubAck, Error> {
        let id = self.id()?;
        let mut granted = Vec::new();
        while !self.0.is_empty() {
            granted.push(match self.byte()? {
                0x80 => None,
                code => Some(qos(code).map_err(|_| Error::ReturnCode)?),
            });
        }
        not_empty(&granted)?;
        Ok(SubAck { id, granted })
    }

    /// §3.10
    fn unsubscribe(&mut self) -> Result<Unsubscribe, Error> {
        let id = self.id()?;
        let mut filters = Vec::new();
        while !self.0.is_empty() {
            filters.push(self.filter()?);
        }
        not_empty(&filters)?;
        Ok(Unsubscribe { id, filters })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let (byte, rest) = self.0.split_first().ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn u16(&mut self) -> Result<u16, Error> {
        Ok(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    /// §2.3.1
    fn id(&mut self) -> Result<PacketId, Error> {
        PacketId::new(self.u16()?).ok_or(Error::PacketId)
    }

    /// Bytes with their length before them.
    fn field(&mut self) -> Result<&'a [u8], Error> {
        let length = self.u16()?;
        self.take(length.into())
    }

    /// §1.5.3: well-formed UTF-8 (so no surrogates) without U+0000.
    fn text(&mut self) -> Result<String, Error> {
        match std::str::from_utf8(self.field()?) {
            Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
            _ => Err(Error::Text),
        }
    }

    /// §4.7.3
    fn topic(&mut self) -> Result<String, Error> {
        let text = self.text()?;
        if is_topic(&text) {
            Ok(text)
        } else {
            Err(Error::Topic)
        }
    }

    /// §4.7.1
    fn filter(&mut self) -> Result<String, Error> {
        let text = self.text()?;
        if is_filter(&text) {
            Ok(text)
        } else {
            Err(Error::Topic)
        }
    }
}

fn qos(bits: u8) -> Result<QoS, Error> {
    match bits {
        0 => Ok(QoS::AtMostOnce),
        1 => Ok(QoS::AtLeastOnce),
        2 => Ok(QoS::ExactlyOnce),
        _ => Err(Error::QoS),
    }
}

/// §3.8.3, §3.10.3: without one it is a protocol violation.
fn not_empty<T>(list: &[T]) -> Result<(), Error> {
    if list.is_empty() {
        Err(Error::Empty)
    } else {
        Ok(())
    }
}
