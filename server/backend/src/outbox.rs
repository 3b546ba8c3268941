//! The outbox: mails wait here from the transaction that wanted them until a mail server has taken them.

mod admin;

use std::time::Duration;

use domain::{Email, MailId, MailState, PageId, Timestamp, retry_after};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    Backend, Failure, MailSettings, Result,
    db::{Conn, execute, fetch_optional},
    mail::{self, Kind, Letter, Outcome, Outgoing},
};

/// Mails that one node sends at a time.
const AT_ONCE: usize = 4;
/// Longer than a mail may take: after a crash another worker takes it up.
const LEASE: i64 = 120;
/// How soon a mail is found that another node has put here.
const LOOK: Duration = Duration::from_secs(5);

/// A mail that is to be written into the outbox. Made outside of the transaction.
pub(crate) struct NewMail {
    pub(crate) id: MailId,
    pub(crate) kind: Kind,
    pub(crate) to: Email,
    subject: String,
    content: String,
    state: MailState,
    created: Timestamp,
}

impl NewMail {
    pub(crate) async fn insert(&self, conn: &mut Conn) -> Result<()> {
        let next_try = (self.state == MailState::Waiting).then_some(self.created.0);
        execute!(
            conn,
            "INSERT INTO mails (id, kind, recipient, subject, content, state, next_try, created)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            self.id.0,
            self.kind.as_str(),
            self.to.as_str(),
            self.subject.as_str(),
            self.content.as_str(),
            self.state.as_str(),
            next_try,
            self.created.0
        )?;
        Ok(())
    }
}

/// Takes back a mail that has not gone out.
pub(crate) async fn cancel(conn: &mut Conn, id: Uuid) -> Result<()> {
    execute!(
        conn,
        "UPDATE mails SET state = 'cancelled', content = NULL, next_try = NULL
         WHERE id = $1 AND state IN ('waiting', 'delayed')",
        id
    )?;
    Ok(())
}

/// Takes back the invitations to a page that have not gone out.
pub(crate) async fn cancel_invitations(conn: &mut Conn, page: PageId) -> Result<()> {
    execute!(
        conn,
        "UPDATE mails SET state = 'cancelled', content = NULL, next_try = NULL
         WHERE state IN ('waiting', 'delayed')
           AND id IN (SELECT mail FROM invitations WHERE page = $1)",
        page.0
    )?;
    Ok(())
}

/// A mail that this worker, and no other, is to send.
#[derive(sqlx::FromRow)]
struct Claimed {
    id: Uuid,
    recipient: String,
    content: Option<String>,
    tries: i32,
    said: Option<String>,
    created: i64,
}

/// Tells one holder of a mail from the one after.
#[derive(Clone, Copy)]
struct Lease(i64);

pub(crate) async fn deliver(backend: Backend) {
    if let Err(error) = backend.take_up_leftovers().await {
        tracing::warn!(%error, "what a stop has interrupted waits for its lease to run out");
    }
    let mut sending = JoinSet::new();
    loop {
        while sending.len() < AT_ONCE {
            match backend.claim().await {
                Ok(Some((mail, lease))) => {
                    let backend = backend.clone();
                    sending.spawn(async move { backend.send_claimed(mail, lease).await });
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "the outbox could not be read");
                    break;
                }
            }
        }
        tokio::select! {
            () = backend.stopping() => break,
            Some(_) = sending.join_next(), if !sending.is_empty() => {}
            () = backend.0.outbox.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    // What is with a mail server now may still end well.
    while sending.join_next().await.is_some() {}
}

impl Backend {
    pub(crate) fn new_mail(&self, kind: Kind, to: &Email, letter: &Letter) -> Result<NewMail> {
        let now = self.now();
        let content = serde_json::to_string(letter)
            .map_err(|error| Failure::Other(format!("a mail cannot be written: {error}")))?;
        let state = match self.0.settings.mail {
            MailSettings::Mailbox => MailState::Kept,
            MailSettings::Smtp(_) | MailSettings::EmailJs(_) => MailState::Waiting,
        };
        Ok(NewMail {
            id: MailId::new(now, self.0.random.id()?),
            kind,
            to: to.clone(),
            subject: letter.subject.clone(),
            content,
            state,
            created: now,
        })
    }

    /// To be called after the commit.
    pub(crate) fn wake_outbox(&self) {
        self.0.outbox.notify_one();
    }

    /// Sends what is due now, one after the other, and says how many that were. The worker does the same by itself.
    pub async fn send_due_mails(&self) -> Result<usize> {
        let mut sent = 0;
        while let Some((mail, lease)) = self.claim().await? {
            self.send_claimed(mail, lease).await;
            sent += 1;
        }
        Ok(sent)
    }

    /// On SQLite nobody else can be at it: what was held when the program ended need not wait.
    async fn take_up_leftovers(&self) -> Result<()> {
        if self.0.settings.database_url.is_some() {
            return Ok(());
        }
        let work = self.0.db.write(|tx| {
            Box::pin(async move { execute!(tx, "UPDATE mails SET leased = 0 WHERE leased > 0") })
        });
        work.await.map(drop)
    }

    async fn claim(&self) -> Result<Option<(Claimed, Lease)>> {
        loop {
            let now = self.now();
            let mut conn = self.0.db.read().await?;
            let mail: Option<Claimed> = fetch_optional!(
                conn,
                "SELECT id, recipient, content, tries, said, created FROM mails
                 WHERE state IN ('waiting', 'delayed') AND next_try <= $1 AND leased <= $1
                 ORDER BY next_try LIMIT 1",
                now.0
            )?;
            drop(conn);
            let Some(mail) = mail else {
                return Ok(None);
            };
            let (id, lease) = (mail.id, now.plus_secs(LEASE).0);
            let work = self.0.db.write(move |tx| {
                Box::pin(async move {
                    execute!(
                        tx,
                        "UPDATE mails SET leased = $1
                         WHERE id = $2 AND state IN ('waiting', 'delayed')
                           AND next_try <= $3 AND leased <= $3",
                        lease,
                        id,
                        now.0
                    )
                })
            });
            if work.await? > 0 {
                return Ok(Some((mail, Lease(lease))));
            }
        }
    }

    async fn send_claimed(&self, mail: Claimed, lease: Lease) {
        let outcome = self.try_to_send(&mail).await;
        if let Err(error) = self.record(&mail, lease, outcome).await {
            // The lease runs out and the mail is sent again: rather twice than never.
            tracing::warn!(%error, mail = %mail.id, "what became of a mail could not be written down");
        }
    }

    async fn try_to_send(&self, mail: &Claimed) -> Outcome {
        let letter = mail.content.as_deref().map(serde_json::from_str::<Letter>);
        let (Some(Ok(letter)), Ok(to)) = (letter, Email::parse(&mail.recipient)) else {
            return Outcome::Failed("The mail is damaged.".to_owned());
        };
        if letter.until.is_some_and(|until| until <= self.now()) {
            let before = mail.said.as_deref().unwrap_or_default();
            let words = format!("Its link expired before it could be sent. {before}");
            return Outcome::Failed(words.trim().to_owned());
        }
        let outgoing = Outgoing {
            id: MailId(mail.id),
            to: &to,
            letter: &letter,
            now: Timestamp(mail.created),
        };
        mail::send(&self.0.settings, &outgoing).await
    }

    async fn record(&self, mail: &Claimed, lease: Lease, outcome: Outcome) -> Result<()> {
        let (id, now, tries) = (mail.id, self.now(), mail.tries + 1);
        let (state, said, next_try) = match outcome {
            Outcome::Sent(said) => (MailState::Sent, Some(said), None),
            Outcome::Failed(said) => (MailState::Failed, Some(said), None),
            Outcome::Kept => (MailState::Kept, None, None),
            Outcome::Delayed(said) => match retry_after(tries.unsigned_abs()) {
                Some(wait) => (MailState::Delayed, Some(said), Some(now.plus_secs(wait).0)),
                None => (MailState::Failed, Some(said), None),
            },
        };
        match state {
            MailState::Sent | MailState::Kept => tracing::info!(mail = %id, "a mail went out"),
            _ => tracing::warn!(mail = %id, state = state.as_str(), said, "a mail did not go out"),
        }
        let sent = (state == MailState::Sent).then_some(now.0);
        let work = self.0.db.write(move |tx| {
            let said = said.clone();
            Box::pin(async move {
                // A mail that was taken back meanwhile is not put back in the queue. What a mail server took is sent.
                execute!(
                    tx,
                    "UPDATE mails SET state = $1, said = $2, next_try = $3, sent = $4, tries = $5, leased = 0,
                       content = CASE WHEN $6 THEN NULL ELSE content END
                     WHERE id = $7 AND leased = $8 AND (state <> 'cancelled' OR $6)",
                    state.as_str(),
                    said,
                    next_try,
                    sent,
                    tries,
                    state == MailState::Sent,
                    id,
                    lease.0
                )
            })
        });
        work.await.map(drop)
    }
}
