//! What was given as settings and where: environment before file before default. Not yet whether it is right.

use std::{collections::BTreeMap, fmt, path::Path};

use url::Url;

use super::Wrong;

/// How a setting is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hidden {
    No,
    Whole,
    /// Its password only.
    InUrl,
}

struct Setting {
    name: &'static str,
    default: Option<&'static str>,
    hidden: Hidden,
}

const fn plain(name: &'static str, default: Option<&'static str>) -> Setting {
    Setting {
        name,
        default,
        hidden: Hidden::No,
    }
}

const fn url(name: &'static str) -> Setting {
    Setting {
        name,
        default: None,
        hidden: Hidden::InUrl,
    }
}

const SETTINGS: &[Setting] = &[
    plain("STOA_LISTEN", Some("127.0.0.1:3000")),
    plain("STOA_PUBLIC_URL", None),
    plain("STOA_DATA_DIR", Some("./data")),
    url("STOA_DATABASE_URL"),
    url("STOA_SMTP_URL"),
    plain("STOA_MAIL_FROM", None),
    plain("STOA_EMAILJS_SERVICE", None),
    plain("STOA_EMAILJS_TEMPLATE", None),
    plain("STOA_EMAILJS_PUBLIC_KEY", None),
    Setting {
        name: "STOA_EMAILJS_PRIVATE_KEY",
        default: None,
        hidden: Hidden::Whole,
    },
    plain("STOA_EMAILJS_URL", None),
    url("STOA_MQTT_URL"),
    plain("STOA_STORAGE_URL", None),
    plain("STOA_IMAGE_QUOTA", None),
    plain("STOA_IMAGE_QUOTA_PAGE", None),
    plain("STOA_CALL_UDP_PORT", None),
    plain("STOA_CALL_TCP_PORT", None),
    plain("STOA_CALL_PUBLIC_IP", None),
    plain("STOA_CALL_URL", None),
    Setting {
        name: "STOA_CALL_TOKEN_SECRET",
        default: None,
        hidden: Hidden::Whole,
    },
    plain("STOA_TURN_URLS", None),
    Setting {
        name: "STOA_TURN_SECRET",
        default: None,
        hidden: Hidden::Whole,
    },
    plain("STOA_LOG", Some("info")),
    plain("STOA_LOG_FORMAT", Some("text")),
];

const DOTS: &str = "••••";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    Environment,
    /// The settings file, by the name it was given.
    File(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment => f.write_str("environment"),
            Self::File(name) => f.write_str(name),
        }
    }
}

/// Never shown by `Debug`: values may be secret.
#[derive(Clone)]
pub(crate) struct Given(BTreeMap<&'static str, (String, Source)>);

impl Given {
    /// `file` is the settings file's path and text. An empty variable counts as not set.
    pub(crate) fn read(
        environment: impl Fn(&str) -> Option<String>,
        file: Option<(&Path, &str)>,
    ) -> Result<Self, Wrong> {
        let mut given = BTreeMap::new();
        for setting in SETTINGS {
            if let Some(default) = setting.default {
                given.insert(setting.name, (default.to_owned(), Source::Default));
            }
        }
        if let Some((path, text)) = file {
            read_file(&mut given, &path.display().to_string(), text)?;
        }
        for setting in SETTINGS {
            if let Some(value) = environment(setting.name).filter(|value| !value.is_empty()) {
                given.insert(setting.name, (value, Source::Environment));
            }
        }
        Ok(Self(given))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(value, _)| value.as_str())
    }

    /// The sentence that stops the start: the setting as its giver knows it, and what it must be.
    pub(crate) fn wrong(&self, name: &str, must_be: &str) -> Wrong {
        match self.0.get(name) {
            Some((_, Source::File(file))) => {
                Wrong(format!("{name} (`{}` in {file}) {must_be}.", key(name)))
            }
            _ => Wrong(format!("{name} {must_be}.")),
        }
    }

    /// One line a setting, for `stoa config`. `derived` fills in what follows from other settings.
    pub(crate) fn show(&self, derived: &[(&str, String)]) -> String {
        let mut lines = String::new();
        for Setting { name, hidden, .. } in SETTINGS {
            let line = match self.0.get(name) {
                Some((value, source)) => {
                    let value = match hidden {
                        Hidden::No => value.clone(),
                        Hidden::Whole => DOTS.to_owned(),
                        Hidden::InUrl => without_password(value),
                    };
                    format!("{name} = {value}  ({source})\n")
                }
                None => match derived.iter().find(|(of, _)| of == name) {
                    Some((_, value)) => format!("{name} = {value}  (default)\n"),
                    None => format!("{name} is not set\n"),
                },
            };
            lines.push_str(&line);
        }
        lines
    }
}

/// Variables that look like settings but are none: most likely a typing error.
pub(crate) fn unknown(variables: impl Iterator<Item = String>) -> Vec<String> {
    // Read by others: by this program for the file itself, by its build, by its tests.
    const ELSEWHERE: &[&str] = &["STOA_CONFIG", "STOA_SITE", "STOA_ASSETS"];
    variables
        .filter(|name| {
            name.starts_with("STOA_")
                && !name.starts_with("STOA_TEST_")
                && !ELSEWHERE.contains(&name.as_str())
                && !SETTINGS.iter().any(|setting| setting.name == name)
        })
        .collect()
}

fn read_file(
    given: &mut BTreeMap<&'static str, (String, Source)>,
    file: &str,
    text: &str,
) -> Result<(), Wrong> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| {
            text.bytes()
                .take(span.start)
                .filter(|b| *b == b'\n')
                .count()
                + 1
        });
        // Not the parser's own message: it quotes the line, which may hold a password.
        Wrong(format!(
            "STOA_CONFIG names {file}, which is not valid TOML at line {line}."
        ))
    })?;
    for (name, value) in table {
        let Some(setting) = SETTINGS.iter().find(|setting| key(setting.name) == name) else {
            return Err(Wrong(format!(
                "{file} has `{name}`, which is not a setting; `stoa config` lists those there are."
            )));
        };
        let toml::Value::String(value) = value else {
            return Err(Wrong(format!(
                "{} (`{name}` in {file}) must be a text in quotes.",
                setting.name
            )));
        };
        given.insert(setting.name, (value, Source::File(file.to_owned())));
    }
    Ok(())
}

fn key(name: &str) -> String {
    name.trim_start_matches("STOA_").to_ascii_lowercase()
}

/// The URL with dots for its password, also where one is given as a parameter; all dots if it is no URL.
fn without_password(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return DOTS.to_owned();
    };
    let secret = url.password().is_some();
    if secret && url.set_password(Some("dots")).is_err() {
        return DOTS.to_owned();
    }
    let parameters: Vec<String> = url
        .query_pairs()
        .map(|(name, value)| {
            if name.to_ascii_lowercase().contains("pass") {
                format!("{name}={DOTS}")
            } else {
                format!("{name}={value}")
            }
        })
        .collect();
    url.set_query(None);
    url.set_fragment(None);
    let mut shown = url.to_string();
    if secret {
        shown = shown.replacen(":dots@", &format!(":{DOTS}@"), 1);
    }
    if !parameters.is_empty() {
        shown = format!("{shown}?{}", parameters.join("&"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_hidden_wherever_it_stands() {
        for (url, shown) in [
            ("smtp://mail.example:25", "smtp://mail.example:25"),
            (
                "smtps://me:s3cret@mail.example/?tls=required",
                "smtps://me:••••@mail.example/?tls=required",
            ),
            (
                "postgres://me@db/stoa?password=s3cret&sslmode=require",
                "postgres://me@db/stoa?password=••••&sslmode=require",
            ),
            (
                "postgres://dots:dots@dots/dots",
                "postgres://dots:••••@dots/dots",
            ),
            ("s3cret", "••••"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn a_mistyped_variable_is_noticed() {
        let variables = [
            "STOA_SMPT_URL",
            "STOA_LOG",
            "STOA_TEST_POSTGRES",
            "STOA_SITE",
            "PATH",
        ];
        assert_eq!(
            unknown(variables.into_iter().map(str::to_owned)),
            ["STOA_SMPT_URL"]
        );
    }
}
