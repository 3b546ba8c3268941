//! One client's task: what it says, what it is told, and when it has to go.

use std::{collections::VecDeque, io, pin::pin, time::Duration};

use bytes::{Bytes, BytesMut};
use domain::{Signal, Topic};
use mqtt::{ConnAck, Connect, ConnectCode, Delivery, Packet, Publish, QoS, SubAck, Subscribe};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    Action, Seat, Transport,
    bucket::Bucket,
    client::{Closed, Parcel},
    limits::Limits,
    window::Window,
};

/// Longer than any client makes by itself; it is kept as long as the connection.
const MAX_CLIENT_ID: usize = 128;

/// One write takes up to about this much, so that a slow client holds little besides its queue.
const BATCH: usize = 64 * 1024;

/// A queue that grew in a burst gives its memory back when it is empty again.
const KEPT_PARCELS: usize = 64;

/// How a connection came to its end.
#[derive(Debug)]
#[allow(
    dead_code,
    reason = "the fields are for the log, which reads them through Debug"
)]
pub(crate) enum End {
    /// By DISCONNECT.
    Left,
    /// Without a word.
    Gone,
    Broken(io::ErrorKind),
    /// No CONNECT in time, or no word within one and a half keep-alives.
    Silent,
    /// A write did not end.
    Stalled,
    Malformed(mqtt::Error),
    /// By CONNACK.
    Refused(ConnectCode),
    Forbidden(&'static str),
    Closed(Closed),
}

pub(crate) struct Session<'a, T> {
    seat: &'a mut Seat,
    transport: &'a mut T,
    /// Received and not a whole packet yet.
    inbound: BytesMut,
    /// Answers, which go before anything queued.
    replies: BytesMut,
    /// Taken from the queue, not written yet.
    parcels: VecDeque<Parcel>,
    window: Window,
    bucket: Bucket,
    heard: Instant,
}

impl<'a, T: Transport> Session<'a, T> {
    pub(crate) fn new(seat: &'a mut Seat, transport: &'a mut T) -> Self {
        let now = Instant::now();
        Self {
            bucket: Bucket::full(seat.hub().limits.signal_burst, now),
            seat,
            transport,
            inbound: BytesMut::new(),
            replies: BytesMut::new(),
            parcels: VecDeque::new(),
            window: Window::default(),
            heard: now,
        }
    }

    pub(crate) async fn run(mut self) -> End {
        match self.converse().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn converse(&mut self) -> Result<std::convert::Infallible, End> {
        let patience = self.greet().await?;
        let mut alarm = pin!(sleep_until(self.heard + patience));
        loop {
            // What came with the last packet, too, before more is awaited.
            while let Some(packet) = self.decode()? {
                self.heed(packet).await?;
            }
            self.write().await?;
            let more = self.may_write();
            let client = self.seat.client();
            let waits = self.parcels.is_empty();
            tokio::select! {
                biased;
                received = self.transport.receive() => self.take_in(received)?,
                // A full window waits for an acknowledgement only.
                () = client.filled(), if waits => {}
                () = std::future::ready(()), if more => {}
                () = &mut alarm => {
                    let until = self.heard + patience;
                    if Instant::now() >= until {
                        return Err(End::Silent);
                    }
                    alarm.as_mut().reset(until);
                }
            }
        }
    }

    /// CONNECT and its answer (§3.1.4); how long silence may last from now on.
    async fn greet(&mut self) -> Result<Duration, End> {
        let within = self.limits().connect;
        let connect = timeout(within, self.connect())
            .await
            .map_err(|_| End::Silent)?;
        let connect = match connect {
            Ok(connect) => connect,
            // §3.1.2.2: the one error that has an answer.
            Err(End::Malformed(mqtt::Error::ProtocolLevel(_))) => {
                return self.refuse(ConnectCode::UnacceptableProtocolVersion).await;
            }
            Err(end) => return Err(end),
        };
        let id = &connect.client_id;
        if connect.will.is_some() {
            return self.refuse(ConnectCode::NotAuthorized).await;
        }
        if id.len() > MAX_CLIENT_ID || (id.is_empty() && !connect.clean) {
            return self.refuse(ConnectCode::IdentifierRejected).await;
        }
        if self.seat.is_too_many() {
            return self.refuse(ConnectCode::ServerUnavailable).await;
        }
        self.seat.name(id);
        self.reply(&Packet::ConnAck(ConnAck {
            session_present: false,
            code: ConnectCode::Accepted,
        }));
        Ok(match connect.keep_alive {
            0 => self.limits().silence,
            // §3.1.2.10
            seconds => Duration::from_millis(u64::from(seconds) * 1500),
        })
    }

    async fn connect(&mut self) -> Result<Connect, End> {
        loop {
            match self.decode()? {
                Some(Packet::Connect(connect)) => return Ok(connect),
                // §3.1
                Some(_) => return Err(End::Forbidden("a packet before CONNECT")),
                None => {}
            }
            let received = self.transport.receive().await;
            self.take_in(received)?;
        }
    }

    async fn refuse<O>(&mut self, code: ConnectCode) -> Result<O, End> {
        self.reply(&Packet::ConnAck(ConnAck {
            session_present: false,
            code,
        }));
        self.write().await?;
        Err(End::Refused(code))
    }

    async fn heed(&mut self, packet: Packet) -> Result<(), End> {
        match packet {
            Packet::PubAck(id) => self.window.acknowledge(id.get()),
            Packet::PingReq => self.reply(&Packet::PingResp),
            Packet::Publish(publish) => self.publish(publish).await?,
            Packet::Subscribe(subscribe) => self.subscribe(subscribe).await,
            Packet::Unsubscribe(unsubscribe) => {
                for filter in &unsubscribe.filters {
                    if let Some(filter) = Topic::parse(filter) {
                        self.seat.remove(filter);
                    }
                }
                self.reply(&Packet::UnsubAck(unsubscribe.id));
            }
            Packet::Disconnect => return Err(End::Left),
            // A second CONNECT, what only servers say, and the steps of quality of service 2, which nothing here has.
            _ => return Err(End::Forbidden("a packet out of place")),
        }
        Ok(())
    }

    /// §3.8.4
    async fn subscribe(&mut self, subscribe: Subscribe) {
        let mut granted = Vec::with_capacity(subscribe.filters.len());
        for (filter, asked) in subscribe.filters {
            let filter = match Topic::parse(&filter) {
                Some(filter) if may_subscribe(self.seat, filter).await => filter,
                _ => {
                    granted.push(None);
                    continue;
                }
            };
            let qos = asked.min(QoS::AtLeastOnce);
            // Somebody cut while the right was being looked up has lost it; the session ends at its next step.
            if !self.seat.client().is_closed() {
                self.seat.add(filter, qos);
            }
            granted.push(Some(qos));
        }
        self.reply(&Packet::SubAck(SubAck {
            id: subscribe.id,
            granted,
        }));
    }

    async fn publish(&mut self, publish: Publish) -> Result<(), End> {
        let hub = self.seat.hub();
        let me = self.seat.client().account;
        let limits = &hub.limits;
        if publish.retain {
            return Err(End::Forbidden("a retained message"));
        }
        let acknowledge = match publish.delivery {
            Delivery::AtMostOnce => None,
            Delivery::AtLeastOnce { id, .. } => Some(id),
            Delivery::ExactlyOnce { .. } => {
                return Err(End::Forbidden("a message at quality of service 2"));
            }
        };
        let topic = match Topic::parse(&publish.topic) {
            Some(topic @ Topic::Signals(_, member)) if member == me => topic,
            _ => return Err(End::Forbidden("a topic that is not the client's own")),
        };
        let signal = publish.payload.len() <= limits.signal
            && serde_json::from_slice::<Signal>(&publish.payload).is_ok();
        if !signal {
            return Err(End::Forbidden("a payload that is no signal"));
        }
        let (burst, rate) = (limits.signal_burst, limits.signals_per_second);
        if !self.bucket.take(burst, rate, Instant::now()) {
            return Err(End::Forbidden("more signals than anybody types"));
        }
        if !hub.rights.may(me, Action::Publish, topic).await {
            return Err(End::Forbidden("a page that is not the client's"));
        }
        hub.fan_out(topic, &publish.payload, publish.delivery.qos());
        hub.upstream.relay(topic, publish.payload);
        if let Some(id) = acknowledge {
            self.reply(&Packet::PubAck(id));
        }
        Ok(())
    }

    fn limits(&self) -> &Limits {
        &self.seat.hub().limits
    }

    fn reply(&mut self, packet: &Packet) {
        let written = packet.encode(&mut self.replies);
        debug_assert!(written.is_ok(), "the hub's own answers are valid packets");
    }

    fn decode(&mut self) -> Result<Option<Packet>, End> {
        let max = self.limits().packet;
        mqtt::decode(&mut self.inbound, max).map_err(End::Malformed)
    }

    fn take_in(&mut self, received: Option<io::Result<Bytes>>) -> Result<(), End> {
        match received {
            None => return Err(End::Gone),
            Some(Err(error)) => return Err(End::Broken(error.kind())),
            Some(Ok(bytes)) => self.inbound.extend_from_slice(&bytes),
        }
        self.heard = Instant::now();
        Ok(())
    }

    /// Whether there is a parcel that the window lets through.
    fn may_write(&self) -> bool {
        self.parcels
            .front()
            .is_some_and(|next| next.id_at.is_none() || !self.window.is_full(self.limits().window))
    }

    /// One write of what there is, if there is any.
    async fn write(&mut self) -> Result<(), End> {
        if self.inbound.is_empty() {
            self.inbound = BytesMut::new();
        }
        if self.parcels.is_empty() {
            if self.parcels.capacity() > KEPT_PARCELS {
                self.parcels = VecDeque::new();
            }
            self.seat.client().collect(&mut self.parcels);
        }
        let (bytes, weight) = self.batch();
        if bytes.is_empty() {
            return Ok(());
        }
        let within = self.limits().stall;
        match timeout(within, self.transport.send(bytes)).await {
            Ok(Ok(())) => self.seat.client().sent(weight),
            Ok(Err(error)) => return Err(End::Broken(error.kind())),
            Err(_) => return Err(End::Stalled),
        }
        Ok(())
    }

    /// The bytes of the next write, and what they weighed in the queue.
    fn batch(&mut self) -> (Bytes, usize) {
        if self.replies.is_empty()
            && self.parcels.len() == 1
            && let Some(only) = self.parcels.pop_front_if(|only| only.id_at.is_none())
        {
            // Nothing to join it with: the very bytes that everybody gets.
            let weight = only.weight();
            return (only.bytes, weight);
        }
        let mut out = std::mem::take(&mut self.replies);
        let mut ahead = 0;
        for parcel in &self.parcels {
            if ahead >= BATCH {
                break;
            }
            ahead += parcel.bytes.len();
        }
        out.reserve(ahead);
        let mut weight = 0;
        while out.len() < BATCH && self.may_write() {
            let Some(parcel) = self.parcels.pop_front() else {
                break;
            };
            let start = out.len();
            out.extend_from_slice(&parcel.bytes);
            if let Some(at) = parcel.id_at {
                let at = start + at as usize;
                out[at..at + 2].copy_from_slice(&self.window.next().to_be_bytes());
            }
            weight += parcel.weight();
        }
        (out.freeze(), weight)
    }
}

/// Apart from the session, because a reference to that crosses threads only if its transport may be shared; not all may.
async fn may_subscribe(seat: &Seat, filter: Topic) -> bool {
    let me = seat.client().account;
    let foreign = matches!(filter, Topic::Account(account) if account != me);
    let rights = &seat.hub().rights;
    !foreign && seat.has_room_for(filter) && rights.may(me, Action::Subscribe, filter).await
}
