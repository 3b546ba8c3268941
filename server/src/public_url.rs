//! The address people reach this place by: links begin with it, and requests that change something come from it.

use std::net::{IpAddr, SocketAddr};

use domain::is_private;
use url::{Host, Url};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    /// `https://talk.example`: scheme, host and port as browsers write an origin, without a slash at the end.
    origin: String,
    host: Host<String>,
    https: bool,
}

impl PublicUrl {
    /// `None` unless it is http or https and nothing but an origin.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare || !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        Some(Self {
            origin: url.origin().ascii_serialization(),
            host: url.host()?.to_owned(),
            https: url.scheme() == "https",
        })
    }

    /// What a program that listens here is called by default.
    pub(crate) fn of(listen: SocketAddr) -> Self {
        let host = match listen.ip() {
            IpAddr::V4(ip) => Host::Ipv4(ip),
            IpAddr::V6(ip) => Host::Ipv6(ip),
        };
        let origin = match listen.port() {
            80 => format!("http://{host}"),
            port => format!("http://{host}:{port}"),
        };
        Self {
            origin,
            host,
            https: false,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.origin
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    /// For the sender of mails: a literal address is not a domain (RFC 5321 §4.1.3).
    pub(crate) fn mail_domain(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(_) | Host::Ipv6(_) => "localhost".to_owned(),
        }
    }

    /// Whether it leads nowhere outside this network.
    pub(crate) fn is_local(&self) -> bool {
        const INNER: [&str; 5] = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];
        match &self.host {
            Host::Domain(name) => {
                !name.contains('.') || INNER.iter().any(|inner| name.ends_with(inner))
            }
            Host::Ipv4(ip) => is_private((*ip).into()),
            Host::Ipv6(ip) => is_private((*ip).into()),
        }
    }

    /// Whether browsers take it for trustworthy and so send `Sec-Fetch-Site` (W3C Secure Contexts §3.1).
    pub(crate) fn is_trustworthy(&self) -> bool {
        self.https || is_this_machine(&self.host)
    }

    /// Whether a page with this `Origin` is ours, when the request went to this `Host`. Besides the public URL, a page
    /// is ours that was opened by the very address the request went to, if that is an IP address or `localhost`:
    /// those cannot be turned to another machine by a name server.
    pub(crate) fn owns(&self, origin: &str, host: Option<&str>) -> bool {
        if origin == self.origin {
            return true;
        }
        let (Some(host), Ok(from)) = (host, Url::parse(origin)) else {
            return false;
        };
        let fixed = match from.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        };
        let scheme = from.scheme();
        fixed && matches!(scheme, "http" | "https") && origin == format!("{scheme}://{host}")
    }
}

fn is_this_machine(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_and_nothing_more() {
        let parse = |text: &str| PublicUrl::parse(text).map(|url| url.as_str().to_owned());
        for (text, origin) in [
            ("https://talk.example", "https://talk.example"),
            ("https://Talk.Example:443/", "https://talk.example"),
            ("http://127.0.0.1:3000/", "http://127.0.0.1:3000"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(origin), "{text}");
        }
        for wrong in [
            "talk.example",
            "ftp://talk.example",
            "https://talk.example/stoa",
            "https://talk.example/?a=b",
            "https://talk.example/#a",
            "https://me:secret@talk.example",
            "https://",
            "",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_default_is_where_it_listens() {
        let of = |listen: &str| PublicUrl::of(listen.parse().unwrap());
        assert_eq!(of("127.0.0.1:3000").as_str(), "http://127.0.0.1:3000");
        assert_eq!(of("[::1]:80").as_str(), "http://[::1]");
        assert_eq!(of("127.0.0.1:3000").mail_domain(), "localhost");
    }

    #[test]
    fn a_page_is_ours_by_the_public_url_or_by_an_address_that_cannot_be_redirected() {
        let ours = PublicUrl::parse("https://talk.example").unwrap();
        for (origin, host, expected) in [
            ("https://talk.example", Some("talk.example"), true),
            ("https://talk.example", Some("127.0.0.1:3000"), true),
            ("http://localhost:3000", Some("localhost:3000"), true),
            ("http://127.0.0.1:3000", Some("127.0.0.1:3000"), true),
            ("http://192.168.1.5:3000", Some("192.168.1.5:3000"), true),
            ("http://[::1]:3000", Some("[::1]:3000"), true),
            // Another port of this machine is another site's.
            ("http://localhost:4000", Some("localhost:3000"), false),
            ("http://127.0.0.1:3000", None, false),
            // A name that a stranger lets point here.
            ("http://evil.example", Some("evil.example"), false),
            ("http://talk.example", Some("talk.example"), false),
            (
                "https://talk.example.evil.example",
                Some("talk.example"),
                false,
            ),
            ("https://talk.example:8443", Some("talk.example"), false),
            ("null", Some("talk.example"), false),
            ("", Some(""), false),
        ] {
            assert_eq!(ours.owns(origin, host), expected, "{origin} at {host:?}");
        }
    }

    #[test]
    fn what_leads_nowhere_from_outside_is_local() {
        for (url, expected) in [
            ("https://talk.example", false),
            ("http://203.0.113.7", false),
            ("http://localhost:3000", true),
            ("https://stoa.lan", true),
            ("http://stoa", true),
            ("http://192.168.1.5:3000", true),
            ("http://[fd00::5]", true),
        ] {
            assert_eq!(PublicUrl::parse(url).unwrap().is_local(), expected, "{url}");
        }
    }

    #[test]
    fn only_https_and_this_machine_are_trustworthy() {
        for (url, expected) in [
            ("https://talk.example", true),
            ("http://localhost:3000", true),
            ("http://127.0.0.1:3000", true),
            ("http://192.168.1.5:3000", false),
            ("http://talk.example", false),
        ] {
            assert_eq!(PublicUrl::parse(url).unwrap().is_trustworthy(), expected);
        }
    }
}
