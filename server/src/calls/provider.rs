//! Where calls are: here, or with somebody else in a frame. And the servers that help browsers through firewalls.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{AccountId, PageId, Timestamp};

use super::token::{Guest, token};
use ring::hmac;
use serde_json::{Value, json};
use url::{Url, form_urlencoded::byte_serialize};

use backend::Secret;

/// How long a TURN server takes what we sign: a long call, and the night after it.
const GOOD_FOR: i64 = 12 * 60 * 60;

#[derive(Clone, Debug)]
pub(crate) enum Provider {
    Beam,
    Embed(Template),
}

/// The address of a page's call, with `{page}`, `{name}` and `{token}` to be filled in.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) text: String,
    /// What tokens are signed with.
    pub(crate) secret: Option<Secret>,
}

impl Provider {
    /// Whether an address says whether its guest may manage the call.
    pub(crate) fn asks_for_rights(&self) -> bool {
        matches!(self, Self::Embed(template) if template.text.contains("{token}"))
    }

    /// Whose frame stands in our pages: a scheme and a host, and nothing that could end a header's list.
    pub(crate) fn origin(&self) -> Option<String> {
        match self {
            Self::Beam => None,
            Self::Embed(template) => {
                let origin = Url::parse(&template.text).ok()?.origin();
                let origin = origin.ascii_serialization();
                (!origin.contains([';', ',', '"', ' '])).then_some(origin)
            }
        }
    }

    pub(crate) fn settings(&self, page: PageId, guest: &Guest<'_>, now: Timestamp) -> Value {
        match self {
            Self::Beam => json!({ "provider": "beam" }),
            Self::Embed(template) => {
                let name: String = byte_serialize(guest.name.as_bytes()).collect();
                // In a path, a plus is a plus.
                let name = name.replace('+', "%20");
                let secret = template.secret.as_ref();
                let token = secret.map(|secret| token(secret, page, guest, now));
                let url = template
                    .text
                    .replace("{page}", &page.to_string())
                    .replace("{token}", &token.unwrap_or_default())
                    .replace("{name}", &name);
                json!({ "provider": "embed", "url": url })
            }
        }
    }
}

#[derive(Clone, Default)]
pub(crate) struct Turn {
    pub(crate) urls: Vec<String>,
    pub(crate) secret: Option<Secret>,
}

impl Turn {
    /// `RTCConfiguration.iceServers`. With a secret, credentials that end by themselves, as coturn's
    /// `use-auth-secret` checks them (draft-uberti-behave-turn-rest-00).
    pub(crate) fn servers(&self, account: AccountId, now: Timestamp) -> Value {
        if self.urls.is_empty() {
            return json!([]);
        }
        let Some(secret) = &self.secret else {
            return json!([{ "urls": self.urls }]);
        };
        let until = now.plus_secs(GOOD_FOR).millis() / 1000;
        let username = format!("{until}:{account}");
        let key = hmac::Key::new(
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            secret.expose().as_bytes(),
        );
        let credential = STANDARD.encode(hmac::sign(&key, username.as_bytes()));
        json!([{ "urls": self.urls, "username": username, "credential": credential }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        "0198a5c0-0000-7000-8000-000000000000".parse().unwrap()
    }

    #[test]
    fn credentials_are_what_a_turn_server_with_the_same_secret_makes_of_the_name() {
        let turn = Turn {
            urls: vec!["turn:turn.example:3478".into()],
            secret: Some(Secret::new("north".into())),
        };
        let servers = turn.servers(account(), Timestamp(1_000_000));
        let server = &servers[0];
        assert_eq!(
            server["username"],
            "44200:0198a5c0-0000-7000-8000-000000000000"
        );
        // printf '%s' "$username" | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(server["credential"], "1o2iWrn0F8QuCjH1k9aJguN4ABs=");
    }

    #[test]
    fn without_a_secret_there_are_no_credentials_and_without_urls_no_server() {
        let none = Turn::default().servers(account(), Timestamp(0));
        assert_eq!(none, json!([]));
        let stun = Turn {
            urls: vec!["stun:stun.example".into()],
            secret: None,
        };
        let servers = stun.servers(account(), Timestamp(0));
        assert_eq!(servers, json!([{ "urls": ["stun:stun.example"] }]));
    }

    #[test]
    fn an_outside_address_is_filled_in_and_nobody_s_name_leads_elsewhere() {
        let provider = Provider::Embed(Template {
            text: "https://meet.example/{page}?jwt={token}#name={name}".into(),
            secret: Some(Secret::new("north".into())),
        });
        let page: PageId = "0198a5c0-0000-7000-8000-000000000001".parse().unwrap();
        let guest = Guest {
            account: account(),
            name: "Ana /../ ?&{page}{token}",
            moderator: false,
        };
        let settings = provider.settings(page, &guest, Timestamp(0));
        let url = settings["url"].as_str().unwrap();
        let (before, after) = url.split_once('#').unwrap();
        assert_eq!(after, "name=Ana%20%2F..%2F%20%3F%26%7Bpage%7D%7Btoken%7D");
        let token = before.strip_prefix(&format!("https://meet.example/{page}?jwt="));
        assert_eq!(token.unwrap().split('.').count(), 3);
        assert_eq!(provider.origin().as_deref(), Some("https://meet.example"));
        let beam = Provider::Beam.settings(page, &guest, Timestamp(0));
        assert_eq!(beam, json!({ "provider": "beam" }));
        assert_eq!(Provider::Beam.origin(), None);
    }
}
