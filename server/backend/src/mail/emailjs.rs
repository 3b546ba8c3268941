//! Sending by the HTTP API of EmailJS.

use domain::MailId;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::{CONNECT, Outcome, Outgoing, WHOLE, compose, said};
use crate::EmailJs;

const SEND: &str = "/api/v1.0/email/send";

pub(super) async fn send(settings: &EmailJs, from: &str, mail: &Outgoing<'_>) -> Outcome {
    let letter = mail.letter;
    let from = match compose::mailbox(from) {
        Ok(from) => from,
        Err(why) => return Outcome::Failed(said(&why)),
    };
    let (from_name, reply_to) = match &letter.reply_to {
        Some((name, email)) => (name.clone(), email.clone()),
        None => (
            from.name.unwrap_or_else(|| "Stoa".to_owned()),
            from.email.to_string(),
        ),
    };
    let body = json!({
        "service_id": settings.service,
        "template_id": settings.template,
        "user_id": settings.public_key,
        "accessToken": settings.private_key.expose(),
        "template_params": {
            "to_email": mail.to.as_str(),
            "to_name": mail.to.as_str(),
            "from_name": compose::one_line(&from_name),
            "reply_to": reply_to,
            "subject": compose::one_line(&letter.subject),
            "text": letter.text,
            "html": letter.html,
            "link": letter.link,
        },
    });
    let url = endpoint(&settings.url);
    let (host, id) = (host(&url).to_owned(), mail.id);
    let posted = spawn_blocking(move || post(&url, &body)).await;
    match posted {
        Ok(Ok((status, words))) => answered(status, &words),
        Ok(Err(error)) => Outcome::Delayed(said(&format!("{host} could not be used: {error}"))),
        Err(error) => lost(id, &error),
    }
}

fn lost(id: MailId, error: &tokio::task::JoinError) -> Outcome {
    tracing::error!(%id, %error, "sending a mail ended badly");
    Outcome::Delayed("Sending it ended badly; the log says more.".to_owned())
}

fn post(url: &str, body: &serde_json::Value) -> Result<(u16, String), ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(WHOLE))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let mut response = agent.post(url).send_json(body)?;
    let words = response
        .body_mut()
        .with_config()
        .limit(8192)
        .read_to_string();
    Ok((response.status().as_u16(), words.unwrap_or_default()))
}

/// Its errors are HTTP's: the request is wrong for good (4xx), or it may be sent again later.
fn answered(status: u16, words: &str) -> Outcome {
    let words = said(&format!("{status} {words}"));
    match status {
        200..=299 => Outcome::Sent(words),
        408 | 425 | 429 | 500.. => Outcome::Delayed(words),
        _ => Outcome::Failed(words),
    }
}

/// The setting may name the server only, or the address to post to.
fn endpoint(url: &str) -> String {
    let url = url.trim_end_matches('/');
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    if rest.contains('/') {
        url.to_owned()
    } else {
        format!("{url}{SEND}")
    }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_found_at_a_server_or_at_its_full_address() {
        let full = "https://api.emailjs.com/api/v1.0/email/send";
        assert_eq!(endpoint("https://api.emailjs.com/"), full);
        assert_eq!(endpoint(full), full);
        assert_eq!(host(full), "api.emailjs.com");
    }

    #[test]
    fn a_busy_service_delays_and_a_wrong_request_fails() {
        assert_eq!(answered(200, "OK"), Outcome::Sent("200 OK".into()));
        assert!(matches!(answered(429, "slow down"), Outcome::Delayed(_)));
        assert!(matches!(answered(503, ""), Outcome::Delayed(_)));
        assert!(matches!(
            answered(404, "no such template"),
            Outcome::Failed(_)
        ));
    }
}
