//! The mail itself: composed from templates, sent by SMTP, EmailJS, or kept in the built-in mailbox.

mod compose;
mod emailjs;
mod relay;
mod smtp;
mod template;

use std::time::Duration;

use domain::{Email, MailId, MailTransport, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use compose::{Invited, invitation, sign_in, test};

use crate::{MailSettings, Settings};

/// How long a mail server may take to be reached, and for one mail in all.
const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_mins(1);
/// Of what a mail server says, in characters.
const SAID: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Invitation,
    SignIn,
    Test,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::SignIn => "sign_in",
            Self::Test => "test",
        }
    }
}

/// The parts of a mail, as they wait in the outbox. They hold a link: no `Debug`, and erased once sent.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) link: Option<String>,
    /// Name and address of the person who is behind this mail.
    pub(crate) reply_to: Option<(String, String)>,
    /// From then on its link does not work, and the mail is not worth sending.
    pub(crate) until: Option<Timestamp>,
}

/// A letter on its way.
pub(crate) struct Outgoing<'a> {
    pub(crate) id: MailId,
    pub(crate) to: &'a Email,
    pub(crate) letter: &'a Letter,
    pub(crate) now: Timestamp,
}

/// What has become of a mail, with the mail server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Sent(String),
    /// To be tried again.
    Delayed(String),
    /// Refused for good.
    Failed(String),
    /// There is no mail server: it stays here.
    Kept,
}

pub(crate) async fn send(settings: &Settings, mail: &Outgoing<'_>) -> Outcome {
    match &settings.mail {
        MailSettings::Mailbox => Outcome::Kept,
        MailSettings::Smtp(url) => smtp::send(url, &settings.mail_from, mail, WHOLE).await,
        MailSettings::EmailJs(emailjs) => emailjs::send(emailjs, &settings.mail_from, mail).await,
    }
}

/// How mail is sent, as an admin may see it: without any login.
pub(crate) fn transport(settings: &MailSettings) -> MailTransport {
    match settings {
        MailSettings::Mailbox => MailTransport::Mailbox,
        MailSettings::Smtp(url) => MailTransport::Smtp {
            server: smtp::server(url),
        },
        MailSettings::EmailJs(emailjs) => MailTransport::EmailJs {
            service: emailjs.service.clone(),
        },
    }
}

/// Somebody else's words, fit to be stored and shown.
fn said(words: &str) -> String {
    let words: String = words
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SAID)
        .collect();
    words
}
