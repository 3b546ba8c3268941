//! Messages: posted once however often they are sent, edited, deleted.

use std::sync::Arc;

use domain::{
    AccountId, Body, Caption, Event, ImageAlt, Message, MessageId, PageId, Quote, Refusal,
    Timestamp, Topic,
};
use uuid::Uuid;

use crate::{
    Backend, Failure, Result, Viewer,
    access::{Access, access},
    calls,
    db::{Conn, execute, fetch_one, fetch_optional},
    history, images,
    limits::Counted,
    mentions,
    writer::Tx,
};

/// What somebody wants to say.
#[derive(Clone, Debug)]
pub struct Posting {
    pub id: MessageId,
    /// Missing only beside images.
    pub body: Caption,
    /// A message of the same page.
    pub reply: Option<MessageId>,
    /// Kept are those who are members and whose name stands in the text.
    pub mentions: Vec<AccountId>,
    /// Uploaded by the same account for the same page, in the order in which they are shown.
    pub images: Vec<ImageAlt>,
}

impl Posting {
    /// An answer to nothing, naming nobody, showing nothing.
    pub fn plain(id: MessageId, body: Body) -> Self {
        Self {
            id,
            body: body.into(),
            reply: None,
            mentions: Vec::new(),
            images: Vec::new(),
        }
    }
}

impl Backend {
    /// Returns the message's number. Posting the same id again with the same author and page returns the first
    /// number and changes nothing; `IdTaken` if it is somebody else's. The event is published after the commit.
    pub async fn post_message(
        &self,
        viewer: &Viewer,
        page: PageId,
        mut posting: Posting,
    ) -> Result<i64> {
        let (id, now) = (posting.id, self.now());
        posting.body.beside(posting.images.len())?;
        posting.images = images::checked(posting.images)?;
        self.0
            .limits
            .take(Counted::Posting(viewer.account.0), now)?;
        if let Some(reply) = posting.reply {
            let mut conn = self.0.db.read().await?;
            access(&mut conn, viewer, page).await?.member()?;
            quote(&mut conn, page, reply).await?;
        }
        let work = {
            let posting = Arc::new((viewer.clone(), posting));
            self.0.db.write_page(page.0, move |tx| {
                let posting = Arc::clone(&posting);
                Box::pin(async move { post(tx, &posting.0, page, &posting.1, now).await })
            })
        };
        match work.await {
            Ok(Some(seq)) => {
                self.0.posted.notify_one();
                Ok(seq)
            }
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

    /// The author only. Returns the message in its new state. Beside images the text may go.
    pub async fn edit_message(
        &self,
        viewer: &Viewer,
        page: PageId,
        id: MessageId,
        body: impl Into<Caption>,
        mentions: Vec<AccountId>,
    ) -> Result<Message> {
        let now = self.now();
        self.0
            .limits
            .take(Counted::Posting(viewer.account.0), now)?;
        may_edit(&mut self.0.db.read().await?, viewer, page, id).await?;
        let edit = Arc::new((viewer.clone(), body.into(), mentions));
        let work = self.0.db.write_page(page.0, move |tx| {
            let edit = Arc::clone(&edit);
            Box::pin(async move {
                let (viewer, body, mentions) = &*edit;
                lock(tx, page).await?;
                let message = may_edit(tx, viewer, page, id).await?;
                body.beside(message.images.len())?;
                edit_to(tx, &message, body, mentions, now).await?;
                tell(tx, page, id).await
            })
        });
        work.await
    }

    /// The author, or whoever may manage the page. What it said is gone for everybody; its place is kept. Once more
    /// changes nothing.
    pub async fn delete_message(
        &self,
        viewer: &Viewer,
        page: PageId,
        id: MessageId,
    ) -> Result<Message> {
        may_delete(&mut self.0.db.read().await?, viewer, page, id).await?;
        let (viewer, now) = (viewer.clone(), self.now());
        let work = self.0.db.write_page(page.0, move |tx| {
            let viewer = viewer.clone();
            Box::pin(async move {
                lock(tx, page).await?;
                let message = may_delete(tx, &viewer, page, id).await?;
                if message.deleted {
                    return Ok((message, false));
                }
                empty(tx, &message, now).await?;
                let had_images = !message.images.is_empty();
                Ok((tell(tx, page, id).await?, had_images))
            })
        });
        let (message, had_images) = work.await?;
        if had_images {
            self.0.images.freed.notify_one();
        }
        Ok(message)
    }
}

/// Stores the message under the page's next number; in two statements, if it is a text alone.
/// `None`, with nothing changed, if it may not be stored or is stored already.
async fn post(
    tx: &mut Tx,
    viewer: &Viewer,
    page: PageId,
    posting: &Posting,
    now: Timestamp,
) -> Result<Option<i64>> {
    let (id, body, author) = (posting.id, &posting.body, viewer.account);
    let reply = match posting.reply {
        Some(reply) => Some(quote(tx, page, reply).await?),
        None => None,
    };
    let mentions = mentions::named(tx, page, body, &posting.mentions).await?;
    let counter: Option<(i64,)> = fetch_optional!(
        tx,
        "UPDATE pages SET counter = counter + 1, messages = messages + 1, activity = $1
         WHERE id = $2 AND archived IS NULL
           AND EXISTS (SELECT 1 FROM members WHERE page = $2 AND account = $3)
           AND NOT EXISTS (SELECT 1 FROM messages WHERE id = $4)
         RETURNING counter",
        now.0,
        page.0,
        author.0,
        id.0
    )?;
    let Some((seq,)) = counter else {
        return Ok(None);
    };
    let images = images::unsent(tx, author, page, &posting.images).await?;
    execute!(
        tx,
        "INSERT INTO messages
           (id, page, author, seq, changed, at, body, reply, mentions, images, image_count)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10)",
        id.0,
        page.0,
        author.0,
        seq,
        now.0,
        body.as_str(),
        posting.reply.map(|reply| reply.0),
        mentions::written(&mentions)?,
        images::written(&images)?,
        images.len() as i64
    )?;
    mentions::store(tx, page, seq, author, &mentions).await?;
    images::send(tx, id, seq, &images).await?;
    let message = Message {
        id,
        page,
        author,
        author_name: viewer.name.clone(),
        seq,
        changed: seq,
        at: now,
        edited: None,
        deleted: false,
        body: body.as_str().to_owned(),
        images,
        reply,
        mentions,
        reactions: Vec::new(),
        call: None,
    };
    tx.publish(Topic::Page(page), Event::Message(message));
    Ok(Some(seq))
}

/// What is answered, as it is now.
async fn quote(conn: &mut Conn, page: PageId, id: MessageId) -> Result<Quote> {
    let message = history::find(conn, page, id).await?;
    let message = message.ok_or(Refusal::NotFound)?;
    Ok(Quote::of(&message))
}

async fn edit_to(
    tx: &mut Tx,
    message: &Message,
    body: &Caption,
    mentions: &[AccountId],
    now: Timestamp,
) -> Result<()> {
    let (id, page, seq) = (message.id, message.page, message.seq);
    let mentions = mentions::named(tx, page, body, mentions).await?;
    execute!(
        tx,
        "UPDATE messages SET body = $1, mentions = $2, edited = $3 WHERE id = $4",
        body.as_str(),
        mentions::written(&mentions)?,
        now.0,
        id.0
    )?;
    mentions::forget(tx, page, seq).await?;
    mentions::store(tx, page, seq, message.author, &mentions).await?;
    changed(tx, page, id).await?;
    Ok(())
}

async fn empty(tx: &mut Tx, message: &Message, now: Timestamp) -> Result<()> {
    let (id, page) = (message.id, message.page);
    execute!(
        tx,
        "UPDATE messages SET body = '', mentions = '', images = '', image_count = 0, deleted = $1
         WHERE id = $2",
        now.0,
        id.0
    )?;
    execute!(tx, "DELETE FROM reactions WHERE message = $1", id.0)?;
    mentions::forget(tx, page, message.seq).await?;
    if !message.images.is_empty() {
        images::forget_sent(tx, id, now).await?;
    }
    changed(tx, page, id).await?;
    Ok(())
}

/// PostgreSQL runs the writers of several nodes side by side: what is read of the page's messages after this stays
/// true until the commit.
pub(crate) async fn lock(tx: &mut Tx, page: PageId) -> Result<()> {
    if matches!(**tx, Conn::Postgres(_)) {
        execute!(
            tx,
            "SELECT id FROM pages WHERE id = $1 FOR NO KEY UPDATE",
            page.0
        )?;
    }
    Ok(())
}

/// Gives a message the page's next number, and returns it.
pub(crate) async fn changed(tx: &mut Tx, page: PageId, id: MessageId) -> Result<i64> {
    let (number,): (i64,) = fetch_one!(
        tx,
        "UPDATE pages SET counter = counter + 1 WHERE id = $1 RETURNING counter",
        page.0
    )?;
    execute!(
        tx,
        "UPDATE messages SET changed = $1 WHERE id = $2",
        number,
        id.0
    )?;
    Ok(number)
}

/// Tells the page how a message is now, and returns it.
pub(crate) async fn tell(tx: &mut Tx, page: PageId, id: MessageId) -> Result<Message> {
    let message = history::find(tx, page, id).await?;
    let message = message.ok_or(Refusal::NotFound)?;
    tx.publish(Topic::Page(page), Event::Message(message.clone()));
    Ok(message)
}

async fn may_edit(
    conn: &mut Conn,
    viewer: &Viewer,
    page: PageId,
    id: MessageId,
) -> Result<Message> {
    let (access, message) = one(conn, viewer, page, id).await?;
    if message.deleted {
        return Err(Refusal::NotFound.into());
    }
    if message.author != viewer.account {
        return Err(Refusal::NotYours.into());
    }
    calls::unwritten(&message)?;
    access.open()?;
    Ok(message)
}

async fn may_delete(
    conn: &mut Conn,
    viewer: &Viewer,
    page: PageId,
    id: MessageId,
) -> Result<Message> {
    let (access, message) = one(conn, viewer, page, id).await?;
    if message.author != viewer.account && !access.may_manage() {
        return Err(Refusal::NotYours.into());
    }
    access.open()?;
    Ok(message)
}

/// One message, for a member of its page.
pub(crate) async fn one(
    conn: &mut Conn,
    viewer: &Viewer,
    page: PageId,
    id: MessageId,
) -> Result<(Access, Message)> {
    let (access, _) = access(conn, viewer, page).await?.member()?;
    let message = history::find(conn, page, id).await?;
    Ok((access, message.ok_or(Refusal::NotFound)?))
}
