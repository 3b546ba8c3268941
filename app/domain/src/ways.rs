//! How browsers come into calls here, as admins of the place see it.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// What carries media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    Udp,
    Tcp,
}

/// One address browsers are told to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallAddress {
    pub carrier: Carrier,
    pub address: SocketAddr,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallWays {
    /// The host of the provider who makes them elsewhere.
    pub elsewhere: Option<String>,
    pub offered: Vec<CallAddress>,
    /// The addresses were set, not found.
    pub set: bool,
    /// The pages are meant for people outside this network.
    pub public: bool,
    /// Bytes the system gives a socket, and those that were asked for.
    pub buffer: usize,
    pub wanted: usize,
    /// Servers that relay, as set.
    pub turn: Vec<String>,
}

impl CallWays {
    /// The first port of a carrier; none where it is not offered.
    pub fn port(&self, carrier: Carrier) -> Option<u16> {
        let mut offered = self.offered.iter();
        let of = offered.find(|offered| offered.carrier == carrier)?;
        Some(of.address.port())
    }

    /// People come to the pages from outside, but have no address for calls.
    pub fn leaves_people_out(&self) -> bool {
        let inside = |offered: &CallAddress| is_private(offered.address.ip());
        self.public && self.elsewhere.is_none() && self.offered.iter().all(inside)
    }

    /// Whether one of the servers relays; others only tell browsers their address.
    pub fn relays(&self) -> bool {
        self.turn.iter().any(|url| url.starts_with("turn"))
    }
}

/// Only good within a machine, or a network of one's own (RFC 1918, 3927, 4193, 4291, 6598).
pub fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || shared
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(addresses: &[&str], public: bool) -> CallWays {
        let offered = |address: &&str| CallAddress {
            carrier: Carrier::Udp,
            address: address.parse().unwrap(),
        };
        CallWays {
            elsewhere: None,
            offered: addresses.iter().map(offered).collect(),
            set: false,
            public,
            buffer: 0,
            wanted: 0,
            turn: vec!["stun:stun.example".into()],
        }
    }

    #[test]
    fn who_offers_only_inner_addresses_for_outer_pages_leaves_people_out() {
        let inner = ["10.0.0.5:1", "100.64.3.2:1", "[fd00::1]:1", "127.0.0.1:1"];
        assert!(ways(&inner, true).leaves_people_out());
        assert!(!ways(&inner, false).leaves_people_out());
        assert!(!ways(&["10.0.0.5:1", "203.0.113.7:1"], true).leaves_people_out());
        assert!(!ways(&["[2001:db8::7]:1"], true).leaves_people_out());
    }

    #[test]
    fn a_server_that_tells_addresses_does_not_relay() {
        let mut ways = ways(&["10.0.0.5:7"], false);
        assert!(!ways.relays());
        ways.turn
            .push("turns:turn.example:5349?transport=tcp".into());
        assert!(ways.relays());
        assert_eq!(ways.port(Carrier::Udp), Some(7));
        assert_eq!(ways.port(Carrier::Tcp), None);
    }
}
