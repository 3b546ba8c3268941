//! Marks: how far each member has got and read a page's messages. They never go back.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    AccountId, Event, Marks, Message, MessageId, PageId, Refusal, Seen, Timestamp, Topic,
};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::{
    Backend, Result, Viewer,
    access::access,
    db::{Conn, execute, fetch_all},
    messages::one,
    recent::RecentPages,
    writer::Tx,
};

/// Between two tellings of one page's marks, at least.
const PAUSE: Duration = Duration::from_millis(300);

/// For how long it is known when a mark moved.
pub(crate) const KEPT: i64 = 30 * 86_400;

const DELIVERED: i64 = 0;
const READ: i64 = 1;

impl Backend {
    /// Moves my marks forward, never back nor past the page's counter; what is read was delivered. Tells my other
    /// devices how far I have read, and the page how far everybody is.
    pub async fn mark(
        &self,
        viewer: &Viewer,
        page: PageId,
        delivered: i64,
        read: i64,
    ) -> Result<()> {
        let mut conn = self.0.db.read().await?;
        let (access, _) = access(&mut conn, viewer, page).await?.member()?;
        drop(conn);
        let read = read.min(access.counter);
        let delivered = delivered.min(access.counter).max(read);
        if delivered <= access.delivered && read <= access.read {
            return Ok(());
        }
        let (account, now) = (viewer.account, self.now());
        let work = self.0.db.write(move |tx| {
            Box::pin(async move {
                move_to(tx, page, account, (DELIVERED, delivered), now).await?;
                if move_to(tx, page, account, (READ, read), now).await? {
                    tx.publish(Topic::Account(account), Event::Read { page, seq: read });
                }
                Ok(())
            })
        });
        work.await?;
        self.tell_marks(page);
        Ok(())
    }

    /// The author only: every other member by name, and since when they have got and read the message.
    pub async fn message_info(
        &self,
        viewer: &Viewer,
        page: PageId,
        id: MessageId,
    ) -> Result<Vec<Seen>> {
        let mut conn = self.0.db.read().await?;
        let (_, message) = one(&mut conn, viewer, page, id).await?;
        if message.author != viewer.account {
            return Err(Refusal::NotYours.into());
        }
        let rows: Vec<SeenRow> = fetch_all!(
            conn,
            "SELECT m.account, a.name, m.joined, m.delivered_seq, m.read_seq,
               (SELECT k.at FROM marks k WHERE k.page = m.page AND k.account = m.account
                AND k.kind = 0 AND k.seq >= $2 ORDER BY k.seq LIMIT 1) AS delivered,
               (SELECT k.at FROM marks k WHERE k.page = m.page AND k.account = m.account
                AND k.kind = 1 AND k.seq >= $2 ORDER BY k.seq LIMIT 1) AS read
             FROM members m JOIN accounts a ON a.id = m.account
             WHERE m.page = $1 AND m.account <> $3 ORDER BY a.name, m.account",
            page.0,
            message.seq,
            viewer.account.0
        )?;
        Ok(rows.into_iter().map(|row| row.seen(&message)).collect())
    }

    /// Soon tells the page how far its members are, if that is news: at once or, if it was told a moment ago, with
    /// whatever comes until then.
    pub(crate) fn tell_marks(&self, page: PageId) {
        if self.0.marks.begin(page) {
            tokio::spawn(tell(self.clone(), page));
        }
    }
}

async fn tell(backend: Backend, page: PageId) {
    loop {
        tokio::select! {
            () = sleep_until(backend.0.marks.due(page)) => {}
            () = backend.stopping() => return,
        }
        backend.0.marks.reading(page);
        match read(&backend, page).await {
            Ok(marks) => {
                if backend.0.marks.is_news(page, &marks) {
                    backend
                        .0
                        .bus
                        .publish(Topic::Page(page), &Event::Marks(marks));
                }
            }
            Err(error) => tracing::warn!(%error, "marks could not be read"),
        }
        if backend.0.marks.end(page) {
            return;
        }
    }
}

async fn read(backend: &Backend, page: PageId) -> Result<Marks> {
    of(&mut backend.0.db.read().await?, page).await
}

/// What this node has told of the marks of each page.
#[derive(Default)]
pub(crate) struct ToldMarks(Mutex<HashMap<PageId, Told>>);

#[derive(Default)]
struct Told {
    /// A task is at it.
    telling: bool,
    /// Marks have moved since they were read.
    moved: bool,
    read: Option<Instant>,
    marks: Marks,
}

impl ToldMarks {
    fn lock(&self) -> MutexGuard<'_, HashMap<PageId, Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks have moved. True if nobody is about to tell.
    fn begin(&self, page: PageId) -> bool {
        let mut told = self.lock();
        let told = told.entry(page).or_default();
        told.moved = true;
        !std::mem::replace(&mut told.telling, true)
    }

    fn due(&self, page: PageId) -> Instant {
        let read = self.lock().entry(page).or_default().read;
        read.map_or_else(Instant::now, |read| read + PAUSE)
    }

    fn reading(&self, page: PageId) {
        let mut told = self.lock();
        let told = told.entry(page).or_default();
        told.moved = false;
        told.read = Some(Instant::now());
    }

    fn is_news(&self, page: PageId, marks: &Marks) -> bool {
        let mut told = self.lock();
        let told = told.entry(page).or_default();
        if told.marks == *marks {
            return false;
        }
        told.marks.clone_from(marks);
        true
    }

    /// True if nothing has moved meanwhile.
    fn end(&self, page: PageId) -> bool {
        let mut told = self.lock();
        let told = told.entry(page).or_default();
        told.telling = told.moved;
        !told.telling
    }
}

/// As they are now, asked for with the page's count of changes of members.
pub(crate) async fn current(
    conn: &mut Conn,
    recent: &RecentPages,
    page: PageId,
    roster: i64,
) -> Result<Marks> {
    if let Conn::Postgres(_) = conn {
        return of(conn, page).await;
    }
    let marks = recent.marks.get(page, roster, of(conn, page)).await?;
    Ok((*marks).clone())
}

/// Of each kind the two who are furthest behind.
async fn of(conn: &mut Conn, page: PageId) -> Result<Marks> {
    let rows: Vec<(i64, Uuid, i64)> = fetch_all!(
        conn,
        "SELECT kind, account, seq FROM (
           SELECT * FROM (
             SELECT CAST(0 AS BIGINT) AS kind, account, delivered_seq AS seq FROM members
             WHERE page = $1 ORDER BY delivered_seq, account LIMIT 2) AS delivered
           UNION ALL
           SELECT * FROM (
             SELECT CAST(1 AS BIGINT), account, read_seq FROM members
             WHERE page = $1 ORDER BY read_seq, account LIMIT 2) AS read
         ) AS marks ORDER BY kind, seq, account",
        page.0
    )?;
    let mut marks = Marks::default();
    for (kind, account, seq) in rows {
        let of_kind = if kind == READ {
            &mut marks.read
        } else {
            &mut marks.delivered
        };
        of_kind.push((AccountId(account), seq));
    }
    Ok(marks)
}

/// True if the mark was not there yet.
async fn move_to(
    tx: &mut Tx,
    page: PageId,
    account: AccountId,
    (kind, seq): (i64, i64),
    now: Timestamp,
) -> Result<bool> {
    let sql = if kind == READ {
        "UPDATE members SET read_seq = $1 WHERE page = $2 AND account = $3 AND read_seq < $1"
    } else {
        "UPDATE members SET delivered_seq = $1
         WHERE page = $2 AND account = $3 AND delivered_seq < $1"
    };
    if execute!(tx, sql, seq, page.0, account.0)? == 0 {
        return Ok(false);
    }
    tx.moved(page);
    execute!(
        tx,
        "INSERT INTO marks (page, account, kind, seq, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (page, account, kind, seq) DO NOTHING",
        page.0,
        account.0,
        kind,
        seq,
        now.0
    )?;
    Ok(true)
}

/// Somebody is no longer a member.
pub(crate) async fn forget(tx: &mut Tx, page: PageId, account: AccountId) -> Result<()> {
    execute!(
        tx,
        "DELETE FROM marks WHERE page = $1 AND account = $2",
        page.0,
        account.0
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct SeenRow {
    account: Uuid,
    name: String,
    joined: i64,
    delivered_seq: i64,
    read_seq: i64,
    delivered: Option<i64>,
    read: Option<i64>,
}

impl SeenRow {
    fn seen(self, message: &Message) -> Seen {
        // It is no longer known when the mark moved, or it was there from the beginning.
        let at_least = message.at.0.max(self.joined);
        let moment = |mark: i64, kept: Option<i64>| {
            (mark >= message.seq).then(|| Timestamp(kept.unwrap_or(at_least)))
        };
        Seen {
            account: AccountId(self.account),
            delivered: moment(self.delivered_seq, self.delivered),
            read: moment(self.read_seq, self.read),
            name: self.name,
        }
    }
}
