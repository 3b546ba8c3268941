//! Messages as they are read: whole, in order, in stretches.

use domain::{AccountId, Around, History, Message, MessageId, PageId, Quote, Timestamp};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{
    Backend, Result, Viewer,
    access::access,
    db::{Conn, fetch_all, fetch_optional},
    reactions,
    recent::Newest,
};

/// Messages in one answer, at most.
const LIMIT: u32 = 200;

/// The columns of a [`MessageRow`], of `messages m` with [`people!`] joined.
macro_rules! columns {
    () => {
        "m.id, m.page, m.author, a.name AS author_name, m.seq, m.changed, m.at, m.edited,
         m.deleted IS NOT NULL AS deleted, m.body, m.mentions, m.images, m.call, r.id AS reply_id, r.seq AS reply_seq,
         r.author AS reply_author, q.name AS reply_name, substr(r.body, 1, 160) AS reply_text,
         r.image_count AS reply_images"
    };
}

/// Who wrote a message, what it answers, and who wrote that.
macro_rules! people {
    () => {
        "JOIN accounts a ON a.id = m.author
         LEFT JOIN messages r ON r.id = m.reply
         LEFT JOIN accounts q ON q.id = r.author"
    };
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            $crate::history::columns!(),
            " FROM messages m ",
            $crate::history::people!(),
            " ",
            $rest
        )
    };
}

pub(crate) use {columns, people};

impl Backend {
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
            select!("WHERE m.page = $1 AND m.changed > $2 ORDER BY m.changed LIMIT $3"),
            page.0,
            after,
            i64::from(limit) + 1
        )?;
        let (messages, more) = cut_off(&mut conn, rows, limit).await?;
        let last = messages.last().map_or(0, |message| message.changed);
        Ok(History {
            // What was posted since the counter was read may be among them.
            counter: if more { last } else { last.max(access.counter) },
            messages,
            more,
        })
    }

    /// Up to `limit` (1–200) messages, half of them before `seq` and half from `seq` on, in order.
    pub async fn messages_around(
        &self,
        viewer: &Viewer,
        page: PageId,
        seq: i64,
        limit: u32,
    ) -> Result<Around> {
        let limit = limit.clamp(1, LIMIT);
        let mut conn = self.0.db.read().await?;
        let (access, _) = access(&mut conn, viewer, page).await?.member()?;
        let (mut rows, older) = newest_rows(&mut conn, page, seq, limit / 2).await?;
        let (from, newer) = rows_from(&mut conn, page, seq, limit - limit / 2).await?;
        rows.extend(from);
        Ok(Around {
            messages: whole(&mut conn, rows).await?,
            counter: access.counter,
            older,
            newer,
        })
    }
}

pub(crate) async fn find(conn: &mut Conn, page: PageId, id: MessageId) -> Result<Option<Message>> {
    let row: Option<MessageRow> = fetch_optional!(
        conn,
        select!("WHERE m.id = $1 AND m.page = $2"),
        id.0,
        page.0
    )?;
    Ok(whole(conn, row).await?.pop())
}

/// The newest `limit` messages with `seq < before`, in order, and whether there are older ones.
pub(crate) async fn newest(
    conn: &mut Conn,
    page: PageId,
    before: i64,
    limit: u32,
) -> Result<Newest> {
    let (rows, more) = newest_rows(conn, page, before, limit).await?;
    Ok((whole(conn, rows).await?, more))
}

async fn newest_rows(
    conn: &mut Conn,
    page: PageId,
    before: i64,
    limit: u32,
) -> Result<(Vec<MessageRow>, bool)> {
    let mut rows: Vec<MessageRow> = fetch_all!(
        conn,
        select!("WHERE m.page = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3"),
        page.0,
        before,
        i64::from(limit) + 1
    )?;
    let more = cut(&mut rows, limit);
    rows.reverse();
    Ok((rows, more))
}

async fn rows_from(
    conn: &mut Conn,
    page: PageId,
    from: i64,
    limit: u32,
) -> Result<(Vec<MessageRow>, bool)> {
    let mut rows: Vec<MessageRow> = fetch_all!(
        conn,
        select!("WHERE m.page = $1 AND m.seq >= $2 ORDER BY m.seq LIMIT $3"),
        page.0,
        from,
        i64::from(limit) + 1
    )?;
    let more = cut(&mut rows, limit);
    Ok((rows, more))
}

/// One row more than `limit` is asked for, to know whether there are more.
pub(crate) fn cut<T>(rows: &mut Vec<T>, limit: u32) -> bool {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    more
}

async fn cut_off(
    conn: &mut Conn,
    mut rows: Vec<MessageRow>,
    limit: u32,
) -> Result<(Vec<Message>, bool)> {
    let more = cut(&mut rows, limit);
    Ok((whole(conn, rows).await?, more))
}

/// With their reactions.
pub(crate) async fn whole(
    conn: &mut Conn,
    rows: impl IntoIterator<Item = MessageRow>,
) -> Result<Vec<Message>> {
    let mut messages: Vec<Message> = rows.into_iter().map(Message::from).collect();
    reactions::fill(conn, &mut messages).await?;
    Ok(messages)
}

#[derive(sqlx::FromRow)]
pub(crate) struct MessageRow {
    id: Uuid,
    page: Uuid,
    author: Uuid,
    author_name: String,
    seq: i64,
    changed: i64,
    at: i64,
    edited: Option<i64>,
    deleted: bool,
    body: String,
    mentions: String,
    images: String,
    call: String,
    reply_id: Option<Uuid>,
    reply_seq: Option<i64>,
    reply_author: Option<Uuid>,
    reply_name: Option<String>,
    reply_text: Option<String>,
    reply_images: Option<i64>,
}

impl MessageRow {
    fn quote(&mut self) -> Option<Quote> {
        Some(Quote {
            id: MessageId(self.reply_id?),
            seq: self.reply_seq?,
            author: AccountId(self.reply_author?),
            author_name: self.reply_name.take()?,
            text: self.reply_text.take()?,
            images: self.reply_images? as usize,
        })
    }
}

/// What is stored with the message as JSON, or empty.
fn list<T: DeserializeOwned>(stored: &str) -> Vec<T> {
    if stored.is_empty() {
        return Vec::new();
    }
    serde_json::from_str(stored).unwrap_or_default()
}

impl From<MessageRow> for Message {
    fn from(mut row: MessageRow) -> Self {
        Self {
            reply: row.quote(),
            mentions: list(&row.mentions),
            images: list(&row.images),
            reactions: Vec::new(),
            call: serde_json::from_str(&row.call)
                .ok()
                .filter(|_| !row.deleted),
            id: MessageId(row.id),
            page: PageId(row.page),
            author: AccountId(row.author),
            author_name: row.author_name,
            seq: row.seq,
            changed: row.changed,
            at: Timestamp(row.at),
            edited: row.edited.map(Timestamp),
            deleted: row.deleted,
            body: row.body,
        }
    }
}
