//! SQLite's index of words follows the messages: they come into it a moment after they were posted, many in one
//! transaction, so that no post waits for it. How far it reaches is kept with it. PostgreSQL's is part of the table.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    Backend, Result,
    db::{Db, execute, fetch_one},
    writer::Tx,
};

/// Messages that come into the index in one transaction: others who write wait for it.
const CHUNK: i64 = 500;
/// What is posted within so long comes into the index together.
const TOGETHER: Duration = Duration::from_millis(250);
/// How soon it is found what nobody told of.
const LOOK: Duration = Duration::from_secs(5);
/// A search waits for so many chunks at most.
const WAITS_FOR: usize = 10;

pub(crate) async fn follow(backend: Backend) {
    loop {
        let more = backend.index(CHUNK).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what was posted could not be indexed");
            false
        });
        let soon = async {
            if !more {
                tokio::select! {
                    () = backend.0.posted.notified() => sleep(TOGETHER).await,
                    () = sleep(LOOK) => {}
                }
            }
        };
        tokio::select! {
            () = soon => {}
            () = backend.stopping() => return,
        }
    }
}

impl Backend {
    /// For a search: what was posted before it is found.
    pub(crate) async fn index_what_waits(&self) -> Result<()> {
        if !self.is_behind().await? {
            return Ok(());
        }
        for _ in 0..WAITS_FOR {
            if !self.index(CHUNK).await? {
                break;
            }
        }
        Ok(())
    }

    async fn is_behind(&self) -> Result<bool> {
        if self.indexes_by_itself() {
            return Ok(false);
        }
        let (behind,): (bool,) = fetch_one!(
            self.0.db.read().await?,
            "SELECT EXISTS (SELECT 1 FROM messages WHERE doc > (SELECT doc FROM indexed))"
        )?;
        Ok(behind)
    }

    /// Brings up to so many messages into the index. True if there may be more.
    pub(crate) async fn index(&self, most: i64) -> Result<bool> {
        if self.indexes_by_itself() {
            return Ok(false);
        }
        let work = self.0.db.write(move |tx| Box::pin(index(tx, most)));
        work.await
    }

    fn indexes_by_itself(&self) -> bool {
        matches!(self.0.db, Db::Postgres { .. })
    }
}

async fn index(tx: &mut Tx, most: i64) -> Result<bool> {
    let (last, count): (Option<i64>, i64) = fetch_one!(
        tx,
        "SELECT MAX(doc), COUNT(*) FROM
           (SELECT doc FROM messages WHERE doc > (SELECT doc FROM indexed) ORDER BY doc LIMIT $1)",
        most
    )?;
    let Some(last) = last else {
        return Ok(false);
    };
    execute!(
        tx,
        "INSERT INTO words (rowid, page, author, body)
         SELECT doc, hex(page), hex(author), body FROM messages
         WHERE doc > (SELECT doc FROM indexed) AND doc <= $1 AND deleted IS NULL ORDER BY doc",
        last
    )?;
    execute!(tx, "UPDATE indexed SET doc = $1", last)?;
    Ok(count == most)
}
