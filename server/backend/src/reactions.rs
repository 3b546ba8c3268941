//! Reactions: put under a message and taken away, each one's own.

use std::collections::HashMap;

use domain::{AccountId, Emoji, Message, MessageId, PageId, Reaction, Refusal};
use uuid::Uuid;

use crate::{
    Backend, Result, Viewer,
    access::access,
    db::{Conn, execute, fetch_listed},
    history,
    limits::Counted,
    messages::{self, changed},
    writer::Tx,
};

impl Backend {
    /// Puts the viewer's reaction there (`on`) or takes it away. Returns the message as it is then; nothing
    /// changes if it is like that already.
    pub async fn react(
        &self,
        viewer: &Viewer,
        page: PageId,
        id: MessageId,
        emoji: Emoji,
        on: bool,
    ) -> Result<Message> {
        let counted = Counted::Posting(viewer.account.0);
        self.0.limits.take(counted, self.now())?;
        may_react(&mut self.0.db.read().await?, viewer, page, id).await?;
        let viewer = viewer.clone();
        let work = self.0.db.write_page(page.0, move |tx| {
            let (viewer, emoji) = (viewer.clone(), emoji.clone());
            Box::pin(async move {
                messages::lock(tx, page).await?;
                let message = may_react(tx, &viewer, page, id).await?;
                if has(&message, &emoji, viewer.account) == on {
                    return Ok(message);
                }
                if on {
                    room_for(&message, &emoji)?;
                }
                let number = changed(tx, page, id).await?;
                toggle(tx, id, &emoji, viewer.account, on.then_some(number)).await?;
                messages::tell(tx, page, id).await
            })
        });
        work.await
    }
}

async fn may_react(
    conn: &mut Conn,
    viewer: &Viewer,
    page: PageId,
    id: MessageId,
) -> Result<Message> {
    let (access, _) = access(conn, viewer, page).await?.member()?;
    let message = history::find(conn, page, id).await?;
    let message = message.filter(|message| !message.deleted);
    let message = message.ok_or(Refusal::NotFound)?;
    access.open()?;
    Ok(message)
}

fn has(message: &Message, emoji: &Emoji, account: AccountId) -> bool {
    let mut reactions = message.reactions.iter();
    reactions.any(|reaction| {
        let mut people = reaction.people.iter();
        reaction.emoji == emoji.as_str() && people.any(|(person, _)| *person == account)
    })
}

fn room_for(message: &Message, emoji: &Emoji) -> Result<(), Refusal> {
    let mut reactions = message.reactions.iter();
    let known = reactions.any(|reaction| reaction.emoji == emoji.as_str());
    if known || message.reactions.len() < Emoji::MOST {
        return Ok(());
    }
    Err(Refusal::BadRequest(format!(
        "A message takes at most {} different reactions.",
        Emoji::MOST
    )))
}

async fn toggle(
    tx: &mut Tx,
    id: MessageId,
    emoji: &Emoji,
    account: AccountId,
    number: Option<i64>,
) -> Result<()> {
    match number {
        Some(number) => execute!(
            tx,
            "INSERT INTO reactions (message, emoji, account, changed) VALUES ($1, $2, $3, $4)",
            id.0,
            emoji.as_str(),
            account.0,
            number
        )?,
        None => execute!(
            tx,
            "DELETE FROM reactions WHERE message = $1 AND emoji = $2 AND account = $3",
            id.0,
            emoji.as_str(),
            account.0
        )?,
    };
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ReactionRow {
    message: Uuid,
    emoji: String,
    account: Uuid,
    name: String,
}

/// Reads the reactions of all of them at once, if there can be any.
pub(crate) async fn fill(conn: &mut Conn, messages: &mut [Message]) -> Result<()> {
    // A reaction gives its message a new number.
    let may_have = |message: &&Message| message.changed > message.seq && !message.deleted;
    let ids: Vec<Uuid> = messages.iter().filter(may_have).map(|m| m.id.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows: Vec<ReactionRow> = fetch_listed!(
        conn,
        "SELECT x.message, x.emoji, x.account, a.name
         FROM reactions x JOIN accounts a ON a.id = x.account WHERE x.message",
        ids,
        "ORDER BY x.changed"
    )?;
    let mut found: HashMap<Uuid, Vec<Reaction>> = HashMap::new();
    for row in rows {
        add(found.entry(row.message).or_default(), row);
    }
    for message in messages {
        message.reactions = found.remove(&message.id.0).unwrap_or_default();
    }
    Ok(())
}

fn add(reactions: &mut Vec<Reaction>, row: ReactionRow) {
    let person = (AccountId(row.account), row.name);
    match reactions.iter_mut().find(|r| r.emoji == row.emoji) {
        Some(reaction) => reaction.people.push(person),
        None => reactions.push(Reaction {
            emoji: row.emoji,
            people: vec![person],
        }),
    }
}
