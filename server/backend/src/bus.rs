//! How events leave the backend: to this node's hub, and to other nodes through an MQTT broker if there is one.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use domain::{AccountId, Event, Topic};

use crate::{Random, Secret, StartError, sessions::SessionCache};

/// This node's hub, as the bus sees it.
pub trait Listener: Send + Sync {
    /// Hand these bytes to every subscriber of the topic on this node.
    fn deliver(&self, topic: Topic, payload: Bytes);
    /// Close every socket of this account on this node, now.
    fn cut(&self, account: AccountId);
    /// Other nodes may have said something that was lost on the way: tell every client to ask.
    fn resync(&self);
}

#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    listener: OnceLock<Arc<dyn Listener>>,
    sessions: SessionCache,
}

impl Bus {
    pub(crate) fn new(
        _url: Option<&Secret>,
        _random: Random,
        sessions: SessionCache,
    ) -> Result<Self, StartError> {
        Ok(Self(Arc::new(Inner {
            listener: OnceLock::new(),
            sessions,
        })))
    }

    /// Once, at start.
    pub fn attach(&self, listener: Arc<dyn Listener>) {
        let _ = self.0.listener.set(listener);
    }

    pub(crate) fn start(&self) {}

    pub(crate) async fn stop(&self) {}

    /// To every subscriber on every node. Called after the commit, in the order of the numbers.
    pub fn publish(&self, topic: Topic, event: &Event) {
        match serde_json::to_vec(event) {
            Ok(payload) => self.0.deliver(topic, payload.into()),
            Err(error) => tracing::error!(%error, "an event that is no JSON"),
        }
    }

    /// A browser's signal that the hub has handed out on this node: to the others.
    pub fn relay(&self, _topic: Topic, _payload: Bytes) {}

    /// Whether clients of this node hold this filter: subscribed upstream only as long as they do.
    pub fn want(&self, _filter: Topic, _wanted: bool) {}

    /// On every node: close this account's sockets, and ask the database anew who its sessions are.
    pub fn cut(&self, account: AccountId) {
        self.0.sessions.forget(account);
        if let Some(listener) = self.0.listener.get() {
            listener.cut(account);
        }
    }

    /// On every node: ask the database anew who this account's sessions are.
    pub(crate) fn forget(&self, account: AccountId) {
        self.0.sessions.forget(account);
    }
}

impl Inner {
    fn deliver(&self, topic: Topic, payload: Bytes) {
        if let Some(listener) = self.listener.get() {
            listener.deliver(topic, payload);
        }
    }
}
