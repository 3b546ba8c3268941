//! The database: one SQL text for SQLite and PostgreSQL. Reading goes over a pool, writing through [`crate::writer`].

use std::{path::Path, str::FromStr, time::Duration};

use futures::future::BoxFuture;
use sqlx::{
    ConnectOptions, Connection, Postgres, Sqlite,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};
use uuid::Uuid;

use crate::{
    Bus, Result, Secret, StartError,
    writer::{Lanes, Queue, Tx},
};

#[derive(Clone)]
pub(crate) enum Db {
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        queue: Queue,
    },
    Postgres {
        pool: PgPool,
        lanes: Lanes,
    },
}

/// One connection of either database. The macros below run a statement on it.
pub(crate) enum Conn {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Conn {
    /// What the macros call: reaches the connection through [`Tx`] as well.
    pub(crate) fn conn(&mut self) -> &mut Self {
        self
    }
}

/// `execute!(conn, "SQL", binds…)` → rows affected.
macro_rules! execute {
    ($on:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $on.conn() {
            $crate::db::Conn::Sqlite(conn) => sqlx::query::<sqlx::Sqlite>($sql)
                $(.bind($bind))*.execute(&mut **conn).await.map(|done| done.rows_affected()),
            $crate::db::Conn::Postgres(conn) => sqlx::query::<sqlx::Postgres>($sql)
                $(.bind($bind))*.execute(&mut **conn).await.map(|done| done.rows_affected()),
        }
        .map_err($crate::Error::from)
    };
}

macro_rules! fetch {
    ($how:ident, $on:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $on.conn() {
            $crate::db::Conn::Sqlite(conn) => sqlx::query_as::<sqlx::Sqlite, _>($sql)
                $(.bind($bind))*.$how(&mut **conn).await,
            $crate::db::Conn::Postgres(conn) => sqlx::query_as::<sqlx::Postgres, _>($sql)
                $(.bind($bind))*.$how(&mut **conn).await,
        }
        .map_err($crate::Error::from)
    };
}

/// `fetch_all!(conn, "SQL", binds…)` → `Vec` of the row type that the caller names.
macro_rules! fetch_all {
    ($($rest:tt)*) => { $crate::db::fetch!(fetch_all, $($rest)*) };
}

/// Exactly one row, or a failure.
macro_rules! fetch_one {
    ($($rest:tt)*) => { $crate::db::fetch!(fetch_one, $($rest)*) };
}

macro_rules! fetch_optional {
    ($($rest:tt)*) => { $crate::db::fetch!(fetch_optional, $($rest)*) };
}

/// `fetch_listed!(conn, "SELECT … WHERE id", ids, "AND …", binds…)`: `$1` is the list, as [`list`] writes it.
macro_rules! fetch_listed {
    ($on:expr, $before:literal, $ids:expr, $after:literal $(, $bind:expr)* $(,)?) => {{
        let list = $crate::db::list($ids);
        match $on.conn() {
            $crate::db::Conn::Sqlite(_) => $crate::db::fetch_all!(
                $on,
                concat!($before, " IN (SELECT unhex(value) FROM json_each($1)) ", $after),
                &list $(, $bind)*
            ),
            $crate::db::Conn::Postgres(_) => $crate::db::fetch_all!(
                $on,
                concat!(
                    $before,
                    " IN (SELECT value::uuid FROM json_array_elements_text($1::json)) ",
                    $after
                ),
                &list $(, $bind)*
            ),
        }
    }};
}

pub(crate) use {execute, fetch, fetch_all, fetch_listed, fetch_one, fetch_optional};

/// Ids as JSON: one bind, however many they are.
pub(crate) fn list(ids: impl IntoIterator<Item = Uuid>) -> String {
    let ids: Vec<String> = ids
        .into_iter()
        .map(|id| format!("\"{}\"", id.simple()))
        .collect();
    format!("[{}]", ids.join(","))
}

impl Db {
    pub(crate) async fn open(
        url: Option<&Secret>,
        data_dir: &Path,
        bus: &Bus,
    ) -> Result<Self, StartError> {
        match url {
            None => open_sqlite(&data_dir.join("stoa.db"), bus).await,
            Some(url) => open_postgres(url, bus).await,
        }
    }

    /// A connection to read from.
    pub(crate) async fn read(&self) -> Result<Conn> {
        Ok(match self {
            Self::Sqlite { read, .. } => Conn::Sqlite(read.acquire().await?),
            Self::Postgres { pool, .. } => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// Runs `work` in a transaction. It may run more than once (a neighbour in its group failed, or it lost a
    /// deadlock), so ids and tokens are made outside of it. The answer comes after the commit, and after
    /// what it told [`Tx`] to publish has been handed to the bus.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
    {
        match self {
            Self::Sqlite { queue, .. } => queue.run(work).await,
            Self::Postgres { lanes, .. } => lanes.run(None, work).await,
        }
    }

    /// The same for changes that take a page's number or must be told in its order: one group at a time for
    /// each page.
    pub(crate) async fn write_page<T, F>(&self, page: Uuid, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
    {
        match self {
            Self::Sqlite { queue, .. } => queue.run(work).await,
            Self::Postgres { lanes, .. } => lanes.run(Some(page), work).await,
        }
    }

    /// Commits what is queued and closes every connection.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { read, write, queue } => {
                queue.stop().await;
                read.close().await;
                // Last, so that the write-ahead log is folded into the file.
                write.close().await;
            }
            Self::Postgres { pool, lanes } => {
                lanes.stop().await;
                pool.close().await;
            }
        }
    }
}

async fn open_sqlite(file: &Path, bus: &Bus) -> Result<Db, StartError> {
    let failed = |error: sqlx::Error| StartError::Database(format!("{}: {error}", file.display()));
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", "-8000")
        // The thread that reads runs ahead of whoever takes the rows.
        .row_buffer_size(256)
        // Folding the log into the file takes two syncs more: seldom, but before reading gets slow.
        .pragma("wal_autocheckpoint", "4000")
        .disable_statement_logging();
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await
        .map_err(failed)?;
    sqlx::migrate!("migrations/sqlite")
        .run(&write)
        .await
        .map_err(|error| StartError::Database(format!("{}: {error}", file.display())))?;
    // Reading never waits for the writer, and two readers a core keep the cores busy.
    let readers = std::thread::available_parallelism().map_or(4, |cores| cores.get() * 2) as u32;
    let read = SqlitePoolOptions::new()
        .max_connections(readers.clamp(4, 16))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options.pragma("query_only", "ON"));
    let queue = Queue::start(write.acquire().await.map_err(failed)?, bus.clone());
    Ok(Db::Sqlite { read, write, queue })
}

async fn open_postgres(url: &Secret, bus: &Bus) -> Result<Db, StartError> {
    let wrong = |error: sqlx::Error| StartError::Database(format!("STOA_DATABASE_URL: {error}"));
    let options = PgConnectOptions::from_str(url.expose())
        .map_err(wrong)?
        .application_name("stoa")
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .before_acquire(|conn, meta| {
            Box::pin(async move {
                // The server may have been started anew; a connection in steady use need not be asked.
                if meta.idle_for > Duration::from_secs(1) {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .map_err(wrong)?;
    sqlx::migrate!("migrations/postgres")
        .run(&pool)
        .await
        .map_err(|error| StartError::Database(format!("STOA_DATABASE_URL: {error}")))?;
    let lanes = Lanes::new(pool.clone(), bus.clone());
    Ok(Db::Postgres { pool, lanes })
}
