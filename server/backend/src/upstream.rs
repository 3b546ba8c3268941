//! The way to the other nodes: one connection to an MQTT broker. While the broker is away nothing is queued for
//! it; when it is back, every node tells its clients to ask, and looks up whose sockets were to be closed meanwhile.

mod ask;
mod feed;
mod listen;
mod subscriptions;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::{BufMut, Bytes, BytesMut};
use domain::{AccountId, PageId, Timestamp, Topic};
use rumqttc::{AsyncClient, QoS};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use uuid::Uuid;

use self::subscriptions::Subscriptions;
use crate::{Backend, Random, Secret, StartError, broker::Broker};

/// Everything of ours at the broker begins with this.
const PREFIX: &str = "stoa/";
const CONTROL: &str = "stoa/control";
/// And what is said to one node, with this and its id.
const TO_NODE: &str = "stoa/node/";
/// Before each payload: the node that sent it, so that it can pass over its own echo.
const NODE: usize = 16;
/// Queued for the broker at most. Past it things are dropped and the other nodes are told to ask.
const QUEUED: usize = 4096;
const QUEUED_BYTES: usize = 8 * 1024 * 1024;

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
    /// Everybody who is online at this node, said again and again.
    Here {
        node: Uuid,
        accounts: Vec<AccountId>,
    },
    /// How many are in the page's call at this node, said again and again.
    InCall {
        page: PageId,
        people: usize,
    },
    /// What this node has said since then may be lost.
    Lost {
        since: Timestamp,
    },
    /// To one node: what it is to do, and where the answer goes.
    Ask {
        id: Uuid,
        from: Uuid,
        words: Value,
    },
    Answer {
        id: Uuid,
        words: Value,
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
    random: Random,
    /// Those who wait for another node's answer.
    asking: Mutex<HashMap<Uuid, oneshot::Sender<Value>>>,
    /// The feeder has something to do besides the queue.
    wake: Notify,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

enum Outgoing {
    Publish {
        topic: String,
        qos: QoS,
        payload: Bytes,
        /// Nobody waits for it any longer.
        until: Option<Instant>,
    },
    Stop,
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
            random,
            asking: Mutex::default(),
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
        self.tell(format!("{PREFIX}{topic}"), qos, payload);
    }

    pub(crate) fn control(&self, control: Control) {
        match serde_json::to_vec(&control) {
            Ok(payload) => self.tell(CONTROL.to_owned(), QoS::AtLeastOnce, &payload),
            Err(error) => tracing::error!(%error, "a control message could not be encoded"),
        }
    }

    /// What only this node hears.
    fn own_topic(&self) -> String {
        format!("{TO_NODE}{}", self.node())
    }

    /// What the others must know of: if it cannot be sent they are told to ask.
    fn tell(&self, topic: String, qos: QoS, payload: &[u8]) {
        if self.0.connected.load(Ordering::SeqCst) && !self.send(topic, qos, payload, None) {
            self.0.dropped.store(true, Ordering::SeqCst);
            self.0.wake.notify_one();
        }
    }

    /// False if there is no room for it.
    fn send(&self, topic: String, qos: QoS, payload: &[u8], until: Option<Instant>) -> bool {
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
            until,
        };
        let fits = before + length <= QUEUED_BYTES && self.0.outgoing.try_send(outgoing).is_ok();
        if !fits {
            self.0.queued_bytes.fetch_sub(length, Ordering::SeqCst);
        }
        fits
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
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
