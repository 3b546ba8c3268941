//! A hub whose rights and upstream tests hold, and clients over in-memory pipes.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    collections::HashSet,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use domain::{AccountId, PageId, Topic};
use hub::{Action, ByteStream, Hub, Limits, Rights, Upstream};
use mqtt::{Connect, Packet, PacketId, Publish, QoS, SubAck, Subscribe, decode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    sync::Semaphore,
    task::JoinHandle,
    time::timeout,
};
use uuid::Uuid;

/// Nothing here takes this long; with the clock paused it takes no time at all.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// Everybody may everything, except on the pages in `denied`; answers wait while `gate` is closed.
pub(crate) struct House {
    pub(crate) denied: Mutex<HashSet<PageId>>,
    pub(crate) gate: Semaphore,
    pub(crate) asked: Mutex<Vec<(AccountId, Action, Topic)>>,
    pub(crate) wants: Mutex<Vec<(Topic, bool)>>,
    pub(crate) relayed: Mutex<Vec<(Topic, Bytes)>>,
}

impl Rights for House {
    fn may(
        &self,
        who: AccountId,
        action: Action,
        topic: Topic,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        self.asked
            .lock()
            .expect("nobody panicked")
            .push((who, action, topic));
        Box::pin(async move {
            let _open = self.gate.acquire().await;
            topic
                .page()
                .is_none_or(|page| !self.denied.lock().expect("nobody panicked").contains(&page))
        })
    }
}

impl Upstream for House {
    fn relay(&self, topic: Topic, payload: Bytes) {
        self.relayed
            .lock()
            .expect("nobody panicked")
            .push((topic, payload));
    }

    fn want(&self, filter: Topic, wanted: bool) {
        self.wants
            .lock()
            .expect("nobody panicked")
            .push((filter, wanted));
    }
}

pub(crate) fn hub() -> (Hub, Arc<House>) {
    hub_with(Limits::default())
}

pub(crate) fn hub_with(limits: Limits) -> (Hub, Arc<House>) {
    let house = Arc::new(House {
        denied: Mutex::default(),
        gate: Semaphore::new(1),
        asked: Mutex::default(),
        wants: Mutex::default(),
        relayed: Mutex::default(),
    });
    let (rights, upstream) = (Arc::clone(&house), Arc::clone(&house));
    (Hub::new(rights, upstream, limits), house)
}

pub(crate) fn account(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

pub(crate) fn page(number: u128) -> PageId {
    PageId(Uuid::from_u128(number))
}

pub(crate) struct Client {
    pub(crate) stream: DuplexStream,
    pub(crate) inbound: BytesMut,
    pub(crate) task: JoinHandle<()>,
}

impl Client {
    /// A socket, nothing said yet.
    pub(crate) fn open(hub: &Hub, who: AccountId) -> Self {
        Self::open_with_pipe(hub, who, 1 << 20)
    }

    /// `pipe` is what the network holds in either direction, in bytes.
    pub(crate) fn open_with_pipe(hub: &Hub, who: AccountId, pipe: usize) -> Self {
        let (ours, theirs) = tokio::io::duplex(pipe);
        let hub = hub.clone();
        let task = tokio::spawn(async move { hub.serve(who, ByteStream::new(theirs)).await });
        Self {
            stream: ours,
            inbound: BytesMut::new(),
            task,
        }
    }

    /// Connected, as a browser does it.
    pub(crate) async fn connect(hub: &Hub, who: AccountId) -> Self {
        let mut client = Self::open(hub, who);
        client.greet("", 0).await;
        client
    }

    pub(crate) async fn greet(&mut self, client_id: &str, keep_alive: u16) {
        let connect = Connect::clean(client_id, keep_alive);
        self.send(&Packet::Connect(connect)).await;
        let answer = self.receive().await;
        let Packet::ConnAck(answer) = answer else {
            panic!("{answer:?} instead of CONNACK");
        };
        assert_eq!(answer.code, mqtt::ConnectCode::Accepted);
        assert!(!answer.session_present);
    }

    pub(crate) async fn send(&mut self, packet: &Packet) {
        let mut bytes = BytesMut::new();
        packet.encode(&mut bytes).expect("a valid packet");
        self.send_raw(&bytes).await;
    }

    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("an open socket");
    }

    /// The next packet.
    pub(crate) async fn receive(&mut self) -> Packet {
        self.next().await.expect("a packet, not the end")
    }

    /// The next packet, `None` at the end of the connection.
    pub(crate) async fn next(&mut self) -> Option<Packet> {
        loop {
            if let Some(packet) = decode(&mut self.inbound, 1 << 24).expect("valid bytes") {
                return Some(packet);
            }
            let read = self.stream.read_buf(&mut self.inbound);
            match timeout(SOON, read).await.expect("something, soon") {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn publication(&mut self) -> Publish {
        match self.receive().await {
            Packet::Publish(publish) => publish,
            other => panic!("{other:?} instead of PUBLISH"),
        }
    }

    /// The answers to these filters, asked for at this quality of service.
    pub(crate) async fn ask(&mut self, filters: &[String], qos: QoS) -> Vec<Option<QoS>> {
        let id = PacketId::new(77).expect("not zero");
        let filters = filters.iter().map(|filter| (filter.clone(), qos)).collect();
        self.send(&Packet::Subscribe(Subscribe { id, filters }))
            .await;
        match self.receive().await {
            Packet::SubAck(SubAck { id: same, granted }) if same == id => granted,
            other => panic!("{other:?} instead of SUBACK"),
        }
    }

    pub(crate) async fn subscribe(&mut self, filter: Topic, qos: QoS) {
        assert_eq!(
            self.ask(&[filter.to_string()], qos).await,
            [Some(qos.min(QoS::AtLeastOnce))]
        );
    }

    /// Round trip: everything said before has been heeded, and nothing was queued for this client.
    pub(crate) async fn ping(&mut self) {
        self.send(&Packet::PingReq).await;
        assert_eq!(self.receive().await, Packet::PingResp);
    }

    /// The connection ends without another packet.
    pub(crate) async fn is_closed(&mut self) {
        assert_eq!(self.next().await, None);
    }
}

/// Waits until it holds.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    timeout(SOON, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("it holds, soon");
}
