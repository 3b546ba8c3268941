//! One MQTT connection over TCP or WebSocket. What comes is looked at just enough to count it: the load must not cost
//! more than what it measures.

use std::{io, sync::Arc};

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, BytesMut};
use mqtt::{Connect, Delivery, Packet, PacketId, Publish, QoS, Subscribe, decode};
use tokio::{net::TcpStream, task::spawn_local};

use crate::frames::{self, Frame};

const MAX_PACKET: usize = 1 << 20;

#[derive(Clone, Default)]
pub(crate) struct Way {
    pub(crate) address: String,
    pub(crate) client: String,
    /// The path of the WebSocket; none is plain TCP.
    pub(crate) path: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) username: Option<String>,
}

pub(crate) struct Wire {
    pub(crate) mouth: Mouth,
    raw: BytesMut,
    data: BytesMut,
    acknowledgements: Vec<u8>,
}

/// The writing side, which others may hold as well.
#[derive(Clone)]
pub(crate) struct Mouth {
    stream: Arc<TcpStream>,
    web: bool,
}

impl Wire {
    /// Opens many, some at a time, each with its subscription. In the order of the ways.
    pub(crate) async fn open_all(ways: Vec<(Way, String)>, qos: QoS) -> Result<Vec<Self>> {
        const AT_A_TIME: usize = 32;
        let mut wires = Vec::with_capacity(ways.len());
        for some in ways.chunks(AT_A_TIME) {
            let opening: Vec<_> = some
                .iter()
                .cloned()
                .map(|(way, filter)| {
                    spawn_local(async move {
                        let mut wire = Self::open(&way).await?;
                        wire.subscribe(&filter, qos).await?;
                        anyhow::Ok(wire)
                    })
                })
                .collect();
            for wire in opening {
                wires.push(wire.await??);
            }
        }
        Ok(wires)
    }

    pub(crate) async fn open(way: &Way) -> Result<Self> {
        let stream = TcpStream::connect(&way.address)
            .await
            .context(way.address.clone())?;
        stream.set_nodelay(true)?;
        let mouth = Mouth {
            stream: Arc::new(stream),
            web: way.path.is_some(),
        };
        let mut wire = Self {
            mouth,
            raw: BytesMut::new(),
            data: BytesMut::new(),
            acknowledgements: Vec::new(),
        };
        if let Some(path) = &way.path {
            wire.upgrade(way, path).await?;
        }
        let connect = Connect {
            username: way.username.clone(),
            ..Connect::clean(&way.client, 600)
        };
        wire.mouth.say(&Packet::Connect(connect)).await?;
        match wire.packet().await? {
            Packet::ConnAck(answer) if answer.code as u8 == 0 => Ok(wire),
            other => bail!("{other:?} instead of CONNACK"),
        }
    }

    async fn upgrade(&mut self, way: &Way, path: &str) -> Result<()> {
        let cookie = way
            .cookie
            .as_ref()
            .map_or_else(String::new, |cookie| format!("Cookie: {cookie}\r\n"));
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: mqtt\r\n{cookie}\r\n",
            address = way.address,
        );
        self.mouth.write(request.as_bytes()).await?;
        loop {
            self.receive().await?;
            if let Some(end) = self.raw.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.raw.split_to(end + 4);
                let line = String::from_utf8_lossy(&head);
                ensure!(line.starts_with("HTTP/1.1 101"), "{line}");
                return Ok(());
            }
        }
    }

    pub(crate) async fn subscribe(&mut self, filter: &str, qos: QoS) -> Result<()> {
        let subscribe = Subscribe {
            id: PacketId::MIN,
            filters: vec![(filter.to_owned(), qos)],
        };
        self.mouth.say(&Packet::Subscribe(subscribe)).await?;
        loop {
            match self.packet().await? {
                Packet::SubAck(answer) if answer.granted == [Some(qos)] => return Ok(()),
                // Others may be talking already.
                Packet::Publish(_) => {}
                other => bail!("{other:?} instead of SUBACK for {filter}"),
            }
        }
    }

    /// Waits for more, and counts every PUBLISH that is whole. Acknowledgements go out together.
    pub(crate) async fn listen(&mut self) -> Result<u64> {
        self.read().await?;
        let mut count = 0;
        while let Some(packet) = whole(&self.data) {
            if packet.kind == 3 {
                if !is_aside(&self.data[packet.head..packet.end]) {
                    count += 1;
                }
                if packet.qos > 0 {
                    let [high, low] =
                        id(&self.data[packet.head..packet.end]).context("a broken PUBLISH")?;
                    self.acknowledgements
                        .extend_from_slice(&[0x40, 2, high, low]);
                }
            }
            self.data.advance(packet.end);
        }
        if !self.acknowledgements.is_empty() {
            self.mouth.wrapped(&self.acknowledgements).await?;
            self.acknowledgements.clear();
        }
        Ok(count)
    }

    /// Waits for more, and counts what is told of receipts.
    pub(crate) async fn listen_for_marks(&mut self) -> Result<u64> {
        self.read().await?;
        let mut count = 0;
        while let Some(packet) = decode(&mut self.data, MAX_PACKET)? {
            if let Packet::Publish(publish) = packet
                && publish.payload.starts_with(br#"{"type":"marks""#)
            {
                count += 1;
            }
        }
        Ok(count)
    }

    async fn packet(&mut self) -> Result<Packet> {
        loop {
            if let Some(packet) = decode(&mut self.data, MAX_PACKET)? {
                return Ok(packet);
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<()> {
        self.receive().await?;
        if !self.mouth.web {
            self.data.unsplit(self.raw.split());
            return Ok(());
        }
        while let Some(frame) = frames::unwrap(&mut self.raw, &mut self.data) {
            match frame {
                Frame::Data => {}
                Frame::Ping(payload) => self.mouth.pong(&payload).await?,
                Frame::Close => bail!("the server said goodbye"),
            }
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<()> {
        self.raw.reserve(64 * 1024);
        loop {
            self.mouth.stream.readable().await?;
            match self.mouth.stream.try_read_buf(&mut self.raw) {
                Ok(0) => bail!("the connection was closed"),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Mouth {
    pub(crate) async fn publish(
        &self,
        topic: &str,
        payload: &[u8],
        id: Option<PacketId>,
    ) -> Result<()> {
        let delivery = id.map_or(Delivery::AtMostOnce, |id| Delivery::AtLeastOnce {
            id,
            again: false,
        });
        self.say(&Packet::Publish(Publish {
            delivery,
            ..Publish::at_most_once(topic, payload.to_vec())
        }))
        .await
    }

    async fn say(&self, packet: &Packet) -> Result<()> {
        let mut bytes = BytesMut::new();
        packet.encode(&mut bytes)?;
        self.wrapped(&bytes).await
    }

    async fn wrapped(&self, bytes: &[u8]) -> Result<()> {
        if !self.web {
            return self.write(bytes).await;
        }
        let mut framed = Vec::with_capacity(bytes.len() + 8);
        for part in bytes.chunks(60_000) {
            frames::binary(part, &mut framed);
        }
        self.write(&framed).await
    }

    async fn pong(&self, payload: &[u8]) -> Result<()> {
        let mut framed = Vec::new();
        frames::pong(payload, &mut framed);
        self.write(&framed).await
    }

    /// One writer at a time: everything here runs on one thread, and what is written is small.
    async fn write(&self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            match self.stream.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.stream.writable().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

struct Whole {
    kind: u8,
    qos: u8,
    head: usize,
    end: usize,
}

/// The first packet in `data`, if all of it is there (MQTT 3.1.1 §2.2).
/// Who is there and how far they have read: not what the load has said.
fn is_aside(publish: &[u8]) -> bool {
    let Some(topic) = publish.first_chunk().map(|size| u16::from_be_bytes(*size)) else {
        return false;
    };
    let payload = publish.get(2 + usize::from(topic)..).unwrap_or_default();
    [&br#"{"type":"presence""#[..], br#"{"type":"marks""#]
        .iter()
        .any(|aside| payload.starts_with(aside))
}

fn whole(data: &[u8]) -> Option<Whole> {
    let first = *data.first()?;
    let mut length = 0;
    for place in 0..4 {
        let byte = *data.get(1 + place)?;
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let head = 2 + place;
            return (data.len() >= head + length).then_some(Whole {
                kind: first >> 4,
                qos: first >> 1 & 3,
                head,
                end: head + length,
            });
        }
    }
    None
}

/// The packet identifier of a PUBLISH without its fixed header (§3.3.2).
fn id(body: &[u8]) -> Option<[u8; 2]> {
    let topic = usize::from(u16::from_be_bytes(body.get(..2)?.try_into().ok()?));
    body.get(2 + topic..4 + topic)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publish_is_read_in_place() {
        let mut bytes = BytesMut::new();
        Packet::Publish(Publish {
            delivery: Delivery::AtLeastOnce {
                id: PacketId::MIN,
                again: false,
            },
            ..Publish::at_most_once("a/b", vec![7; 200])
        })
        .encode(&mut bytes)
        .unwrap();
        assert!(whole(&bytes[..bytes.len() - 1]).is_none());
        let packet = whole(&bytes).unwrap();
        assert_eq!((packet.kind, packet.qos, packet.end), (3, 1, bytes.len()));
        assert_eq!(id(&bytes[packet.head..packet.end]), Some([0, 1]));
    }
}
