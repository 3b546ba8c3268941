//! The MQTT side of the server: the broker for browsers. Sessions, subscriptions, fan-out and rights are here;
//! who somebody is (`server`), who is a member (`backend`) and what packets look like (`mqtt`) are not.
//!
//! What it speaks is MQTT 3.1.1, and of that what the wire of Stoa needs:
//!
//! - Another version is answered with CONNACK 1. A will is refused with CONNACK 5: only the server says who left.
//!   An empty client id without a clean session, and one over 128 bytes, get CONNACK 2; a socket too many of one
//!   account CONNACK 3. `clean session = 0` is accepted and always finds no session (§3.2.2.2).
//!   Username and password are not looked at: the transport has said who it is.
//! - The same client id of the same account closes the older socket (§3.1.4). Other accounts are not touched.
//! - A filter is one of [`domain::Topic`]'s forms, literally; everything else, and what [`Rights`] denies, is 0x80 in
//!   the SUBACK. Granted is the quality of service asked for, at most 1. A topic that two of a client's filters name
//!   comes twice (§3.3.5).
//! - A client publishes only a [`domain::Signal`] on its own `p/<page>/s/<account>`, at quality of service 0 or 1, not
//!   retained. 3.1.1 cannot refuse a PUBLISH, so that anything else, as every malformed packet, closes the connection.
//! - Nothing is kept for who is away: no retained messages, no persistent sessions, nothing sent a second time.
//!
//! Each client is one task. [`Hub::deliver`] encodes once and puts a reference into each subscriber's queue; the task
//! writes all that has queued in one go. A queue is bounded in bytes, and whoever lets it overflow is cut.

mod bucket;
mod client;
mod fanout;
mod held;
mod limits;
mod outside;
mod registry;
mod seats;
mod session;
mod transport;
mod window;

use std::sync::Arc;

use bytes::Bytes;
use domain::{AccountId, Topic};

pub use limits::Limits;
pub use outside::{Action, Rights, Upstream};
pub use seats::Seat;
pub use transport::{ByteStream, Transport};

use registry::Registry;
use seats::Seats;

/// A handle; clones are the same hub.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

pub(crate) struct Inner {
    rights: Arc<dyn Rights>,
    upstream: Arc<dyn Upstream>,
    limits: Limits,
    registry: Registry,
    seats: Seats,
}

/// How much there is of what lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    pub connections: usize,
    pub subscriptions: usize,
}

impl Hub {
    pub fn new(rights: Arc<dyn Rights>, upstream: Arc<dyn Upstream>, limits: Limits) -> Self {
        Self(Arc::new(Inner {
            registry: Registry::new(Arc::clone(&upstream)),
            rights,
            upstream,
            limits,
            seats: Seats::default(),
        }))
    }

    /// A place for one connection of this account. [`Hub::cut`] reaches it from now on, so that whoever looks at the
    /// session once more after this call, and before [`Seat::serve`], misses no sign-out.
    pub fn enter(&self, account: AccountId) -> Seat {
        Seat::take(Arc::clone(&self.0), account)
    }

    /// Speaks MQTT over the transport until either side ends it.
    pub async fn serve<T: Transport>(&self, account: AccountId, transport: T) {
        self.enter(account).serve(transport).await;
    }

    /// From the server to every subscriber of the topic on this node; how many they are. Never blocks on a client.
    pub fn deliver(&self, topic: Topic, payload: Bytes) -> usize {
        self.0.fan_out(topic, &payload, mqtt::QoS::AtLeastOnce)
    }

    /// Closes every socket of the account, also one that is being written to, and voids what is being checked for it.
    pub fn cut(&self, account: AccountId) {
        self.0.seats.cut(account);
    }

    /// [`domain::Event::Resync`], once to every client that holds any subscription.
    pub fn resync(&self) {
        self.0.resync();
    }

    /// Closes every socket, and those that come later.
    pub fn drain(&self) {
        self.0.seats.drain();
    }

    pub fn stats(&self) -> Stats {
        Stats {
            connections: self.0.seats.count(),
            subscriptions: self.0.registry.count(),
        }
    }
}
