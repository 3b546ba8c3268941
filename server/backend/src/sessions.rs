//! Sessions: a random token in a cookie, its hash in the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{AccountId, Identity, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Backend, Result, Secret,
    db::{Conn, execute, fetch_optional},
};

/// The cookie's value. Exposed once, where the cookie is set.
pub type SessionToken = Secret;

/// Who asks. Made from a session only; every lookup goes through it.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub account: AccountId,
    pub name: String,
    pub email: String,
    /// An admin of the whole place.
    pub admin: bool,
    pub(crate) session: Vec<u8>,
}

/// What a session is known by where its token has no business: with other nodes, and wherever it is kept for longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionKey(Vec<u8>);

impl Viewer {
    pub fn key(&self) -> SessionKey {
        SessionKey(self.session.clone())
    }

    pub fn identity(&self) -> Identity {
        Identity {
            account: self.account,
            name: self.name.clone(),
            email: self.email.clone(),
            admin: self.admin,
        }
    }
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    account: Uuid,
    name: String,
    email: String,
    admin: bool,
    last_seen: i64,
    expires: i64,
}

impl Backend {
    /// Lifetime of a session's cookie in seconds; it slides with use.
    pub const SESSION_SECONDS: i64 = 180 * 86_400;

    /// `None` for a token that is unknown or expired, and for a disabled account.
    pub async fn viewer(&self, token: &str) -> Result<Option<Viewer>> {
        let hash = Secret::new(token.to_owned()).hash();
        self.viewer_of(&SessionKey(hash)).await
    }

    /// The same, for whoever was a viewer before.
    pub async fn viewer_of(&self, SessionKey(hash): &SessionKey) -> Result<Option<Viewer>> {
        let now = self.now();
        if let Some(viewer) = self.0.sessions.find(hash, now) {
            return Ok(Some(viewer));
        }
        let asked = self.0.sessions.ask();
        let mut conn = self.0.db.read().await?;
        let row: Option<SessionRow> = fetch_optional!(
            conn,
            "SELECT s.account, a.name, a.email, a.admin, s.last_seen, s.expires
             FROM sessions s JOIN accounts a ON a.id = s.account
             WHERE s.hash = $1 AND s.expires > $2 AND NOT a.disabled",
            hash,
            now.0
        )?;
        drop(conn);
        let Some(row) = row else {
            return Ok(None);
        };
        let viewer = Viewer {
            account: AccountId(row.account),
            name: row.name,
            email: row.email,
            admin: row.admin,
            session: hash.clone(),
        };
        self.0.sessions.keep(asked, &viewer, Timestamp(row.expires));
        if now.0 - row.last_seen >= SEEN_EVERY {
            self.seen(&viewer, now).await;
        }
        Ok(Some(viewer))
    }

    /// Slides the session on. Somebody who can only read (the disk is full) is not turned away for it.
    async fn seen(&self, viewer: &Viewer, now: Timestamp) {
        let (hash, account) = (viewer.session.clone(), viewer.account.0);
        let expires = now.plus_secs(Self::SESSION_SECONDS);
        let seen = self.0.db.write(move |tx| {
            let hash = hash.clone();
            Box::pin(async move {
                execute!(
                    tx,
                    "UPDATE sessions SET last_seen = $1, expires = $2 WHERE hash = $3",
                    now.0,
                    expires.0,
                    hash
                )?;
                execute!(
                    tx,
                    "UPDATE accounts SET last_seen = $1 WHERE id = $2",
                    now.0,
                    account
                )
            })
        });
        if let Err(error) = seen.await {
            tracing::warn!(%error, "a session could not be slid on");
        }
    }

    /// Ends this session and cuts its sockets.
    pub async fn sign_out(&self, viewer: &Viewer) -> Result<()> {
        let (hash, account, now) = (viewer.session.clone(), viewer.account, self.now());
        let work = self.0.db.write(move |tx| {
            let hash = hash.clone();
            Box::pin(async move {
                execute!(tx, "DELETE FROM sessions WHERE hash = $1", hash)?;
                // Sockets are known by account: the other devices' come back at once.
                tx.cut(account, now);
                Ok(())
            })
        });
        work.await
    }
}

/// A new session of this account, for a token that was made outside of the transaction.
pub(crate) async fn open(
    conn: &mut Conn,
    token: &SessionToken,
    account: AccountId,
    now: Timestamp,
) -> Result<()> {
    execute!(
        conn,
        "INSERT INTO sessions (hash, account, created, last_seen, expires)
         VALUES ($1, $2, $3, $3, $4)",
        token.hash(),
        account.0,
        now.0,
        now.plus_secs(Backend::SESSION_SECONDS).0
    )?;
    Ok(())
}

/// Milliseconds after which a session's last use is written down again.
const SEEN_EVERY: i64 = 60_000;
/// A safety net only: nodes tell each other at once what has changed.
const KEPT: Duration = Duration::from_secs(5);
const KEPT_SESSIONS: usize = 10_000;

/// Who is behind which session, for a few seconds, so that the database is not asked with each request.
#[derive(Clone, Default)]
pub(crate) struct SessionCache(Arc<Mutex<Cached>>);

#[derive(Default)]
struct Cached {
    /// Grows with everything that is forgotten: an answer read before must not be kept after.
    age: u64,
    sessions: HashMap<Vec<u8>, CachedSession>,
}

struct CachedSession {
    viewer: Viewer,
    expires: Timestamp,
    until: Instant,
}

impl SessionCache {
    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, hash: &[u8], now: Timestamp) -> Option<Viewer> {
        let cached = self.lock();
        let session = cached.sessions.get(hash)?;
        (session.expires > now && session.until > Instant::now()).then(|| session.viewer.clone())
    }

    /// To be called before the database is asked.
    fn ask(&self) -> u64 {
        self.lock().age
    }

    fn keep(&self, asked: u64, viewer: &Viewer, expires: Timestamp) {
        let now = Instant::now();
        let mut cached = self.lock();
        if cached.age != asked {
            return;
        }
        if cached.sessions.len() >= KEPT_SESSIONS {
            cached.sessions.retain(|_, session| session.until > now);
        }
        if cached.sessions.len() < KEPT_SESSIONS {
            let session = CachedSession {
                viewer: viewer.clone(),
                expires,
                until: now + KEPT,
            };
            cached.sessions.insert(viewer.session.clone(), session);
        }
    }

    pub(crate) fn forget(&self, account: AccountId) {
        let mut cached = self.lock();
        cached.age += 1;
        cached
            .sessions
            .retain(|_, session| session.viewer.account != account);
    }

    pub(crate) fn forget_all(&self) {
        let mut cached = self.lock();
        cached.age += 1;
        cached.sessions.clear();
    }
}
