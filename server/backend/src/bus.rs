//! How events leave the backend: to this node's hub, and to other nodes through an MQTT broker if there is one.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use domain::{AccountId, Event, Topic};

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
pub struct Bus {
    listener: Arc<OnceLock<Arc<dyn Listener>>>,
}

impl Bus {
    /// Once, at start.
    pub fn attach(&self, listener: Arc<dyn Listener>) {
        let _ = self.listener.set(listener);
    }

    /// To every subscriber on every node. Called after the commit, in the order of the numbers.
    pub fn publish(&self, _topic: Topic, _event: &Event) {
        unimplemented!()
    }

    /// A browser's signal that the hub has handed out on this node: to the others.
    pub fn relay(&self, _topic: Topic, _payload: Bytes) {
        unimplemented!()
    }

    /// Whether clients of this node hold this filter: subscribed upstream only as long as they do.
    pub fn want(&self, _filter: Topic, _wanted: bool) {
        unimplemented!()
    }

    /// On every node: close this account's sockets.
    pub fn cut(&self, _account: AccountId) {
        unimplemented!()
    }
}
