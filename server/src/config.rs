//! The settings in force, checked before anything starts. A wrong one stops the start with one sentence that names it.

mod calls;
mod given;
mod storage;

use std::{
    env, fmt, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use backend::{EmailJs, MailSettings, Secret};
use domain::Email;
use tracing_subscriber::EnvFilter;
use url::Url;

pub(crate) use given::unknown;

use crate::{
    calls::{Provider, Turn},
    public_url::PublicUrl,
};
use calls::Calls;
use given::Given;
use storage::Storage;

const EMAILJS_API: &str = "https://api.emailjs.com/api/v1.0/email/send";

/// The sentence that is said instead of starting.
#[derive(Debug)]
pub(crate) struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) log_filter: String,
    pub(crate) log_json: bool,
    public_url: Option<PublicUrl>,
    data_dir: PathBuf,
    database_url: Option<Secret>,
    mail: MailSettings,
    mail_from: Option<String>,
    mqtt_url: Option<Secret>,
    storage: Storage,
    calls: Calls,
    given: Given,
}

impl Config {
    /// From this process's environment and the file, if one is named there or on the command line.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Wrong> {
        let variable = |name: &str| env::var(name).ok();
        let text = file.map(|path| {
            fs::read_to_string(path)
                .map(|text| (path, text))
                .map_err(|error| {
                    let path = path.display();
                    Wrong(format!(
                        "STOA_CONFIG names {path}, which cannot be read: {error}."
                    ))
                })
        });
        let text = text.transpose()?;
        let file = text.as_ref().map(|(path, text)| (*path, text.as_str()));
        Self::check(Given::read(variable, file)?)
    }

    fn check(given: Given) -> Result<Self, Wrong> {
        let listen = listen(&given)?;
        let config = Self {
            listen,
            log_filter: log_filter(&given)?,
            log_json: log_json(&given)?,
            public_url: public_url(&given, listen)?,
            data_dir: given.get("STOA_DATA_DIR").unwrap_or_default().into(),
            database_url: secret_url(
                &given,
                "STOA_DATABASE_URL",
                &["postgres", "postgresql"],
                "must look like postgres://user:password@host/name",
            )?,
            mail: mail(&given)?,
            mail_from: mail_from(&given)?,
            mqtt_url: secret_url(
                &given,
                "STOA_MQTT_URL",
                &["mqtt", "mqtts"],
                "must look like mqtt://host:1883 or mqtts://user:password@host:8883",
            )?,
            storage: Storage::of(&given)?,
            calls: Calls::of(&given)?,
            given,
        };
        Ok(config)
    }

    /// `bound` is where the program really listens: the port may have been chosen by the system.
    pub(crate) fn public_url(&self, bound: SocketAddr) -> PublicUrl {
        self.public_url
            .clone()
            .unwrap_or_else(|| PublicUrl::of(bound))
    }

    pub(crate) fn backend(&self, public_url: &PublicUrl) -> backend::Settings {
        backend::Settings {
            public_url: public_url.as_str().to_owned(),
            data_dir: self.data_dir.clone(),
            database_url: self.database_url.clone(),
            mail_from: self.sender(public_url),
            mail: self.mail.clone(),
            mqtt_url: self.mqtt_url.clone(),
            post_rate: backend::Settings::POST_RATE,
            upload_rate: backend::Settings::UPLOAD_RATE,
            storage_url: self.storage.url.clone(),
            image_quota: self.storage.quota,
            image_quota_page: self.storage.quota_page,
        }
    }

    /// Where calls come in; none, if they are somebody else's.
    pub(crate) fn doors(&self) -> Option<beam::Settings> {
        matches!(self.calls.provider, Provider::Beam).then(|| self.calls.doors(self.listen))
    }

    pub(crate) fn calls(&self) -> (Provider, Turn) {
        (self.calls.provider.clone(), self.calls.turn.clone())
    }

    /// For `stoa config`: every setting, its value with secrets hidden, and where it came from.
    pub(crate) fn show(&self) -> String {
        let public_url = self.public_url(self.listen);
        self.given.show(&[
            ("STOA_PUBLIC_URL", public_url.as_str().to_owned()),
            ("STOA_DATABASE_URL", "SQLite in the data directory".into()),
            ("STOA_MAIL_FROM", self.sender(&public_url)),
            ("STOA_STORAGE_URL", "images in the data directory".into()),
            ("STOA_CALL_UDP_PORT", self.listen.port().to_string()),
            (
                "STOA_CALL_PUBLIC_IP",
                "the addresses of this machine".into(),
            ),
        ])
    }

    fn sender(&self, public_url: &PublicUrl) -> String {
        self.mail_from
            .clone()
            .unwrap_or_else(|| format!("Stoa <stoa@{}>", public_url.mail_domain()))
    }
}

fn listen(given: &Given) -> Result<SocketAddr, Wrong> {
    let text = given.get("STOA_LISTEN").unwrap_or_default();
    text.parse().map_err(|_| {
        given.wrong(
            "STOA_LISTEN",
            "must be an IP address and a port, such as 127.0.0.1:3000 or [::]:3000",
        )
    })
}

fn public_url(given: &Given, listen: SocketAddr) -> Result<Option<PublicUrl>, Wrong> {
    match given.get("STOA_PUBLIC_URL") {
        Some(text) => PublicUrl::parse(text).map(Some).ok_or_else(|| {
            given.wrong(
                "STOA_PUBLIC_URL",
                "must be http:// or https://, a host and perhaps a port, without a path, such as https://talk.example",
            )
        }),
        None if listen.ip().is_loopback() => Ok(None),
        // Anything we could guess would be wrong in the mails.
        None => Err(given.wrong(
            "STOA_PUBLIC_URL",
            "must be set when STOA_LISTEN is open to other machines, because links in mails begin with it",
        )),
    }
}

fn mail(given: &Given) -> Result<MailSettings, Wrong> {
    let smtp = smtp(given)?;
    let emailjs = emailjs(given)?;
    match (smtp, emailjs) {
        (None, None) => Ok(MailSettings::Mailbox),
        (Some(url), None) => Ok(MailSettings::Smtp(url)),
        (None, Some(emailjs)) => Ok(MailSettings::EmailJs(emailjs)),
        (Some(_), Some(_)) => Err(given.wrong(
            "STOA_SMTP_URL",
            "and STOA_EMAILJS_SERVICE are both set, but mail can go only one way: please remove one",
        )),
    }
}

fn smtp(given: &Given) -> Result<Option<Secret>, Wrong> {
    const NAME: &str = "STOA_SMTP_URL";
    let url = secret_url(
        given,
        NAME,
        &["smtp", "smtps"],
        "must look like smtp://user:password@host:587?tls=required or smtps://user:password@host",
    )?;
    let parsed = given.get(NAME).and_then(|text| Url::parse(text).ok());
    if let Some(parsed) = parsed {
        let tls = parsed.query_pairs().find(|(name, _)| name == "tls");
        if tls.is_some_and(|(_, value)| !matches!(&*value, "required" | "opportunistic")) {
            return Err(given.wrong(NAME, "may end in ?tls=required or ?tls=opportunistic only"));
        }
        if !parsed.username().is_empty() && parsed.password().is_none() {
            return Err(given.wrong(NAME, "names a user, so it must have a password too"));
        }
    }
    Ok(url)
}

fn emailjs(given: &Given) -> Result<Option<EmailJs>, Wrong> {
    const NEEDED: [&str; 4] = [
        "STOA_EMAILJS_SERVICE",
        "STOA_EMAILJS_TEMPLATE",
        "STOA_EMAILJS_PUBLIC_KEY",
        "STOA_EMAILJS_PRIVATE_KEY",
    ];
    const URL: &str = "STOA_EMAILJS_URL";
    let begun = NEEDED
        .iter()
        .chain([&URL])
        .any(|name| given.get(name).is_some());
    if !begun {
        return Ok(None);
    }
    let need = |name: &str| {
        given.get(name).map(str::to_owned).ok_or_else(|| {
            given.wrong(
                name,
                "must be set too, because other STOA_EMAILJS_ settings are",
            )
        })
    };
    let [service, template, public_key, private_key] = NEEDED;
    let emailjs = EmailJs {
        service: need(service)?,
        template: need(template)?,
        public_key: need(public_key)?,
        private_key: Secret::new(need(private_key)?),
        url: given.get(URL).unwrap_or(EMAILJS_API).to_owned(),
    };
    let url = Url::parse(&emailjs.url).ok();
    if url.is_none_or(|url| !matches!(url.scheme(), "http" | "https")) {
        return Err(given.wrong(
            URL,
            &format!("must be an https:// address, such as {EMAILJS_API}"),
        ));
    }
    Ok(Some(emailjs))
}

fn mail_from(given: &Given) -> Result<Option<String>, Wrong> {
    const NAME: &str = "STOA_MAIL_FROM";
    let Some(text) = given.get(NAME) else {
        return Ok(None);
    };
    let address = match text.trim().strip_suffix('>') {
        Some(inside) => inside.rsplit_once('<').map_or("", |(_, address)| address),
        None => text.trim(),
    };
    let local = address.strip_suffix("@localhost");
    let good = Email::parse(address).is_ok() || local.is_some_and(|local| !local.contains('@'));
    if !good || text.chars().any(char::is_control) {
        return Err(given.wrong(
            NAME,
            "must be an address, alone or as Name <address>, such as Stoa <stoa@talk.example>",
        ));
    }
    Ok(Some(text.trim().to_owned()))
}

fn log_filter(given: &Given) -> Result<String, Wrong> {
    let text = given.get("STOA_LOG").unwrap_or_default();
    EnvFilter::builder().parse(text).map_err(|_| {
        given.wrong(
            "STOA_LOG",
            "must be a level (error, warn, info, debug, trace) or directives such as info,backend=debug",
        )
    })?;
    Ok(text.to_owned())
}

fn log_json(given: &Given) -> Result<bool, Wrong> {
    match given.get("STOA_LOG_FORMAT") {
        Some("json") => Ok(true),
        Some("text") | None => Ok(false),
        Some(_) => Err(given.wrong("STOA_LOG_FORMAT", "must be text or json")),
    }
}

/// The value is not repeated in the sentence: it may hold a password.
fn secret_url(
    given: &Given,
    name: &str,
    schemes: &[&str],
    must: &str,
) -> Result<Option<Secret>, Wrong> {
    let Some(text) = given.get(name) else {
        return Ok(None);
    };
    let good = Url::parse(text).is_ok_and(|url| {
        schemes.contains(&url.scheme()) && url.host_str().is_some_and(|host| !host.is_empty())
    });
    if good {
        Ok(Some(Secret::new(text.to_owned())))
    } else {
        Err(given.wrong(name, must))
    }
}

#[cfg(test)]
mod tests;
