//! Calls: a selective forwarding unit on str0m. Media comes in from each session's browser and goes out to the others;
//! who may be in a call is decided elsewhere.
//!
//! [`Core`] is sans-IO. The contract:
//!
//! - It is fed `(now, input)`: commands ([`Core::join`] and its neighbours), datagrams ([`Core::receive`]) and the
//!   passing of time ([`Core::timeout`], not later than [`Core::next_timeout`]). `now` never goes back.
//! - After every input whoever feeds it takes out all [`Core::poll_datagram`] and [`Core::poll_notice`]; it keeps no
//!   more than one input has brought about. Datagrams may go in several at a time, and [`Core::settle`] after them.
//! - It holds no clock, socket, thread or task, and every list in it has a limit.
//!
//! [`Beam`] is the same with sockets and a thread around it.

mod allot;
mod assign;
mod beam;
mod bucket;
mod clock;
mod core;
mod doors;
mod errand;
mod guests;
mod layer;
mod line;
mod outlet;
mod pass;
mod rewrite;
mod room;
mod segments;
mod session;
mod shapes;
mod speaker;
mod tcp;
mod throttle;
mod track;
mod vp8;

pub use beam::{Beam, Stopped};
pub use core::{Core, Counts};
pub use doors::{Doors, Settings, Shut};
pub use shapes::{Address, Change, Datagram, Denied, Join, Joined, Mids, Notice, Transport};
