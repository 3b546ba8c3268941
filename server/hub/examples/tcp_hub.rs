//! The hub over TCP, for protocol tests and benchmarks: `tcp_hub [PORT]` (0: a free one), on loopback.
//!
//! The username of CONNECT is the account (a UUID; anything else is somebody new). Everybody may everything that the
//! hub itself allows. Whoever comes as `server` publishes to any topic, as the program around the hub would.

use std::{
    env,
    io::{self, Write},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use domain::{AccountId, Topic};
use hub::{Action, ByteStream, Hub, Limits, Rights, Upstream};
use mqtt::{ConnAck, ConnectCode, Delivery, Packet, decode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use uuid::Uuid;

const MAX_PACKET: usize = 64 * 1024;

struct Everything;

impl Rights for Everything {
    fn may(
        &self,
        _who: AccountId,
        _action: Action,
        _topic: Topic,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(true))
    }
}

struct Alone;

impl Upstream for Alone {
    fn relay(&self, _topic: Topic, _payload: Bytes) {}
    fn want(&self, _filter: Topic, _wanted: bool) {}
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let port = match env::args().nth(1).map(|port| port.parse()) {
        None => 0,
        Some(Ok(port)) => port,
        Some(Err(_)) => return Err(io::Error::other("usage: tcp_hub [PORT]")),
    };
    let limits = Limits {
        // A load client is one account with thousands of sockets.
        connections_per_account: usize::MAX,
        ..Limits::default()
    };
    let hub = Hub::new(Arc::new(Everything), Arc::new(Alone), limits);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(welcome(hub.clone(), stream));
    }
}

enum Role {
    Client(AccountId),
    Server,
}

async fn welcome(hub: Hub, stream: TcpStream) {
    match timeout(Duration::from_secs(10), role(&stream)).await {
        Ok(Ok(Role::Client(account))) => hub.serve(account, ByteStream::new(stream)).await,
        // A publisher that goes away takes nothing with it.
        Ok(Ok(Role::Server)) => drop(publish(hub, stream).await),
        Ok(Err(_)) | Err(_) => {}
    }
}

/// Who it is, by its CONNECT, which stays unread for the hub. In `stoa` the cookie has said so before.
async fn role(stream: &TcpStream) -> io::Result<Role> {
    static STRANGERS: AtomicU64 = AtomicU64::new(1);
    let mut start = vec![0; MAX_PACKET];
    loop {
        let length = stream.peek(&mut start).await?;
        match decode(&mut BytesMut::from(&start[..length]), MAX_PACKET) {
            Ok(None) if length > 0 => sleep(Duration::from_millis(2)).await,
            Ok(Some(Packet::Connect(connect))) => {
                let username = connect.username.unwrap_or_default();
                if username == "server" {
                    return Ok(Role::Server);
                }
                let account = Uuid::try_parse(&username).unwrap_or_else(|_| {
                    Uuid::from_u128(STRANGERS.fetch_add(1, Ordering::Relaxed).into())
                });
                return Ok(Role::Client(AccountId(account)));
            }
            // Whatever else it is: the hub knows what to say to it.
            _ => return Ok(Role::Client(AccountId(Uuid::nil()))),
        }
    }
}

/// One who speaks for the server: what it publishes is delivered.
async fn publish(hub: Hub, mut stream: TcpStream) -> io::Result<()> {
    let mut inbound = BytesMut::new();
    let mut replies = BytesMut::new();
    loop {
        while let Some(packet) = decode(&mut inbound, MAX_PACKET).map_err(io::Error::other)? {
            let reply = match packet {
                Packet::Connect(_) => Packet::ConnAck(ConnAck {
                    session_present: false,
                    code: ConnectCode::Accepted,
                }),
                Packet::Publish(publish) => {
                    if let Some(topic) = Topic::parse(&publish.topic) {
                        hub.deliver(topic, publish.payload);
                    }
                    match publish.delivery {
                        Delivery::AtLeastOnce { id, .. } => Packet::PubAck(id),
                        _ => continue,
                    }
                }
                Packet::PingReq => Packet::PingResp,
                _ => return Ok(()),
            };
            reply.encode(&mut replies).map_err(io::Error::other)?;
        }
        stream.write_all_buf(&mut replies).await?;
        if stream.read_buf(&mut inbound).await? == 0 {
            return Ok(());
        }
    }
}
