//! The first view of a page, read in one go.

use domain::{AccountId, Email, History, Invited, Message, PageId, Room, Timestamp};

use crate::{
    Backend, Result, Viewer,
    access::access,
    db::{Conn, fetch_all, fetch_one},
    history::newest,
    marks, members,
    recent::Newest,
};

/// Messages in a first view; with unread ones, so many before the first of them, and so many in all.
const FIRST: u32 = 50;
const BEFORE_UNREAD: usize = 20;
const FIRST_WITH_UNREAD: u32 = 500;

impl Backend {
    /// Members only, else `NotFound`. The history holds the newest 50 messages, and reaches further back
    /// (20 before the first unread one, 500 in all at most) when there are unread ones.
    pub async fn room(&self, viewer: &Viewer, page: PageId) -> Result<Room> {
        let mut conn = self.0.db.read().await?;
        // The counter is read first: whatever is newer in the history is only known a little early.
        let (access, my_role) = access(&mut conn, viewer, page).await?.member()?;
        let (read, may_manage) = (access.read, access.may_manage());
        let recent = &self.0.recent;
        let newest = newest(&mut conn, page, i64::MAX, FIRST);
        let newest = recent.newest.get(page, access.counter, newest).await?;
        let (messages, more) =
            around_unread(&mut conn, viewer.account, page, read, &newest).await?;
        let unread = unread(&mut conn, viewer.account, page, read, &messages, more).await?;
        let members = members::first(&mut conn, page);
        let members = recent.members.get(page, access.roster, members).await?;
        let (members, member_count) = (members.0.clone(), members.1);
        let online = self.online_of(members.iter().map(|member| member.account));
        let invited = if may_manage {
            invited(&mut conn, page, self.now()).await?
        } else {
            Vec::new()
        };
        Ok(Room {
            page: access.page,
            me: viewer.identity(),
            my_role,
            may_manage,
            members,
            member_count,
            invited,
            history: History {
                messages,
                counter: access.counter,
                more,
            },
            read,
            unread,
            marks: marks::current(&mut conn, recent, page, access.roster).await?,
            online,
        })
    }
}

/// Where the first unread message is, if it is among these.
fn first_unread(messages: &[Message], me: AccountId, read: i64) -> Option<usize> {
    messages
        .iter()
        .position(|message| message.seq > read && message.is_news_to(me))
}

async fn around_unread(
    conn: &mut Conn,
    me: AccountId,
    page: PageId,
    read: i64,
    (messages, more): &Newest,
) -> Result<Newest> {
    let enough = first_unread(messages, me, read).is_none_or(|first| first >= BEFORE_UNREAD);
    if enough || !more {
        return Ok((messages.clone(), *more));
    }
    let (mut messages, more) = newest(conn, page, i64::MAX, FIRST_WITH_UNREAD).await?;
    let first = first_unread(&messages, me, read).unwrap_or(0);
    let kept_anyway = messages.len().saturating_sub(FIRST as usize);
    let start = first.saturating_sub(BEFORE_UNREAD).min(kept_anyway);
    messages.drain(..start);
    Ok((messages, more || start > 0))
}

/// Messages by others behind the mark; past 1,000 it does not matter how many.
async fn unread(
    conn: &mut Conn,
    me: AccountId,
    page: PageId,
    read: i64,
    messages: &[Message],
    more: bool,
) -> Result<i64> {
    let reaches_back = messages.first().is_none_or(|first| first.seq <= read) || !more;
    if reaches_back {
        let unread = |message: &&Message| message.seq > read && message.is_news_to(me);
        return Ok(messages.iter().filter(unread).count() as i64);
    }
    let (count,): (i64,) = fetch_one!(
        conn,
        "SELECT COUNT(*) FROM (
           SELECT author, deleted FROM messages WHERE page = $1 AND seq > $2 ORDER BY seq LIMIT 1000
         ) AS behind WHERE behind.author <> $3 AND behind.deleted IS NULL",
        page.0,
        read,
        me.0
    )?;
    Ok(count)
}

async fn invited(conn: &mut Conn, page: PageId, now: Timestamp) -> Result<Vec<Invited>> {
    let rows: Vec<(String,)> = fetch_all!(
        conn,
        "SELECT DISTINCT email FROM invitations
         WHERE page = $1 AND joined IS NULL AND revoked IS NULL AND expires > $2 ORDER BY email",
        page.0,
        now.0
    )?;
    let invited = |(email,): (String,)| Email::parse(&email).map(|email| Invited { email });
    Ok(rows
        .into_iter()
        .filter_map(|row| invited(row).ok())
        .collect())
}
