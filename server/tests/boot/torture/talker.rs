//! A browser without a screen: the same store, the same protocol, an outbox that tries until it is told.

use std::{
    io::{self, ErrorKind},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use app::pages::store::{Draft, Store};
use bytes::BytesMut;
use domain::{Event, History, MessageId, PageId, Room, Timestamp, Topic};
use mqtt::{Connect, Packet, PacketId, QoS, Subscribe};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tungstenite::{ClientRequestBuilder, Error, Message, WebSocket, client, http::Uri};
use ureq::Agent;

use super::proxy::Address;

const ANSWER: Duration = Duration::from_millis(700);
/// A hole in the numbers may close by itself for so long.
const HOLE: Duration = Duration::from_millis(200);
/// Nothing heard for so long: the socket is given up.
const SILENCE: Duration = Duration::from_millis(1_500);

/// Chance that can be repeated (xorshift).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// How it ended.
pub(super) struct End {
    pub(super) timeline: Vec<(i64, MessageId)>,
    pub(super) acknowledged: Vec<MessageId>,
}

pub(super) struct Talker {
    number: usize,
    address: Address,
    cookie: String,
    page: PageId,
    agent: Agent,
    dice: Dice,
    written: usize,
    /// Not known to be stored yet.
    draft: Option<Draft>,
    acknowledged: Vec<MessageId>,
    socket: Option<WebSocket<TcpStream>>,
    input: BytesMut,
    heard: Instant,
    asked: Instant,
    hole: Option<Instant>,
}

impl Talker {
    pub(super) fn new(number: usize, address: Address, cookie: String, page: PageId) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER))
            .max_idle_connections(0)
            .build();
        Self {
            number,
            address,
            cookie,
            page,
            agent: agent.into(),
            dice: Dice::new(number as u64 + 1),
            written: 0,
            draft: None,
            acknowledged: Vec::new(),
            socket: None,
            input: BytesMut::new(),
            heard: Instant::now(),
            asked: Instant::now(),
            hole: None,
        }
    }

    pub(super) fn talk(mut self, messages: usize, over: &AtomicBool) -> End {
        let mut store = loop {
            if let Some(room) = self.call::<Room>("room", &json!({ "page": self.page })) {
                break Store::open(&room);
            }
        };
        loop {
            self.listen(&mut store);
            if self.acknowledged.len() < messages {
                self.post(&mut store);
            } else if over.load(Ordering::SeqCst) && self.catch_up(&mut store) {
                break;
            }
        }
        let entries = store.entries();
        let timeline = entries
            .iter()
            .map(|entry| (entry.message.seq, entry.message.id));
        End {
            timeline: timeline.collect(),
            acknowledged: self.acknowledged,
        }
    }

    /// One try: the same id until it is stored, then now and then once more, as after a lost answer.
    fn post(&mut self, store: &mut Store) {
        let draft = self.draft.take().unwrap_or_else(|| self.write());
        store.write(draft.clone());
        let posting = json!({ "page": self.page, "id": draft.id, "body": draft.body });
        let Some(answer) = self.call::<Value>("post_message", &posting) else {
            self.draft = Some(draft);
            return;
        };
        let Some(seq) = answer["seq"].as_i64() else {
            panic!("refused: {answer}");
        };
        store.accepted(draft.id, seq);
        self.acknowledged.push(draft.id);
        self.address.stored();
        if self.dice.below(8) == 0
            && let Some(again) = self.call::<Value>("post_message", &posting)
        {
            assert_eq!(again["seq"], seq, "the same message has the same number");
        }
    }

    fn write(&mut self) -> Draft {
        self.written += 1;
        // Each clock is hours off, in its own direction.
        let clock = 1_790_000_000_000 + (self.number as i64 - 1) * 9_000_000;
        let written = Timestamp(clock + self.written as i64);
        let mut random = [0; 10];
        random[0] = self.number as u8;
        random[1..9].copy_from_slice(&self.dice.below(u64::MAX).to_be_bytes());
        Draft {
            id: MessageId::new(written, random),
            page: self.page,
            body: format!("{} of {}", self.written, self.number),
            reply: None,
            mentions: Vec::new(),
            images: Vec::new(),
            written,
            refused: None,
        }
    }

    /// What the socket has, and a new socket where there is none.
    fn listen(&mut self, store: &mut Store) {
        if self.socket.is_some() && (self.heard.elapsed() > SILENCE || self.dice.below(60) == 0) {
            self.socket = None;
        }
        if self.socket.is_none() {
            self.input.clear();
            self.heard = Instant::now();
            self.socket = self.connect();
        }
        for _ in 0..50 {
            match self.socket.as_mut().map(WebSocket::read) {
                Some(Ok(Message::Binary(bytes))) => {
                    self.heard = Instant::now();
                    self.input.extend_from_slice(&bytes);
                    while let Ok(Some(packet)) = mqtt::decode(&mut self.input, 1 << 20) {
                        self.packet(store, packet);
                    }
                }
                Some(Ok(_)) => self.heard = Instant::now(),
                Some(Err(Error::Io(error))) if is_pause(&error) => break,
                _ => {
                    self.socket = None;
                    break;
                }
            }
        }
        if !store.behind() {
            self.hole = None;
        } else if self.hole.get_or_insert_with(Instant::now).elapsed() > HOLE {
            self.catch_up(store);
        }
        // As a browser asks after a wake-up, without a reason.
        if self.asked.elapsed() > Duration::from_secs(2) {
            self.ping();
            self.catch_up(store);
        }
    }

    fn connect(&self) -> Option<WebSocket<TcpStream>> {
        let host = self.address.host();
        let stream = TcpStream::connect(&host).ok()?;
        stream.set_read_timeout(Some(ANSWER)).ok()?;
        let uri: Uri = format!("ws://{host}/mqtt").parse().ok()?;
        let request = ClientRequestBuilder::new(uri)
            .with_sub_protocol("mqtt")
            .with_header("cookie", &*self.cookie);
        let (mut socket, _) = client(request, stream).ok()?;
        let hello = Packet::Connect(Connect::clean("", 30));
        socket.send(Message::binary(encoded(&hello))).ok()?;
        let pause = Duration::from_millis(5);
        socket.get_ref().set_read_timeout(Some(pause)).ok()?;
        Some(socket)
    }

    fn packet(&mut self, store: &mut Store, packet: Packet) {
        match packet {
            Packet::ConnAck(_) => {
                let filters = vec![(Topic::Page(self.page).to_string(), QoS::AtMostOnce)];
                if let Some(id) = PacketId::new(1) {
                    self.send(&Packet::Subscribe(Subscribe { id, filters }));
                }
            }
            // From here on nothing is missed: what came before is asked for.
            Packet::SubAck(_) => {
                self.catch_up(store);
            }
            Packet::Publish(publish) => match serde_json::from_slice(&publish.payload) {
                Ok(Event::Message(message)) => store.message(message),
                Ok(Event::Resync) => {
                    self.catch_up(store);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn ping(&mut self) {
        self.send(&Packet::PingReq);
    }

    fn send(&mut self, packet: &Packet) {
        if let Some(socket) = &mut self.socket {
            let _ = socket.send(Message::binary(encoded(packet)));
        }
    }

    /// Everything after what is known. Whether the answer was had to its end.
    fn catch_up(&mut self, store: &mut Store) -> bool {
        self.asked = Instant::now();
        loop {
            let after = store.known();
            let asking = json!({ "page": self.page, "after": after, "limit": 200 });
            let Some(history) = self.call::<History>("messages", &asking) else {
                return false;
            };
            let more = history.more;
            store.caught_up(after, history);
            if !more {
                return true;
            }
        }
    }

    /// `None`: no answer, or none that can be used.
    fn call<T: DeserializeOwned>(&self, name: &str, input: &Value) -> Option<T> {
        let answer = self
            .agent
            .post(format!("http://{}/api/{name}", self.address.host()))
            .header("cookie", &*self.cookie)
            .header("connection", "close")
            .send_json(input);
        let mut answer = answer.ok()?;
        let text = answer.body_mut().read_to_string().ok()?;
        if answer.status().as_u16() != 200 {
            // Killed in the middle of it, or more at once than is taken.
            assert!(
                matches!(answer.status().as_u16(), 429 | 500 | 503),
                "{text}"
            );
            std::thread::sleep(Duration::from_millis(50));
            return None;
        }
        serde_json::from_str(&text).ok()
    }
}

fn encoded(packet: &Packet) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    packet.encode(&mut bytes).unwrap();
    bytes.to_vec()
}

fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
