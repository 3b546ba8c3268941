//! MQTT 3.1.1 packets (OASIS standard of 29 October 2014), encode and decode. Pure: no I/O, no clock, fit for wasm.
//! Sessions, rights and fan-out are not here but in `hub`, and in `app::live` for the browser's side.
//!
//! ```
//! use mqtt::{Packet, Publish, decode};
//! let mut bytes = bytes::BytesMut::new();
//! Publish::at_most_once("p/1/e", "hello").encode(&mut bytes)?;
//! assert!(matches!(decode(&mut bytes, 1024)?, Some(Packet::Publish(p)) if p.payload == "hello"));
//! # Ok::<(), mqtt::Error>(())
//! ```

mod decode;
mod encode;
mod error;
mod packet;
mod topic;

pub use decode::{decode, decode_from_server};
pub use error::Error;
pub use packet::{
    ConnAck, Connect, ConnectCode, Delivery, Packet, PacketId, Publish, QoS, SubAck, Subscribe,
    Unsubscribe, Will,
};
pub use topic::{is_filter, is_topic};

/// The largest Remaining Length that four bytes can say (§2.2.3).
pub const MAX_REMAINING: usize = 268_435_455;
