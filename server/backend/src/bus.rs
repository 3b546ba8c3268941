//! How events leave the backend: to this node's hub, and to other nodes through an MQTT broker if there is one.
//! Both may lose something: the database is the truth, and whoever has missed something is told to ask.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use domain::{AccountId, Event, PageId, Topic};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Backend, Random, Secret, StartError,
    recent::RecentPages,
    sessions::SessionCache,
    upstream::{Control, Upstream},
};

/// This node's hub, as the bus sees it.
pub trait Listener: Send + Sync {
    /// Hand these bytes to every subscriber of the topic on this node.
    fn deliver(&self, topic: Topic, payload: Bytes);
    /// Close every socket of this account on this node, now.
    fn cut(&self, account: AccountId);
    /// Other nodes may have said something that was lost on the way: tell every client to ask.
    fn resync(&self);
    /// Do what another node asks for, and say what came of it.
    fn asked(&self, words: Value) -> Answering;
}

pub type Answering = Pin<Box<dyn Future<Output = Value> + Send>>;

/// One run of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node(pub Uuid);

#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    listener: OnceLock<Arc<dyn Listener>>,
    sessions: SessionCache,
    recent: RecentPages,
    upstream: Option<Upstream>,
}

impl Bus {
    pub(crate) fn new(
        url: Option<&Secret>,
        random: Random,
        (sessions, recent): (SessionCache, RecentPages),
    ) -> Result<Self, StartError> {
        let upstream = url.map(|url| Upstream::new(url, random)).transpose()?;
        Ok(Self(Arc::new(Inner {
            listener: OnceLock::new(),
            sessions,
            recent,
            upstream,
        })))
    }

    /// Once, at start.
    pub fn attach(&self, listener: Arc<dyn Listener>) {
        let _ = self.0.listener.set(listener);
    }

    /// Connects to the broker, if there is one.
    pub(crate) fn start(&self, backend: &Backend) {
        if let Some(upstream) = &self.0.upstream {
            upstream.start(backend);
        }
    }

    /// Sends what is queued and says goodbye.
    pub(crate) async fn stop(&self) {
        if let Some(upstream) = &self.0.upstream {
            upstream.stop().await;
        }
    }

    /// This node, if there may be others.
    pub fn node(&self) -> Option<Node> {
        let upstream = self.0.upstream.as_ref();
        upstream.map(|upstream| Node(upstream.node()))
    }

    /// To every subscriber on every node. Called after the commit, in the order of the numbers.
    pub fn publish(&self, topic: Topic, event: &Event) {
        let payload: Bytes = match serde_json::to_vec(event) {
            Ok(payload) => payload.into(),
            Err(error) => {
                tracing::error!(%error, "an event could not be encoded");
                return;
            }
        };
        if let Some(upstream) = &self.0.upstream {
            upstream.publish(topic, &payload);
        }
        self.deliver_here(topic, payload);
    }

    /// A browser's signal that the hub has handed out on this node: to the others.
    pub fn relay(&self, topic: Topic, payload: Bytes) {
        if let Some(upstream) = &self.0.upstream {
            upstream.publish(topic, &payload);
        }
    }

    /// Whether clients of this node hold this filter: subscribed upstream only as long as they do.
    pub fn want(&self, filter: Topic, wanted: bool) {
        if let Some(upstream) = &self.0.upstream {
            upstream.want(filter, wanted);
        }
    }

    /// On every node: close this account's sockets, and ask the database anew who its sessions are.
    pub fn cut(&self, account: AccountId) {
        self.cut_here(account);
        if let Some(upstream) = &self.0.upstream {
            upstream.control(Control::Cut { account });
        }
    }

    /// Has this node do something. None if it does not answer: whether it was done is not known then.
    pub async fn ask(&self, Node(node): Node, words: Value) -> Option<Value> {
        self.0.upstream.as_ref()?.ask(node, words).await
    }

    /// To the other nodes: who is online here.
    pub(crate) fn here(&self, accounts: Vec<AccountId>) {
        if let Some(upstream) = &self.0.upstream {
            let node = upstream.node();
            upstream.control(Control::Here { node, accounts });
        }
    }

    /// To the other nodes: how many are in the page's call here.
    pub(crate) fn in_call(&self, page: PageId, people: usize) {
        if let Some(upstream) = &self.0.upstream {
            upstream.control(Control::InCall { page, people });
        }
    }

    /// On every node: ask the database anew who this account's sessions are, and what everybody is called.
    pub(crate) fn forget(&self, account: AccountId) {
        self.forget_here(account);
        if let Some(upstream) = &self.0.upstream {
            upstream.control(Control::Forget { account });
        }
    }

    /// On this node: how far the members of this page are.
    pub(crate) fn moved(&self, page: PageId) {
        self.0.recent.marks.forget_page(page);
    }

    pub(crate) fn deliver_here(&self, topic: Topic, payload: Bytes) {
        if let Some(listener) = self.0.listener.get() {
            listener.deliver(topic, payload);
        }
    }

    pub(crate) fn cut_here(&self, account: AccountId) {
        self.0.sessions.forget(account);
        if let Some(listener) = self.0.listener.get() {
            listener.cut(account);
        }
    }

    pub(crate) fn forget_here(&self, account: AccountId) {
        self.0.sessions.forget(account);
        self.0.recent.forget();
    }

    pub(crate) fn asked_here(&self, words: Value) -> Option<Answering> {
        self.0.listener.get().map(|listener| listener.asked(words))
    }

    pub(crate) fn resync_here(&self) {
        self.0.sessions.forget_all();
        self.0.recent.forget();
        if let Some(listener) = self.0.listener.get() {
            listener.resync();
        }
    }
}
