//! Where the mail server is: `STOA_SMTP_URL` taken apart.

use lettre::transport::smtp::{
    Error,
    authentication::Credentials,
    client::{Certificate, TlsParameters},
    extension::ClientId,
};

use crate::{Secret, broker::percent_decode};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    None,
    /// STARTTLS (RFC 3207) if the server offers it, else nothing.
    Opportunistic,
    /// STARTTLS, or no mail.
    Required,
    /// TLS from the first byte (RFC 8314 §3.3).
    Implicit,
}

pub(super) struct Relay {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) login: Option<Credentials>,
    /// The name we greet with.
    pub(super) hello: ClientId,
}

impl Relay {
    /// `smtp://` or `smtps://`, then `[user:password@]host[:port][/our-name][?tls=required|opportunistic]`.
    /// The error is a sentence about the setting, without its value.
    pub(super) fn parse(url: &Secret) -> Result<Self, String> {
        let wrong = |why: &str| format!("STOA_SMTP_URL {why}.");
        let (scheme, rest) = url.expose().split_once("://").unwrap_or_default();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (security, port) = match (scheme, query) {
            ("smtp", "") => (Security::None, 25),
            ("smtp", "tls=opportunistic") => (Security::Opportunistic, 587),
            ("smtp", "tls=required") => (Security::Required, 587),
            ("smtps", "" | "tls=required") => (Security::Implicit, 465),
            ("smtp" | "smtps", _) => {
                return Err(wrong("may end in ?tls=required or ?tls=opportunistic only"));
            }
            _ => return Err(wrong("must begin with smtp:// or smtps://")),
        };
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => (Some(login), rest),
            None => (None, rest),
        };
        let (address, name) = rest.split_once('/').unwrap_or((rest, ""));
        let login = login.map(|login| {
            let (user, password) = login.split_once(':')?;
            let (user, password) = (percent_decode(user)?, percent_decode(password)?);
            Some(Credentials::new(user, password))
        });
        if let Some(None) = login {
            return Err(wrong("needs user:password, both percent-encoded"));
        }
        // The colons of an IPv6 address stand in brackets.
        let (host, port) = match address.rsplit_once(':') {
            Some((host, digits)) if !digits.contains(']') => {
                let digits = digits.parse();
                (
                    host,
                    digits.map_err(|_| wrong("has no port after the colon"))?,
                )
            }
            _ => (address, port),
        };
        if host.is_empty() {
            return Err(wrong("needs a host, as in smtp://mail.example:587"));
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            security,
            login: login.flatten(),
            hello: match name {
                "" => ClientId::default(),
                name => ClientId::Domain(name.to_owned()),
            },
        })
    }

    /// Host and port, as an admin may see them.
    pub(super) fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Trusts the roots of the web, and what the operating system or `SSL_CERT_FILE` adds to them.
    pub(super) fn tls(&self) -> Result<TlsParameters, Error> {
        let mut builder = TlsParameters::builder(self.host.clone());
        for root in rustls_native_certs::load_native_certs().certs {
            builder = builder.add_root_certificate(Certificate::from_der(root.to_vec())?);
        }
        // One root that cannot be read must not stop all mail.
        builder
            .build()
            .or_else(|_| TlsParameters::new(self.host.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Relay, String> {
        Relay::parse(&Secret::new(url.into()))
    }

    #[test]
    fn a_url_names_server_security_and_login() {
        for (url, address, security, login) in [
            (
                "smtp://mail.example",
                "mail.example:25",
                Security::None,
                false,
            ),
            (
                "smtp://10.0.0.1:2525/",
                "10.0.0.1:2525",
                Security::None,
                false,
            ),
            ("smtp://[::1]:25", "[::1]:25", Security::None, false),
            (
                "smtps://ada:p%40ss@mail.example",
                "mail.example:465",
                Security::Implicit,
                true,
            ),
            (
                "smtp://a:b@mail.example?tls=required",
                "mail.example:587",
                Security::Required,
                true,
            ),
            (
                "smtp://a:b@c@m.example:25/me?tls=opportunistic",
                "m.example:25",
                Security::Opportunistic,
                true,
            ),
        ] {
            let relay = parse(url).unwrap();
            assert_eq!(relay.address(), address, "{url}");
            assert_eq!(relay.security, security, "{url}");
            assert_eq!(relay.login.is_some(), login, "{url}");
        }
        let login = parse("smtps://ada:p%40ss@mail.example").unwrap().login;
        assert_eq!(login, Some(Credentials::new("ada".into(), "p@ss".into())));
        assert_eq!(
            parse("smtp://mail.example/talk.example").unwrap().hello,
            ClientId::Domain("talk.example".into())
        );
    }

    #[test]
    fn a_wrong_url_is_named_without_its_password() {
        for url in [
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://ada@mail.example",
            "smtp://ada:s3cr%zzet@mail.example",
            "smtp://mail.example:x",
            "smtp://mail.example?tls=none",
        ] {
            let why = parse(url).err().unwrap();
            assert!(
                why.starts_with("STOA_SMTP_URL ") && !why.contains("s3cr"),
                "{url}: {why}"
            );
        }
    }
}
