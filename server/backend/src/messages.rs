//! Messages: posted once however often they are sent, edited, read back, marked as read.

use std::sync::Arc;

use domain::{
    AccountId, Body, Event, History, Message, MessageId, PageId, Refusal, Timestamp, Topic,
};
use uuid::Uuid;

use crate::{
    Backend, Failure, Result, Viewer,
    access::access,
    db::{Conn, execute, fetch_all, fetch_one, fetch_optional},
    limits::Counted,
    recent::Newest,
    writer::Tx,
};

/// Messages in one answer, at most.
const LIMIT: u32 = 200;

impl Backend {
    /// Returns the message's number. Posting the same id again with the same author and page returns the first
    /// number and changes nothing; `IdTaken` if it is somebody else's. The event is published after the commit.
    pub async fn post_message(
        &self,
        viewer: &Viewer,
        page: PageId,
        id: MessageId,
        body: Body,
    ) -> Result<i64> {
        let counted = Counted::Posting(viewer.account.0);
        self.0.limits.take(counted, self.now())?;
        let message = Arc::new(Message {
            id,
            page,
            author: viewer.account,
            author_name: viewer.name.clone(),
            seq: 0,
            changed: 0,
            at: self.now(),
            edited: None,
            body: body.into(),
        });
        let work = self.0.db.write_page(page.0, move |tx| {
            let message = Arc::clone(&message);
            Box::pin(async move { post(tx, &message).await })
        });
        match work.await {
            Ok(Some(seq)) => Ok(seq),
            Ok(None) => self.posted_before(viewer, page, id).await,
            // Another node has just stored the same id.
            Err(error) if error.is_unique_violation() => self.posted_before(viewer, page, id).await,
            Err(error) => Err(error),
        }
    }

    /// Why [`post`] stored nothing: the message is there already, or it may not be.
    async fn posted_before(&self, viewer: &Viewer, page: PageId, id: MessageId) -> Result<i64> {
        let mut conn = self.0.db.read().await?;
        let (access, _) = access(&mut conn, viewer, page).await?.member()?;
        let stored: Option<(Uuid, Uuid, i64)> = fetch_optional!(
            conn,
            "SELECT page, author, seq FROM messages WHERE id = $1",
            id.0
        )?;
        match stored {
            Some((on, by, seq)) if on == page.0 && by == viewer.account.0 => Ok(seq),
            Some(_) => Err(Refusal::IdTaken.into()),
            None => {
                access.open()?;
                Err(Failure::Other(format!("{id:?} was neither stored nor refused")).into())
            }
        }
    }

    /// The author only. Returns the message in its new state.
    pub async fn edit_message(
        &self,
        viewer: &Viewer,
        page: PageId,
        id: MessageId,
        body: Body,
    ) -> Result<Message> {
        let (now, counted) = (self.now(), Counted::Posting(viewer.account.0));
        self.0.limits.take(counted, now)?;
        may_edit(&mut self.0.db.read().await?, viewer, page, id).await?;
        let viewer = viewer.clone();
        let work = self.0.db.write_page(page.0, move |tx| {
            let (viewer, body) = (viewer.clone(), body.clone());
            Box::pin(async move {
                may_edit(tx, &viewer, page, id).await?;
                let (changed,): (i64,) = fetch_one!(
                    tx,
                    "UPDATE pages SET counter = counter + 1 WHERE id = $1 RETURNING counter",
                    page.0
                )?;
                execute!(
                    tx,
                    "UPDATE messages SET body = $1, edited = $2, changed = $3 WHERE id = $4",
                    body.as_str(),
                    now.0,
                    changed,
                    id.0
                )?;
                let message = find(tx, page, id).await?.ok_or(Refusal::NotFound)?;
                tx.publish(Topic::Page(page), Event::Message(message.clone()));
                Ok(message)
            })
        });
        work.await
    }

    /// Up to `limit` (1–200) messages with `seq < before`, the newest of them, in order.
    /// `before: None` gives the newest.
    pub async fn messages_before(
        &self,
        viewer: &Viewer,
        page: PageId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<History> {
        let mut conn = self.0.db.read().await?;
        let (access, _) = access(&mut conn, viewer, page).await?.member()?;
        let before = before.unwrap_or(i64::MAX);
        let (messages, more) = newest(&mut conn, page, before, limit.clamp(1, LIMIT)).await?;
        Ok(History {
            messages,
            counter: access.counter,
            more,
        })
    }

    /// Up to `limit` (1–200) messages with `changed > after`, in the order of `changed`. When `more` is set,
    /// `counter` is the `changed` of the last one, so that asking again from `counter` continues.
    pub async fn messages_after(
        &self,
        viewer: &Viewer,
        page: PageId,
        after: i64,
        limit: u32,
    ) -> Result<History> {
        let limit = limit.clamp(1, LIMIT);
        let mut conn = self.0.db.read().await?;
        let (access, _) = access(&mut conn, viewer, page).await?.member()?;
        let rows: Vec<MessageRow> = fetch_all!(
            conn,
            "SELECT m.id, m.author, a.name AS author_name, m.seq, m.changed, m.at, m.edited, m.body
             FROM messages m JOIN accounts a ON a.id = m.author
             WHERE m.page = $1 AND m.changed > $2 ORDER BY m.changed LIMIT $3",
            page.0,
            after,
            i64::from(limit) + 1
        )?;
        let (messages, more) = cut_off(page, rows, limit);
        let last = messages.last().map_or(0, |message| message.changed);
        Ok(History {
            // What was posted since the counter was read may be among them.
            counter: if more { last } else { last.max(access.counter) },
            messages,
            more,
        })
    }

    /// Moves my read mark forward, never back; tells my other devices.
    pub async fn mark_read(&self, viewer: &Viewer, page: PageId, seq: i64) -> Result<()> {
        let mut conn = self.0.db.read().await?;
        let (access, _) = access(&mut conn, viewer, page).await?.member()?;
        drop(conn);
        let (account, seq) = (viewer.account, seq.min(access.counter));
        if seq <= access.read {
            return Ok(());
        }
        let work = self.0.db.write(move |tx| {
            Box::pin(async move {
                let moved = execute!(
                    tx,
                    "UPDATE members SET read_seq = $1
                     WHERE page = $2 AND account = $3 AND read_seq < $1",
                    seq,
                    page.0,
                    account.0
                )?;
                if moved > 0 {
                    tx.publish(Topic::Account(account), Event::Read { page, seq });
                }
                Ok(())
            })
        });
        work.await
    }
}

/// Stores the message under the page's next number, in two statements. `None`, with nothing changed, if it
/// may not be stored or is stored already.
async fn post(tx: &mut Tx, message: &Message) -> Result<Option<i64>> {
    let (id, page, author, at) = (message.id.0, message.page.0, message.author.0, message.at.0);
    let counter: Option<(i64,)> = fetch_optional!(
        tx,
        "UPDATE pages SET counter = counter + 1, messages = messages + 1, activity = $1
         WHERE id = $2 AND archived IS NULL
           AND EXISTS (SELECT 1 FROM members WHERE page = $2 AND account = $3)
           AND NOT EXISTS (SELECT 1 FROM messages WHERE id = $4)
         RETURNING counter",
        at,
        page,
        author,
        id
    )?;
    let Some((seq,)) = counter else {
        return Ok(None);
    };
    execute!(
        tx,
        "INSERT INTO messages (id, page, author, seq, changed, at, body)
         VALUES ($1, $2, $3, $4, $4, $5, $6)",
        id,
        page,
        author,
        seq,
        at,
        message.body.as_str()
    )?;
    let message = Message {
        seq,
        changed: seq,
        ..message.clone()
    };
    tx.publish(Topic::Page(message.page), Event::Message(message));
    Ok(Some(seq))
}

async fn may_edit(conn: &mut Conn, viewer: &Viewer, page: PageId, id: MessageId) -> Result<()> {
    let (access, _) = access(conn, viewer, page).await?.member()?;
    let message = find(conn, page, id).await?.ok_or(Refusal::NotFound)?;
    if message.author != viewer.account {
        return Err(Refusal::NotYours.into());
    }
    access.open()?;
    Ok(())
}

async fn find(conn: &mut Conn, page: PageId, id: MessageId) -> Result<Option<Message>> {
    let row: Option<MessageRow> = fetch_optional!(
        conn,
        "SELECT m.id, m.author, a.name AS author_name, m.seq, m.changed, m.at, m.edited, m.body
         FROM messages m JOIN accounts a ON a.id = m.author WHERE m.id = $1 AND m.page = $2",
        id.0,
        page.0
    )?;
    Ok(row.map(|row| row.on(page)))
}

/// The newest `limit` messages with `seq < before`, in order, and whether there are older ones.
pub(crate) async fn newest(
    conn: &mut Conn,
    page: PageId,
    before: i64,
    limit: u32,
) -> Result<Newest> {
    let rows: Vec<MessageRow> = fetch_all!(
        conn,
        "SELECT m.id, m.author, a.name AS author_name, m.seq, m.changed, m.at, m.edited, m.body
         FROM messages m JOIN accounts a ON a.id = m.author
         WHERE m.page = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3",
        page.0,
        before,
        i64::from(limit) + 1
    )?;
    let (mut messages, more) = cut_off(page, rows, limit);
    messages.reverse();
    Ok((messages, more))
}

/// One row more than `limit` is asked for, to know whether there are more.
fn cut_off(page: PageId, rows: Vec<MessageRow>, limit: u32) -> (Vec<Message>, bool) {
    let more = rows.len() > limit as usize;
    let messages = rows.into_iter().take(limit as usize);
    (messages.map(|row| row.on(page)).collect(), more)
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: Uuid,
    author: Uuid,
    author_name: String,
    seq: i64,
    changed: i64,
    at: i64,
    edited: Option<i64>,
    body: String,
}

impl MessageRow {
    fn on(self, page: PageId) -> Message {
        Message {
            id: MessageId(self.id),
            page,
            author: AccountId(self.author),
            author_name: self.author_name,
            seq: self.seq,
            changed: self.changed,
            at: Timestamp(self.at),
            edited: self.edited.map(Timestamp),
            body: self.body,
        }
    }
}
