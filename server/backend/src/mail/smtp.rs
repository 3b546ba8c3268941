//! Sending by SMTP, and the mail server's answer in its own words.

use std::{error::Error as _, time::Duration};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::DEFAULT_MECHANISMS,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt},
        response::Response,
    },
};
use tokio::time::timeout;

use super::{
    CONNECT, Outcome, Outgoing, compose,
    relay::{Relay, Security},
    said,
};
use crate::Secret;

/// For saying goodbye, when all is said.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) async fn send(
    url: &Secret,
    from: &str,
    mail: &Outgoing<'_>,
    whole: Duration,
) -> Outcome {
    let relay = match Relay::parse(url) {
        Ok(relay) => relay,
        Err(why) => return Outcome::Delayed(why),
    };
    let message = match compose::mime(from, mail) {
        Ok(message) => message,
        Err(why) => return Outcome::Failed(said(&why)),
    };
    match timeout(whole, hand_over(&relay, &message)).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::Delayed(format!(
            "{} did not answer within {} seconds.",
            relay.address(),
            whole.as_secs().max(1)
        )),
    }
}

async fn hand_over(relay: &Relay, message: &Message) -> Outcome {
    let mut connection = match connect(relay).await {
        Ok(connection) => connection,
        Err(error) => return refused(relay, &error),
    };
    if let Some(login) = &relay.login
        && let Err(error) = connection.auth(DEFAULT_MECHANISMS, login).await
    {
        // Whatever the code: this is about our settings, not about the mail. It goes once they are right.
        return match refused(relay, &error) {
            Outcome::Failed(words) => Outcome::Delayed(words),
            other => other,
        };
    }
    let answer = deliver(&mut connection, message).await;
    // Beside the outcome: a mail that was taken must not count as lost because a goodbye was.
    tokio::spawn(async move { timeout(GOODBYE, connection.abort()).await });
    match answer {
        Ok(answer) => Outcome::Sent(words(&answer)),
        Err(error) => refused(relay, &error),
    }
}

/// RFC 5321 §3.3. The mail is ASCII, whatever it says, so no extension is needed.
async fn deliver(
    connection: &mut AsyncSmtpConnection,
    message: &Message,
) -> Result<Response, Error> {
    let envelope = message.envelope();
    let from = Mail::new(envelope.from().cloned(), Vec::new());
    connection.command(from).await?;
    for to in envelope.to() {
        connection
            .command(Rcpt::new(to.clone(), Vec::new()))
            .await?;
    }
    connection.command(Data).await?;
    connection.message(&message.formatted()).await
}

async fn connect(relay: &Relay) -> Result<AsyncSmtpConnection, Error> {
    let implicit = match relay.security {
        Security::Implicit => Some(relay.tls()?),
        Security::None | Security::Opportunistic | Security::Required => None,
    };
    let server = (relay.host.as_str(), relay.port);
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &relay.hello, implicit, None)
            .await?;
    let upgrade = match relay.security {
        Security::None | Security::Implicit => false,
        Security::Opportunistic => connection.can_starttls(),
        Security::Required => true,
    };
    if upgrade {
        connection.starttls(relay.tls()?, &relay.hello).await?;
    }
    Ok(connection)
}

fn refused(relay: &Relay, error: &Error) -> Outcome {
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    let Some(code) = error.status() else {
        let words = if words.is_empty() {
            error.to_string()
        } else {
            words
        };
        return Outcome::Delayed(said(&format!(
            "{} could not be used: {words}",
            relay.address()
        )));
    };
    let words = said(&format!("{code} {words}"));
    if error.is_permanent() {
        Outcome::Failed(words)
    } else {
        Outcome::Delayed(words)
    }
}

fn words(answer: &Response) -> String {
    let lines: Vec<&str> = answer.message().collect();
    said(&format!("{} {}", answer.code(), lines.join(" ")))
}

/// Host and port, without the login.
pub(super) fn server(url: &Secret) -> String {
    Relay::parse(url).map_or_else(|why| why, |relay| relay.address())
}

#[cfg(test)]
mod tests {
    use domain::{Email, MailId, Timestamp};
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::TcpListener,
    };

    use super::*;

    /// Sends one mail to a server that answers each line it gets with the next of these, and then says nothing.
    async fn answered(lines: &'static [&'static str]) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Secret::new(format!(
            "smtp://ada:pass@{}",
            listener.local_addr().unwrap()
        ));
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut in_data = false;
            for answer in lines {
                stream
                    .write_all(format!("{answer}\r\n").as_bytes())
                    .await
                    .unwrap();
                let mut line = String::new();
                while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                    if !in_data || line == ".\r\n" {
                        break;
                    }
                    line.clear();
                }
                in_data = line == "DATA\r\n" || (in_data && line != ".\r\n");
                // The mail itself begins only after the next answer.
                if line.is_empty() {
                    return;
                }
            }
            let mut rest = String::new();
            while stream.read_line(&mut rest).await.unwrap_or(0) > 0 {}
        });
        let letter = compose::test("Place", "Ada", "ada@stoa.example");
        let mail = Outgoing {
            id: MailId::new(Timestamp(0), [0; 10]),
            to: &Email::parse("mila@stoa.example").unwrap(),
            letter: &letter,
            now: Timestamp(0),
        };
        let outcome = send(&url, "stoa@localhost", &mail, Duration::from_millis(1500)).await;
        server.abort();
        outcome
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_delays_the_mail() {
        let outcome = answered(&[]).await;
        assert!(
            matches!(&outcome, Outcome::Delayed(words) if words.contains("did not answer")),
            "{outcome:?}"
        );
    }

    #[tokio::test]
    async fn a_mail_that_was_taken_is_sent_even_if_nobody_says_goodbye() {
        let outcome = answered(&[
            "220 hello",
            "250-mail.example\r\n250 AUTH PLAIN",
            "235 come in",
            "250 sender",
            "250 recipient",
            "354 go on",
            "250 2.0.0 Ok: queued as 1A2B",
        ])
        .await;
        assert_eq!(
            outcome,
            Outcome::Sent("250 2.0.0 Ok: queued as 1A2B".into())
        );
    }

    #[tokio::test]
    async fn a_refused_login_delays_the_mail_because_it_is_not_to_blame() {
        let outcome = answered(&[
            "220 hello",
            "250-mail.example\r\n250 AUTH PLAIN",
            "535 5.7.8 Wrong name or password",
        ])
        .await;
        assert_eq!(
            outcome,
            Outcome::Delayed("535 5.7.8 Wrong name or password".into())
        );
    }

    #[tokio::test]
    async fn the_words_of_a_refusal_are_kept() {
        let begin = [
            "220 hello",
            "250-mail.example\r\n250 AUTH PLAIN",
            "235 come in",
            "250 sender",
        ];
        let with = |last: &'static str| -> &'static [&'static str] {
            Box::leak([&begin[..], &[last]].concat().into_boxed_slice())
        };
        let later = answered(with("451 4.7.1 Greylisted, try later")).await;
        assert_eq!(
            later,
            Outcome::Delayed("451 4.7.1 Greylisted, try later".into())
        );
        let never = answered(with("550-5.1.1 No such person\r\n550 5.1.1 here")).await;
        assert_eq!(
            never,
            Outcome::Failed("550 5.1.1 No such person here".into())
        );
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_delays_the_mail() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let relay = Relay::parse(&Secret::new(format!("smtp://{address}"))).unwrap();
        let error = connect(&relay).await.err().unwrap();
        let outcome = refused(&relay, &error);
        assert!(
            matches!(&outcome, Outcome::Delayed(words) if words.contains("refused") && words.contains(&address.to_string())),
            "{outcome:?}"
        );
    }
}
