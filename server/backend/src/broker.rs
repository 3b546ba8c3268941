//! Where the broker is: `STOA_MQTT_URL` taken apart.

use std::{sync::Arc, time::Duration};

use rumqttc::{MqttOptions, TlsConfiguration, Transport};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::{Secret, StartError};

/// The longest event: a message of 20,000 characters, each escaped in JSON, and some room.
pub(crate) const PACKET: usize = 512 * 1024;

pub(crate) struct Broker {
    pub(crate) host: String,
    pub(crate) port: u16,
    login: Option<(String, Secret)>,
    tls: Option<Arc<ClientConfig>>,
}

impl Broker {
    /// `mqtt://` or `mqtts://`, then `[user[:password]@]host[:port]`, user and password percent-encoded.
    pub(crate) fn parse(url: &Secret) -> Result<Self, StartError> {
        let wrong = |why: &str| StartError::Setting(format!("STOA_MQTT_URL {why}."));
        let (scheme, rest) = url
            .expose()
            .split_once("://")
            .ok_or_else(|| wrong("must begin with mqtt:// or mqtts://"))?;
        let (tls, port) = match scheme {
            "mqtt" => (None, 1883),
            "mqtts" => (Some(tls()?), 8883),
            _ => return Err(wrong("must begin with mqtt:// or mqtts://")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, address) = match rest.rsplit_once('@') {
            Some((login, address)) => (Some(login), address),
            None => (None, rest),
        };
        let login = login.map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            Some((
                percent_decode(user)?,
                Secret::new(percent_decode(password)?),
            ))
        });
        let login = match login {
            Some(None) => return Err(wrong("has a user or password that is not percent-encoded")),
            Some(login) => login,
            None => None,
        };
        // The colons of an IPv6 address stand in brackets.
        let (host, port) = match address.rsplit_once(':') {
            Some((host, digits)) if !digits.contains(']') => {
                let port = digits
                    .parse()
                    .map_err(|_| wrong("has no port after the colon"))?;
                (host, port)
            }
            _ => (address, port),
        };
        if host.is_empty() || host.contains('/') {
            return Err(wrong("needs a host, as in mqtt://broker.example:1883"));
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            login,
            tls,
        })
    }

    pub(crate) fn options(&self, client: &str) -> MqttOptions {
        let mut options = MqttOptions::new(client, &self.host, self.port);
        options
            .set_keep_alive(Duration::from_secs(15))
            .set_clean_session(true)
            .set_inflight(1000)
            .set_max_packet_size(PACKET, PACKET);
        if let Some((user, password)) = &self.login {
            options.set_credentials(user, password.expose());
        }
        if let Some(tls) = &self.tls {
            let tls = TlsConfiguration::Rustls(Arc::clone(tls));
            options.set_transport(Transport::tls_with_config(tls));
        }
        options
    }
}

/// Trusts what the operating system trusts, or what `SSL_CERT_FILE` names.
fn tls() -> Result<Arc<ClientConfig>, StartError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let text = "STOA_MQTT_URL asks for TLS, but this system has no root certificates.";
        return Err(StartError::Setting(text.into()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| StartError::Setting(format!("STOA_MQTT_URL: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// RFC 3986 §2.1
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Broker, String> {
        Broker::parse(&Secret::new(url.into())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_names_host_port_and_login() {
        let plain = parse("mqtt://broker.example").unwrap();
        assert_eq!((plain.host.as_str(), plain.port), ("broker.example", 1883));
        assert!(plain.login.is_none() && plain.tls.is_none());
        let full = parse("mqtt://stoa:p%40ss%3Aword@10.0.0.1:2883/").unwrap();
        assert_eq!((full.host.as_str(), full.port), ("10.0.0.1", 2883));
        let (user, password) = full.login.unwrap();
        assert_eq!((user.as_str(), password.expose()), ("stoa", "p@ss:word"));
        let six = parse("mqtt://[::1]:1884").unwrap();
        assert_eq!((six.host.as_str(), six.port), ("[::1]", 1884));
        assert_eq!(parse("mqtt://[::1]").unwrap().port, 1883);
    }

    #[test]
    fn a_wrong_url_is_refused_by_the_name_of_its_setting() {
        for url in [
            "broker",
            "http://broker",
            "mqtt://",
            "mqtt://user@",
            "mqtt://broker:x",
            "mqtt://a%4:b@broker",
            "mqtt://broker/path",
        ] {
            let error = parse(url).err().unwrap();
            assert!(error.starts_with("STOA_MQTT_URL"), "{url}: {error}");
        }
    }
}
