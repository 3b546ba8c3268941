//! What the hub asks of the rest of the server: whether somebody may, and the way to other nodes.

use std::pin::Pin;

use bytes::Bytes;
use domain::{AccountId, Topic};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Subscribe,
    Publish,
}

/// Asked at every SUBSCRIBE for every filter, and at every PUBLISH. What is taken away later is taken by
/// [`Hub::cut`](crate::Hub::cut), which also voids an answer that is on its way.
pub trait Rights: Send + Sync + 'static {
    fn may(
        &self,
        who: AccountId,
        action: Action,
        topic: Topic,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

/// The way to the other nodes. Must not block.
pub trait Upstream: Send + Sync + 'static {
    /// A browser's signal, handed out on this node already.
    fn relay(&self, topic: Topic, payload: Bytes);

    /// The first subscriber of this filter came (`true`), or the last one went. Calls come one at a time and
    /// alternate for each filter. A client's SUBACK is sent after this has returned.
    fn want(&self, filter: Topic, wanted: bool);
}
