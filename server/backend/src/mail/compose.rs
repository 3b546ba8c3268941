//! The kinds of mail as letters, and a letter as MIME.

use std::time::{Duration, SystemTime};

use domain::{Email, LocalTime, SignInCode, Timestamp};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use super::{
    Letter, Outgoing,
    template::{Syntax, fill},
};

/// What an invitation's mail is made of.
pub(crate) struct Invited<'a> {
    pub(crate) to: &'a Email,
    pub(crate) inviter: &'a str,
    pub(crate) inviter_email: &'a str,
    pub(crate) page: &'a str,
    pub(crate) note: &'a str,
    pub(crate) link: &'a str,
    pub(crate) expires: Timestamp,
}

pub(crate) fn invitation(mail: &Invited<'_>) -> Letter {
    let inviter = one_line(mail.inviter);
    let page = one_line(mail.page);
    let note = mail.note.trim();
    let subject = format!("{inviter} invites you to “{page}”");
    let (note_html, note_text) = if note.is_empty() {
        (String::new(), String::new())
    } else {
        let quoted: Vec<String> = note.lines().map(|line| format!("> {line}")).collect();
        (
            fill(
                include_str!("../../templates/note.html"),
                Syntax::Html,
                &[("note", note)],
            ),
            format!("\n{}\n", quoted.join("\n")),
        )
    };
    let until = day_and_time(mail.expires);
    let values = |note| {
        [
            ("inviter", inviter.as_str()),
            ("page", page.as_str()),
            ("link", mail.link),
            ("to", mail.to.as_str()),
            ("until", until.as_str()),
            ("note", note),
        ]
    };
    let text = include_str!("../../templates/invitation.txt");
    let html = include_str!("../../templates/invitation.html");
    Letter {
        text: fill(text, Syntax::Text, &values(&note_text)),
        html: framed(&subject, html, &values(&note_html)),
        subject,
        link: Some(mail.link.to_owned()),
        reply_to: Some((inviter.clone(), mail.inviter_email.to_owned())),
        until: Some(mail.expires),
    }
}

pub(crate) fn sign_in(place: &str, link: &str, code: &SignInCode, until: Timestamp) -> Letter {
    let place = one_line(place);
    let subject = format!("Sign in to {place}");
    let minutes = (crate::Backend::SIGN_IN_SECONDS / 60).to_string();
    let values = [
        ("place", place.as_str()),
        ("link", link),
        ("code", code.as_str()),
        ("minutes", minutes.as_str()),
    ];
    Letter {
        text: fill(
            include_str!("../../templates/sign_in.txt"),
            Syntax::Text,
            &values,
        ),
        html: framed(
            &subject,
            include_str!("../../templates/sign_in.html"),
            &values,
        ),
        subject,
        link: Some(link.to_owned()),
        reply_to: None,
        until: Some(until),
    }
}

pub(crate) fn test(place: &str, asker: &str, asker_email: &str) -> Letter {
    let (place, asker) = (one_line(place), one_line(asker));
    let subject = format!("Mail from {place} works");
    let values = [("place", place.as_str()), ("asker", asker.as_str())];
    Letter {
        text: fill(
            include_str!("../../templates/test.txt"),
            Syntax::Text,
            &values,
        ),
        html: framed(&subject, include_str!("../../templates/test.html"), &values),
        subject,
        link: None,
        reply_to: Some((asker.clone(), asker_email.to_owned())),
        until: None,
    }
}

fn framed(subject: &str, content: &str, values: &[(&str, &str)]) -> String {
    let content = fill(content, Syntax::Html, values);
    fill(
        include_str!("../../templates/frame.html"),
        Syntax::Html,
        &[("subject", subject), ("content", &content)],
    )
}

/// For a header: whatever could end its line becomes a space. Names are checked when they are given; this
/// is for those that came into the database another way.
pub(super) fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let spaced: String = text
        .chars()
        .map(|c| if breaks(c) { ' ' } else { c })
        .collect();
    spaced.trim().to_owned()
}

/// `29 November 2026, 12:00 UTC`
fn day_and_time(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let at = LocalTime::new(at, 0);
    let month = MONTHS[usize::from(at.month.clamp(1, 12)) - 1];
    format!("{} {month} {}, {} UTC", at.day, at.year, at.clock())
}

/// `Name <address>` or an address, as the setting has it.
pub(super) fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse()
        .map_err(|error| format!("STOA_MAIL_FROM cannot be used: {error}"))
}

/// The mail as it goes over the wire.
pub(super) fn mime(from: &str, mail: &Outgoing<'_>) -> Result<Message, String> {
    let from = mailbox(from)?;
    let address = |text: &str| {
        text.parse::<Address>()
            .map_err(|error| format!("{text} cannot be used: {error}"))
    };
    // The same at every try, so that a mail that came twice can be told.
    let id = format!("<{}@{}>", mail.id, from.email.domain());
    let date = Duration::from_millis(u64::try_from(mail.now.millis()).unwrap_or(0));
    let mut message = Message::builder()
        .from(from)
        .to(Mailbox::new(None, address(mail.to.as_str())?))
        .subject(one_line(&mail.letter.subject))
        .date(SystemTime::UNIX_EPOCH + date)
        .message_id(Some(id))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    if let Some((name, email)) = &mail.letter.reply_to {
        message = message.reply_to(Mailbox::new(Some(one_line(name)), address(email)?));
    }
    message
        .multipart(MultiPart::alternative_plain_html(
            mail.letter.text.clone(),
            mail.letter.html.clone(),
        ))
        .map_err(|error| format!("the mail cannot be composed: {error}"))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use domain::MailId;

    use super::*;

    const NOON: Timestamp = Timestamp(1_795_348_800_000);

    fn sent(inviter: &str, page: &str, note: &str) -> (Letter, String) {
        let to = Email::parse("mila@stoa.example").unwrap();
        let letter = invitation(&Invited {
            to: &to,
            inviter,
            inviter_email: "ada@stoa.example",
            page,
            note,
            link: "https://stoa.example/invite/abc",
            expires: NOON.plus_secs(7 * 86_400),
        });
        let mail = Outgoing {
            id: MailId::new(NOON, [7; 10]),
            to: &to,
            letter: &letter,
            now: NOON,
        };
        let message = mime("Stoa <stoa@stoa.example>", &mail).unwrap();
        let formatted = String::from_utf8(message.formatted()).unwrap();
        (letter, formatted)
    }

    #[test]
    fn an_invitation_has_its_headers_and_says_everything_in_both_parts() {
        let (letter, mime) = sent("Ada", "Garden", "Come in!\nTea is ready.");
        for header in [
            "From: Stoa <stoa@stoa.example>\r\n",
            "To: mila@stoa.example\r\n",
            "Reply-To: Ada <ada@stoa.example>\r\n",
            "Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Message-ID: <",
            "Content-Type: multipart/alternative",
        ] {
            assert!(mime.contains(header), "{header} is not in {mime}");
        }
        for part in [&letter.text, &letter.html] {
            for words in [
                "Ada",
                "Garden",
                "Tea is ready.",
                "29 November 2026, 12:00 UTC",
            ] {
                assert!(part.contains(words), "{words} is not in {part}");
            }
            assert_eq!(part.matches("https://").count(), 1, "{part}");
        }
        assert!(letter.text.contains("\n> Come in!\n> Tea is ready.\n"));
        assert!(!letter.html.contains("<img") && !letter.html.contains("url("));
    }

    #[test]
    fn names_and_notes_are_text_in_html() {
        let (letter, _) = sent("<i>Ada</i>", "A & B", "<script>alert('x')</script>{{link}}");
        assert!(
            letter
                .html
                .contains("&lt;i&gt;Ada&lt;/i&gt; invites you to")
        );
        assert!(letter.html.contains("A &amp; B"));
        assert!(!letter.html.contains("<script"));
        assert!(letter.html.contains("{{link}}"));
    }

    #[test]
    fn a_name_cannot_add_a_header() {
        let evil = "Ada\r\nBcc: all@stoa.example\r\n\r\nHello";
        let (_, mime) = sent(evil, evil, "");
        let head = mime.split("\r\n\r\n").next().unwrap();
        assert!(!head.to_lowercase().contains("\nbcc:"), "{head}");
        assert!(head.contains("Auto-Submitted"), "{head}");
    }

    #[test]
    fn names_of_every_script_and_with_commas_survive_in_headers() {
        let (_, mime) = sent("Ünal, Ayşe \"A\" <x@y>", "Сад 🌱", "");
        let head = mime.split("\r\n\r\n").next().unwrap();
        assert!(head.is_ascii(), "{head}");
        assert_eq!(head.matches("ada@stoa.example").count(), 1, "{head}");
        assert!(!head.contains("A\" <x@y> <ada"), "{head}");
        assert_eq!(head.matches("\nReply-To: ").count(), 1, "{head}");
    }

    #[test]
    fn a_sign_in_mail_has_a_link_and_a_code() {
        let code = SignInCode::parse("012345").unwrap();
        let letter = sign_in("Our place", "https://stoa.example/sign-in/abc", &code, NOON);
        for part in [&letter.text, &letter.html] {
            assert!(
                part.contains("012345") && part.contains("15 minutes"),
                "{part}"
            );
            assert_eq!(part.matches("https://").count(), 1, "{part}");
        }
        assert!(!letter.subject.contains("012345"));
    }
}
