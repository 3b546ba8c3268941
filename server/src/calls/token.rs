//! The token an outside provider lets our members in by: a JWT (RFC 7519) signed with HS256, with the claims that Jitsi reads
//! (doc/tokens.md of lib-jitsi-meet).

use backend::Secret;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{AccountId, PageId, Timestamp};
use ring::hmac;
use serde_json::json;

/// A provider asks for it again when somebody's network comes back.
const GOOD_FOR: i64 = 60 * 60;

/// Who goes there.
pub(crate) struct Guest<'a> {
    pub(crate) account: AccountId,
    pub(crate) name: &'a str,
    /// An admin of the page or of the place.
    pub(crate) moderator: bool,
}

pub(crate) fn token(secret: &Secret, page: PageId, guest: &Guest<'_>, now: Timestamp) -> String {
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let claims = json!({
        "aud": "jitsi",
        "iss": "stoa",
        // Whatever the provider calls its domain: the room is named.
        "sub": "*",
        "room": page,
        "iat": now.millis() / 1_000,
        "exp": now.plus_secs(GOOD_FOR).millis() / 1_000,
        // All of them are texts: other kinds of values are not taken there.
        "context": { "user": {
            "id": guest.account,
            "name": guest.name,
            "moderator": guest.moderator.to_string(),
        }},
    });
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let [header, claims] = [header, claims].map(|part| encode(part.to_string().as_bytes()));
    let signed = format!("{header}.{claims}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let signature = encode(hmac::sign(&key, signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const NAME: &str = "Zoë \"the\" Vos";

    fn made() -> String {
        let guest = Guest {
            account: "0198a5c0-0000-7000-8000-000000000000".parse().unwrap(),
            name: NAME,
            moderator: true,
        };
        let page = "0198a5c0-0000-7000-8000-000000000001".parse().unwrap();
        token(
            &Secret::new("north".into()),
            page,
            &guest,
            Timestamp(1_000_000),
        )
    }

    #[test]
    fn a_token_says_who_may_come_where_and_until_when() {
        let token = made();
        let parts: Vec<&str> = token.split('.').collect();
        let read = |part: &str| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(read(parts[0]), json!({ "alg": "HS256", "typ": "JWT" }));
        let claims = read(parts[1]);
        for (name, expected) in [
            ("aud", json!("jitsi")),
            ("iss", json!("stoa")),
            ("sub", json!("*")),
            ("room", json!("0198a5c0-0000-7000-8000-000000000001")),
            ("exp", json!(4_600)),
        ] {
            assert_eq!(claims[name], expected, "{name}");
        }
        let user = &claims["context"]["user"];
        assert_eq!(
            (&user["name"], &user["moderator"]),
            (&json!(NAME), &json!("true"))
        );
    }

    #[test]
    fn its_signature_is_what_others_make_of_it() {
        // printf '%s' "${token%.*}" | openssl dgst -sha256 -hmac north -binary | basenc --base64url | tr -d =
        let token = made();
        assert_eq!(
            token.rsplit('.').next().unwrap(),
            "C0IwF-czVItMX3D1OnNO5bOzA7ul7TYlFeZ6OZHCReI"
        );
    }
}
