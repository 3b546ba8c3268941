//! What admins are told of how browsers come into calls: what was opened at the start, and what it means.

use beam::{Address, Doors, Transport};
use domain::{CallAddress, CallWays, Carrier};
use url::Url;

use super::{Provider, Turn};
use crate::public_url::PublicUrl;

/// The ports of calls, as they were opened.
pub(crate) struct Opened {
    pub(crate) addresses: Vec<Address>,
    /// By a setting, not found.
    pub(crate) set: bool,
    /// What the system gives a socket, in bytes.
    pub(crate) buffer: usize,
}

pub(crate) fn ways(
    opened: Option<Opened>,
    provider: &Provider,
    turn: &Turn,
    public_url: &PublicUrl,
) -> CallWays {
    let opened = opened.unwrap_or(Opened {
        addresses: Vec::new(),
        set: false,
        buffer: 0,
    });
    let elsewhere = provider.origin().and_then(|origin| {
        let origin = Url::parse(&origin).ok()?;
        origin.host_str().map(str::to_owned)
    });
    CallWays {
        elsewhere,
        offered: opened.addresses.into_iter().map(offered).collect(),
        set: opened.set,
        public: !public_url.is_local(),
        buffer: opened.buffer,
        wanted: Doors::BUFFER,
        turn: turn.urls.clone(),
    }
}

fn offered(address: Address) -> CallAddress {
    CallAddress {
        carrier: match address.transport {
            Transport::Udp => Carrier::Udp,
            Transport::Tcp => Carrier::Tcp,
        },
        address: address.socket,
    }
}
