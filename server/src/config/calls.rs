//! Settings of calls: how browsers reach this machine, and what helps them to.

use std::net::{IpAddr, SocketAddr};

use backend::Secret;
use url::Url;

use super::{Given, Wrong};
use crate::calls::{Provider, Template, Turn};

#[derive(Clone)]
pub(super) struct Calls {
    pub(super) provider: Provider,
    pub(super) turn: Turn,
    port: Option<u16>,
    tcp: Option<u16>,
    public: Vec<IpAddr>,
}

impl Calls {
    pub(super) fn of(given: &Given) -> Result<Self, Wrong> {
        Ok(Self {
            provider: provider(given)?,
            turn: turn(given)?,
            port: port(given, "STOA_CALL_UDP_PORT", 3000)?,
            tcp: port(given, "STOA_CALL_TCP_PORT", 3478)?,
            public: public(given)?,
        })
    }

    /// `listen` is what was asked for: a port of any number means the same for calls.
    pub(super) fn doors(&self, listen: SocketAddr) -> beam::Settings {
        beam::Settings {
            port: self.port.unwrap_or(listen.port()),
            tcp: self.tcp,
            public: self.public.clone(),
            loopback: listen.ip().is_loopback(),
        }
    }
}

fn port(given: &Given, name: &str, such_as: u16) -> Result<Option<u16>, Wrong> {
    let Some(text) = given.get(name) else {
        return Ok(None);
    };
    let port = text.trim().parse().ok();
    let wrong = || {
        let must = format!("must be a port, such as {such_as}, or 0 for any");
        given.wrong(name, &must)
    };
    port.map(Some).ok_or_else(wrong)
}

fn public(given: &Given) -> Result<Vec<IpAddr>, Wrong> {
    const NAME: &str = "STOA_CALL_PUBLIC_IP";
    let text = given.get(NAME).unwrap_or_default();
    let addresses = text
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let good = |text: &str| text.parse().ok().filter(|ip: &IpAddr| !ip.is_unspecified());
    addresses
        .map(|text| {
            good(text).ok_or_else(|| {
                given.wrong(
                    NAME,
                    "must be the IP addresses that browsers reach this machine by, such as 203.0.113.7,2001:db8::7",
                )
            })
        })
        .collect()
}

fn provider(given: &Given) -> Result<Provider, Wrong> {
    const NAME: &str = "STOA_CALL_URL";
    const SECRET: &str = "STOA_CALL_TOKEN_SECRET";
    let Some(text) = given.get(NAME) else {
        return Ok(Provider::Beam);
    };
    let secret = given.get(SECRET);
    let filled = text
        .replace("{page}", "page")
        .replace("{name}", "name")
        .replace("{token}", "token");
    let good = Url::parse(&filled)
        .is_ok_and(|url| url.scheme() == "https" && url.has_host() && !filled.contains(['{', '}']));
    if !good {
        return Err(given.wrong(
            NAME,
            "must be an https:// address with {page} and perhaps {name} and {token} in it, such as https://meet.example/{page}?jwt={token}",
        ));
    }
    if text.contains("{token}") && secret.is_none() {
        return Err(given.wrong(
            SECRET,
            "must be set too, because STOA_CALL_URL has {token} in it, which is signed with it",
        ));
    }
    Ok(Provider::Embed(Template {
        text: text.to_owned(),
        secret: secret.map(|secret| Secret::new(secret.to_owned())),
    }))
}

fn turn(given: &Given) -> Result<Turn, Wrong> {
    const NAME: &str = "STOA_TURN_URLS";
    let text = given.get(NAME).unwrap_or_default();
    let urls = text.split(',').map(str::trim).filter(|url| !url.is_empty());
    let urls: Vec<String> = urls.map(str::to_owned).collect();
    let good = |url: &String| {
        url.split_once(':').is_some_and(|(scheme, host)| {
            matches!(scheme, "turn" | "turns" | "stun" | "stuns") && !host.is_empty()
        })
    };
    if !urls.iter().all(good) {
        return Err(given.wrong(
            NAME,
            "must be addresses such as turn:turn.example:3478,turns:turn.example:5349?transport=tcp",
        ));
    }
    let secret = given.get("STOA_TURN_SECRET");
    if secret.is_some() && urls.is_empty() {
        return Err(given.wrong(NAME, "must be set too, because STOA_TURN_SECRET is"));
    }
    Ok(Turn {
        urls,
        secret: secret.map(|secret| Secret::new(secret.to_owned())),
    })
}
