//! The way to the other nodes: one connection to an MQTT broker. While the broker is away nothing is queued for
//! it; when it is back, every node tells its clients to ask, and looks up whose sockets were to be closed meanwhile.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::{BufMut, Bytes, BytesMut};
use domain::{AccountId, Event, Timestamp, Topic};
use rumqttc::{AsyncClient, EventLoop, Packet, QoS, SubscribeFilter};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::{Backend, Random, Result, Secret, StartError, broker::Broker, db::fetch_all};

/// Everything of ours at the broker begins with this.
const PREFIX: &str = "stoa/";
const CONTROL: &str = "stoa/control";
/// Before each payload: the node that sent it, so that it can pass over its own echo.
const NODE: usize = 16;
/// Queued for the broker at most. Past it things are dropped and the other nodes are told to ask.
const QUEUED: usize = 4096;
const QUEUED_BYTES: usize = 8 * 1024 * 1024;
/// Filters in one SUBSCRIBE.
const FILTERS: usize = 100;
/// Milliseconds between tries to come back.
const RETRY: [u64; 6] = [100, 200, 500, 1000, 2000, 5000];
/// The clocks of two nodes may differ so much (milliseconds).
const SKEW: i64 = 60_000;

/// What nodes tell each other beside events.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Control {
    Cut {
        account: AccountId,
    },
    Forget {
        account: AccountId,
    },
    /// What this node has said since then may be lost.
    Lost {
        since: Timestamp,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Clone)]
pub(crate) struct Upstream(Arc<Inner>);

struct Inner {
    broker: Broker,
    node: [u8; NODE],
    outgoing: mpsc::Sender<Outgoing>,
    queued: Mutex<Option<mpsc::Receiver<Outgoing>>>,
    queued_bytes: AtomicUsize,
    connected: AtomicBool,
    /// Counts connections: each begins without subscriptions.
    connection: AtomicU64,
    /// The last moment at which the connection is known to have worked.
    alive: AtomicI64,
    /// What was said since then may not have reached the others; told to them after coming back.
    lost_since: AtomicI64,
    /// Looked up in the database and done.
    cuts_done: Mutex<HashSet<(AccountId, Timestamp)>>,
    /// Something was dropped although the broker is there.
    dropped: AtomicBool,
    subscriptions: Mutex<Subscriptions>,
    /// The feeder has something to do besides the queue.
    wake: Notify,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

enum Outgoing {
    Publish {
        topic: String,
        qos: QoS,
        payload: Bytes,
    },
    Stop,
}

#[derive(Default)]
struct Subscriptions {
    wanted: HashSet<Topic>,
    held: HashSet<Topic>,
    /// Of the SUBSCRIBE that the broker has not answered yet: one at a time.
    asked: Option<Vec<Topic>>,
}

impl Upstream {
    pub(crate) fn new(url: &Secret, random: Random) -> Result<Self, StartError> {
        let broker = Broker::parse(url)?;
        let node = random
            .node()
            .map_err(|error| StartError::Setting(error.to_string()))?;
        let (outgoing, queued) = mpsc::channel(QUEUED);
        Ok(Self(Arc::new(Inner {
            broker,
            node,
            outgoing,
            queued: Mutex::new(Some(queued)),
            queued_bytes: AtomicUsize::new(0),
            connected: AtomicBool::new(false),
            connection: AtomicU64::new(0),
            alive: AtomicI64::new(0),
            lost_since: AtomicI64::new(0),
            cuts_done: Mutex::default(),
            dropped: AtomicBool::new(false),
            subscriptions: Mutex::default(),
            wake: Notify::new(),
            tasks: Mutex::default(),
        })))
    }

    /// This run of this node.
    pub(crate) fn node(&self) -> Uuid {
        Uuid::from_bytes(self.0.node)
    }

    pub(crate) fn start(&self, backend: &Backend) {
        let Some(queued) = lock(&self.0.queued).take() else {
            return;
        };
        self.0.alive.store(backend.now().0, Ordering::SeqCst);
        let options = self
            .0
            .broker
            .options(&format!("stoa-{}", self.node().simple()));
        let (client, mut events) = AsyncClient::new(options, 16);
        let mut network = rumqttc::NetworkOptions::new();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        let mut tasks = lock(&self.0.tasks);
        tasks.push(tokio::spawn(self.clone().listen(backend.clone(), events)));
        tasks.push(tokio::spawn(self.clone().feed(
            backend.clone(),
            client,
            queued,
        )));
    }

    pub(crate) async fn stop(&self) {
        let tasks = std::mem::take(&mut *lock(&self.0.tasks));
        if !self.0.connected.load(Ordering::SeqCst) {
            tasks.iter().for_each(JoinHandle::abort);
            return;
        }
        let goodbye = self.0.outgoing.send(Outgoing::Stop);
        let _ = timeout(Duration::from_secs(1), goodbye).await;
        for mut task in tasks {
            if timeout(Duration::from_secs(1), &mut task).await.is_err() {
                task.abort();
            }
        }
    }

    pub(crate) fn publish(&self, topic: Topic, payload: &[u8]) {
        // Signals pass; the numbers and resync make up for events that get lost after the broker took them.
        let qos = match topic {
            Topic::Signals(..) | Topic::AllSignals(_) => QoS::AtMostOnce,
            Topic::Page(_) | Topic::Account(_) => QoS::AtLeastOnce,
        };
        self.send(format!("{PREFIX}{topic}"), qos, payload);
    }

    pub(crate) fn control(&self, control: Control) {
        match serde_json::to_vec(&control) {
            Ok(payload) => self.send(CONTROL.to_owned(), QoS::AtLeastOnce, &payload),
            Err(error) => tracing::error!(%error, "a control message could not be encoded"),
        }
    }

    fn send(&self, topic: String, qos: QoS, payload: &[u8]) {
        if !self.0.connected.load(Ordering::SeqCst) {
            return;
        }
        let mut bytes = BytesMut::with_capacity(NODE + payload.len());
        bytes.put_slice(&self.0.node);
        bytes.put_slice(payload);
        let payload = bytes.freeze();
        let length = payload.len();
        let before = self.0.queued_bytes.fetch_add(length, Ordering::SeqCst);
        let outgoing = Outgoing::Publish {
            topic,
            qos,
            payload,
        };
        if before + length > QUEUED_BYTES || self.0.outgoing.try_send(outgoing).is_err() {
            self.0.queued_bytes.fetch_sub(length, Ordering::SeqCst);
            self.0.dropped.store(true, Ordering::SeqCst);
            self.0.wake.notify_one();
        }
    }

    pub(crate) fn want(&self, filter: Topic, wanted: bool) {
        let mut subscriptions = lock(&self.0.subscriptions);
        let changed = if wanted {
            subscriptions.wanted.insert(filter)
        } else {
            subscriptions.wanted.remove(&filter)
        };
        drop(subscriptions);
        if changed {
            self.0.wake.notify_one();
        }
    }

    /// What comes from the broker, and coming back to it.
    async fn listen(self, backend: Backend, mut events: EventLoop) {
        let mut failures = 0;
        loop {
            match events.poll().await {
                Ok(rumqttc::Event::Incoming(packet)) => {
                    failures = 0;
                    if matches!(packet, Packet::ConnAck(_)) {
                        self.connected(&backend);
                    }
                    self.0.alive.store(backend.now().0, Ordering::SeqCst);
                    self.incoming(&backend, packet);
                }
                Ok(rumqttc::Event::Outgoing(rumqttc::Outgoing::Disconnect)) => return,
                Ok(rumqttc::Event::Outgoing(_)) => {}
                Err(error) => {
                    self.0.connected.store(false, Ordering::SeqCst);
                    if failures == 0 {
                        let broker = &self.0.broker.host;
                        tracing::warn!(%error, broker, "the MQTT broker (STOA_MQTT_URL) is away");
                    }
                    // Nobody can tell this node now: it looks itself.
                    self.cut_missed(&backend, self.alive());
                    let wait = RETRY[failures.min(RETRY.len() - 1)];
                    sleep(Duration::from_millis(wait)).await;
                    failures += 1;
                }
            }
        }
    }

    fn connected(&self, backend: &Backend) {
        let alive = self.alive();
        self.0.lost_since.store(alive.0, Ordering::SeqCst);
        lock(&self.0.subscriptions).asked = None;
        let first = self.0.connection.fetch_add(1, Ordering::SeqCst) == 0;
        self.0.connected.store(true, Ordering::SeqCst);
        tracing::info!(broker = self.0.broker.host, "connected to the MQTT broker");
        if !first {
            backend.bus().resync_here();
            self.cut_missed(backend, alive);
        }
        self.0.wake.notify_one();
    }

    fn incoming(&self, backend: &Backend, packet: Packet) {
        match packet {
            Packet::Publish(publish) => self.heard(backend, &publish.topic, &publish.payload),
            Packet::SubAck(_) => {
                let asked = lock(&self.0.subscriptions).asked.take().unwrap_or_default();
                // What was said between a client's subscription here and this one up there is lost to it.
                for topic in asked {
                    if matches!(topic, Topic::Page(_) | Topic::Account(_))
                        && let Ok(resync) = serde_json::to_vec(&Event::Resync)
                    {
                        backend.bus().deliver_here(topic, resync.into());
                    }
                }
                self.0.wake.notify_one();
            }
            _ => {}
        }
    }

    fn heard(&self, backend: &Backend, topic: &str, payload: &Bytes) {
        if payload.len() < NODE || payload[..NODE] == self.0.node {
            return;
        }
        let payload = payload.slice(NODE..);
        let bus = backend.bus();
        if topic == CONTROL {
            match serde_json::from_slice(&payload) {
                Ok(Control::Cut { account }) => bus.cut_here(account),
                Ok(Control::Forget { account }) => bus.forget_here(account),
                Ok(Control::Lost { since }) => {
                    bus.resync_here();
                    self.cut_missed(backend, since);
                }
                Ok(Control::Unknown) | Err(_) => {}
            }
        } else if let Some(topic) = topic.strip_prefix(PREFIX).and_then(Topic::parse) {
            bus.deliver_here(topic, payload);
        }
    }

    /// The moment up to which this node and the others are known to have heard each other.
    fn alive(&self) -> Timestamp {
        Timestamp(self.0.alive.load(Ordering::SeqCst))
    }

    /// Closes the sockets that other nodes wanted closed since then.
    fn cut_missed(&self, backend: &Backend, since: Timestamp) {
        let (upstream, backend) = (self.clone(), backend.clone());
        tokio::spawn(async move {
            let since = Timestamp(since.0 - SKEW);
            match backend.cuts_since(since, upstream.node()).await {
                Ok(cuts) => upstream.cut_once(&backend, since, cuts),
                Err(error) => tracing::warn!(%error, "cannot look up whose sockets to close"),
            }
        });
    }

    fn cut_once(&self, backend: &Backend, since: Timestamp, cuts: Vec<(AccountId, Timestamp)>) {
        let mut done = lock(&self.0.cuts_done);
        done.retain(|(_, at)| *at >= since);
        for (account, at) in cuts {
            if done.insert((account, at)) {
                backend.bus().cut_here(account);
            }
        }
    }

    /// What goes to the broker: the queue, and subscriptions as they are wanted.
    async fn feed(
        self,
        backend: Backend,
        client: AsyncClient,
        mut queued: mpsc::Receiver<Outgoing>,
    ) {
        let mut connection = 0;
        loop {
            let sent = tokio::select! {
                () = self.0.wake.notified() => self.tend(&backend, &client, &mut connection).await,
                outgoing = queued.recv() => match outgoing {
                    Some(Outgoing::Publish { topic, qos, payload }) => {
                        self.0.queued_bytes.fetch_sub(payload.len(), Ordering::SeqCst);
                        client.publish_bytes(topic, qos, false, payload).await
                    }
                    Some(Outgoing::Stop) | None => {
                        let _ = client.disconnect().await;
                        return;
                    }
                },
            };
            if sent.is_err() {
                return;
            }
        }
    }

    /// Brings the broker up to what is wanted.
    async fn tend(
        &self,
        backend: &Backend,
        client: &AsyncClient,
        connection: &mut u64,
    ) -> Result<(), rumqttc::ClientError> {
        if !self.0.connected.load(Ordering::SeqCst) {
            return Ok(());
        }
        let current = self.0.connection.load(Ordering::SeqCst);
        let fresh = *connection != current;
        if fresh {
            lock(&self.0.subscriptions).held.clear();
        }
        let (add, remove) = lock(&self.0.subscriptions).next(fresh);
        let topic = |topic: &Topic| format!("{PREFIX}{topic}");
        let filters = fresh.then(|| CONTROL.to_owned()).into_iter();
        let filters: Vec<_> = filters
            .chain(add.iter().map(topic))
            .map(|filter| SubscribeFilter::new(filter, QoS::AtLeastOnce))
            .collect();
        if !filters.is_empty() {
            client.subscribe_many(filters).await?;
        }
        for filter in remove {
            client.unsubscribe(topic(&filter)).await?;
        }
        if fresh && *connection > 0 {
            let since = self.0.lost_since.load(Ordering::SeqCst);
            self.lost(client, Timestamp(since)).await?;
        }
        *connection = current;
        if self.0.dropped.swap(false, Ordering::SeqCst) {
            self.lost(client, backend.now()).await?;
        }
        Ok(())
    }

    async fn lost(
        &self,
        client: &AsyncClient,
        since: Timestamp,
    ) -> Result<(), rumqttc::ClientError> {
        let mut payload = self.0.node.to_vec();
        payload.extend(serde_json::to_vec(&Control::Lost { since }).unwrap_or_default());
        client
            .publish(CONTROL, QoS::AtLeastOnce, false, payload)
            .await
    }
}

impl Subscriptions {
    /// What to subscribe to next, unless the broker has still to answer, and what to leave.
    fn next(&mut self, fresh: bool) -> (Vec<Topic>, Vec<Topic>) {
        let remove: Vec<Topic> = self.held.difference(&self.wanted).copied().collect();
        for topic in &remove {
            self.held.remove(topic);
        }
        let mut add = Vec::new();
        if self.asked.is_none() {
            add.extend(self.wanted.difference(&self.held).take(FILTERS).copied());
            if fresh || !add.is_empty() {
                self.held.extend(&add);
                self.asked = Some(add.clone());
            }
        }
        (add, remove)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Backend {
    /// Whose sockets nodes other than this one wanted closed.
    async fn cuts_since(
        &self,
        since: Timestamp,
        node: Uuid,
    ) -> Result<Vec<(AccountId, Timestamp)>> {
        let mut conn = self.0.db.read().await?;
        let rows: Vec<(Uuid, i64)> = fetch_all!(
            conn,
            "SELECT DISTINCT account, at FROM cuts WHERE at >= $1 AND node <> $2",
            since.0,
            node
        )?;
        let cut = |(account, at)| (AccountId(account), Timestamp(at));
        Ok(rows.into_iter().map(cut).collect())
    }
}
