//! What an admin sees of the outbox and does with it.

use std::sync::Arc;

use domain::{Email, MailId, MailItem, MailState, Mailbox, Refusal, SentMail, Timestamp};
use uuid::Uuid;

use super::NewMail;
use crate::{
    Backend, Result, Viewer, accounts,
    db::{execute, fetch_all, fetch_one},
    limits::Counted,
    mail::{self, Kind, Letter, Outcome, Outgoing},
};

const SHOWN: i64 = 200;

impl Backend {
    /// The newest 200 mails. Admins of the place only.
    pub async fn mailbox(&self, viewer: &Viewer) -> Result<Mailbox> {
        let mut conn = self.0.db.read().await?;
        accounts::require_admin(&mut conn, viewer).await?;
        let rows: Vec<MailRow> = fetch_all!(
            conn,
            "SELECT id, kind, recipient, subject, content, state, tries, next_try, said, created
             FROM mails ORDER BY created DESC, id DESC LIMIT $1",
            SHOWN
        )?;
        let (waiting,): (i64,) = fetch_one!(
            conn,
            "SELECT COUNT(*) FROM mails WHERE state IN ('waiting', 'delayed')"
        )?;
        Ok(Mailbox {
            transport: mail::transport(&self.0.settings.mail),
            from: self.0.settings.mail_from.clone(),
            items: rows.into_iter().map(MailItem::from).collect(),
            waiting,
        })
    }

    /// Sends a test mail at once and tells the mail server's answer in words. Admins of the place only.
    pub async fn send_test_mail(&self, viewer: &Viewer, to: &Email) -> Result<SentMail> {
        accounts::require_admin(&mut self.0.db.read().await?, viewer).await?;
        let now = self.now();
        let counted = Counted::TestMail(viewer.account.0);
        self.0.limits.take(counted, now)?;
        let place = self.place_name().await?.unwrap_or_default();
        let letter = mail::test(&place, &viewer.name, &viewer.email);
        let new = self.new_mail(Kind::Test, to, &letter)?;
        let outgoing = Outgoing {
            id: new.id,
            to,
            letter: &letter,
            now,
        };
        let outcome = mail::send(&self.0.settings, &outgoing).await;
        let (state, ok, said) = match outcome {
            Outcome::Sent(said) => (MailState::Sent, true, said),
            // Whoever tries it out sees the answer: it is not tried again behind their back.
            Outcome::Delayed(said) | Outcome::Failed(said) => (MailState::Failed, false, said),
            Outcome::Kept => {
                let said = "No mail server is set, so the mail stays here in the mailbox.";
                (MailState::Kept, true, said.to_owned())
            }
        };
        let tested = SentMail {
            ok,
            said: said.clone(),
        };
        let new = Arc::new(NewMail { state, ..new });
        let work = self.0.db.write(move |tx| {
            let (new, said) = (Arc::clone(&new), said.clone());
            Box::pin(async move {
                new.insert(tx).await?;
                execute!(
                    tx,
                    "UPDATE mails SET said = $1, tries = 1 WHERE id = $2",
                    said,
                    new.id.0
                )
            })
        });
        work.await?;
        Ok(tested)
    }

    /// Tries a delayed or failed mail again now. Admins of the place only.
    pub async fn retry_mail(&self, viewer: &Viewer, id: MailId) -> Result<()> {
        accounts::require_admin(&mut self.0.db.read().await?, viewer).await?;
        let now = self.now();
        let work = self.0.db.write(move |tx| {
            Box::pin(async move {
                // One that had failed for good starts over.
                execute!(
                    tx,
                    "UPDATE mails SET next_try = $1, state = 'delayed',
                       tries = CASE WHEN state = 'failed' THEN 0 ELSE tries END
                     WHERE id = $2 AND state IN ('delayed', 'failed') AND content IS NOT NULL",
                    now.0,
                    id.0
                )
            })
        });
        if work.await? == 0 {
            return Err(Refusal::NotFound.into());
        }
        self.wake_outbox();
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct MailRow {
    id: Uuid,
    kind: String,
    recipient: String,
    subject: String,
    content: Option<String>,
    state: String,
    tries: i32,
    next_try: Option<i64>,
    said: Option<String>,
    created: i64,
}

impl From<MailRow> for MailItem {
    fn from(row: MailRow) -> Self {
        let state = MailState::parse(&row.state).unwrap_or(MailState::Failed);
        // Somebody's way in is not for admins, unless there is no other way to hand it on.
        let shown = state == MailState::Kept || row.kind != Kind::SignIn.as_str();
        let letter = row
            .content
            .filter(|_| shown)
            .and_then(|content| serde_json::from_str::<Letter>(&content).ok());
        Self {
            id: MailId(row.id),
            to: row.recipient,
            subject: row.subject,
            state,
            created: Timestamp(row.created),
            tries: u32::try_from(row.tries).unwrap_or(0),
            next_try: row.next_try.map(Timestamp),
            said: row.said,
            text: letter.map(|letter| letter.text),
        }
    }
}
