//! A backend for a test, on each database, with a held clock and a listener that remembers.

use std::{
    path::PathBuf,
    str::FromStr,
    sync::{Arc, Mutex},
    time::Duration,
};

use backend::{
    Answering, Backend, Clock, Listener, MailSettings, Posting, Random, Secret, Settings, Viewer,
};
use bytes::Bytes;
use domain::{
    About, AccountId, Body, Email, Event, InviteVerdict, MailItem, Marks, MessageId, Note, Page,
    PageId, PageName, PersonName, Timestamp, Topic,
};
use serde_json::{Value, json};
use sqlx::{
    Connection, Executor, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

/// 2026-11-22T12:00:00Z
pub(crate) const NOON: Timestamp = Timestamp(1_795_348_800_000);

/// Runs a test on SQLite and, if `STOA_TEST_POSTGRES` names a server, on a fresh PostgreSQL database.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($place:ident) $body:block)*) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$meta])*
            async fn run($place: $crate::support::Place) {
                $body
                $place.end().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                run($crate::support::Place::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(place) = $crate::support::Place::postgres().await {
                    run(place).await;
                }
            }
        }
    )* };
}

/// What one node's hub has been told, in order.
#[allow(clippy::large_enum_variant, reason = "a handful in a test")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Event(Topic, Event),
    /// Bytes that are no event: a signal.
    Bytes(Topic, Bytes),
    Cut(AccountId),
    Resync,
}

/// Marks are told by a task of their own, between whatever else is told: they are kept apart.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Told>>>, Arc<Mutex<Vec<(PageId, Marks)>>>);

impl Recorder {
    fn push(&self, told: Told) {
        match told {
            Told::Event(Topic::Page(page), Event::Marks(marks)) => {
                self.1.lock().unwrap().push((page, marks));
            }
            told => self.0.lock().unwrap().push(told),
        }
    }

    /// All marks of this page so far, in order.
    pub(crate) fn marks(&self, page: PageId) -> Vec<Marks> {
        let told = self.1.lock().unwrap();
        let here = told.iter().filter(|(on, _)| *on == page);
        here.map(|(_, marks)| marks.clone()).collect()
    }

    /// Waits until these are the marks that were told last.
    pub(crate) async fn wait_for_marks(&self, page: PageId, marks: &Marks) {
        for _ in 0..1000 {
            if self.marks(page).last() == Some(marks) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!(
            "not told within 10 s: {marks:?}; but {:?}",
            self.marks(page)
        );
    }

    /// All so far; the next call begins empty.
    pub(crate) fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    pub(crate) fn all(&self) -> Vec<Told> {
        self.0.lock().unwrap().clone()
    }

    /// Waits (for another node or the broker) until this has been told.
    pub(crate) async fn wait_for(&self, what: &str, told: impl Fn(&Told) -> bool) -> Told {
        for _ in 0..1000 {
            if let Some(found) = self.all().into_iter().find(|t| told(t)) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not told within 10 s: {what}; but {:?}", self.all());
    }
}

impl Listener for Recorder {
    fn deliver(&self, topic: Topic, payload: Bytes) {
        self.push(match serde_json::from_slice(&payload) {
            Ok(event) if event != Event::Unknown => Told::Event(topic, event),
            _ => Told::Bytes(topic, payload),
        });
    }
    fn cut(&self, account: AccountId) {
        self.push(Told::Cut(account));
    }
    fn resync(&self) {
        self.push(Told::Resync);
    }
    fn asked(&self, words: Value) -> Answering {
        Box::pin(async move { json!({ "asked": words }) })
    }
}

/// A place that is set up when [`Place::admin`] has been called.
pub(crate) struct Place {
    pub(crate) backend: Backend,
    pub(crate) clock: Clock,
    pub(crate) told: Recorder,
    pub(crate) settings: Settings,
    dir: Dir,
    postgres: Option<String>,
}

/// A temporary directory that goes with its owner.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        let name = format!("stoa-test-{}", unique());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unique() -> String {
    let id = MessageId::new(Timestamp(0), Random.id().unwrap());
    id.0.simple().to_string()
}

impl Place {
    pub(crate) async fn sqlite() -> Self {
        Self::start(None).await
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let base = std::env::var("STOA_TEST_POSTGRES").ok()?;
        Some(Self::start(Some(base)).await)
    }

    async fn start(postgres: Option<String>) -> Self {
        let dir = Dir::new();
        let mut database_url = None;
        if let Some(base) = &postgres {
            let name = format!("stoa_test_{}", unique());
            let mut server = PgConnection::connect(base).await.unwrap();
            let create = format!("CREATE DATABASE {name}");
            server.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
            server.close().await.unwrap();
            let (server, _) = base.rsplit_once('/').unwrap();
            database_url = Some(format!("{server}/{name}"));
        }
        let settings = Settings {
            public_url: "https://stoa.example".into(),
            data_dir: dir.0.clone(),
            database_url: database_url.clone().map(Secret::new),
            mail_from: "Stoa <stoa@stoa.example>".into(),
            mail: MailSettings::Mailbox,
            mqtt_url: None,
            post_rate: domain::Rate::UNLIMITED,
            upload_rate: domain::Rate::UNLIMITED,
            storage_url: None,
            image_quota: None,
            image_quota_page: None,
        };
        let clock = Clock::held(NOON);
        let (backend, told) = node(&settings, &clock).await;
        Self {
            backend,
            clock,
            told,
            settings,
            dir,
            postgres: database_url,
        }
    }

    /// Stops the backend and removes what it left.
    pub(crate) async fn end(self) {
        self.backend.stop().await;
        if let (Some(url), Ok(base)) = (&self.postgres, std::env::var("STOA_TEST_POSTGRES")) {
            let name = url.rsplit('/').next().unwrap();
            let mut server = PgConnection::connect(&base).await.unwrap();
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            server.execute(sqlx::AssertSqlSafe(drop)).await.unwrap();
        }
    }

    /// Sets the place up; its first admin.
    pub(crate) async fn admin(&self) -> Viewer {
        let link = self.backend.setup_link().await.unwrap().unwrap();
        let token = link.rsplit('/').next().unwrap();
        let session = self
            .backend
            .set_up(
                token,
                page_name("Our place"),
                name("Ada"),
                email("ada@stoa.example"),
            )
            .await
            .unwrap();
        self.viewer(&session).await.unwrap()
    }

    pub(crate) async fn viewer(&self, session: &Secret) -> Option<Viewer> {
        self.backend.viewer(session.expose()).await.unwrap()
    }

    /// An account that came by no invitation, signed in: `<name>@stoa.example`.
    pub(crate) async fn person(&self, person: &str) -> Viewer {
        let (_, session) = self.person_with_session(person).await;
        self.viewer(&session).await.unwrap()
    }

    pub(crate) async fn person_with_session(&self, person: &str) -> (AccountId, Secret) {
        let id = AccountId::new(self.clock.now(), Random.id().unwrap());
        let session = Random.token().unwrap();
        let email = format!("{}@stoa.example", person.to_lowercase());
        let now = self.clock.now().0;
        self.sql(|db| {
            db.query("INSERT INTO accounts (id, email, name, created) VALUES ($1, $2, $3, $4)")
                .uuid(id.0)
                .text(&email)
                .text(person)
                .number(now)
        })
        .await;
        self.sql(|db| {
            db.query(
                "INSERT INTO sessions (hash, account, created, last_seen, expires)
                 VALUES ($1, $2, $3, $3, $4)",
            )
            .bytes(&session.hash())
            .uuid(id.0)
            .number(now)
            .number(now + Backend::SESSION_SECONDS * 1000)
        })
        .await;
        (id, session)
    }

    /// Makes the person a member, past all rights.
    pub(crate) async fn join(&self, page: PageId, person: &Viewer) {
        let now = self.clock.now().0;
        self.sql(|db| {
            db.query(
                "INSERT INTO members (page, account, role, joined) VALUES ($1, $2, 'member', $3)",
            )
            .uuid(page.0)
            .uuid(person.account.0)
            .number(now)
        })
        .await;
        let roster = "UPDATE pages SET roster = roster + 1 WHERE id = $1";
        self.sql(|db| db.query(roster).uuid(page.0)).await;
    }

    pub(crate) async fn page(&self, admin: &Viewer, called: &str) -> Page {
        self.backend
            .create_page(admin, page_name(called), About::default())
            .await
            .unwrap()
    }

    /// Posts and returns the message's id and number.
    pub(crate) async fn post(&self, author: &Viewer, page: PageId, text: &str) -> (MessageId, i64) {
        let id = self.message_id();
        let seq = self
            .backend
            .post_message(author, page, Posting::plain(id, body(text)))
            .await;
        (id, seq.unwrap())
    }

    pub(crate) fn message_id(&self) -> MessageId {
        MessageId::new(self.clock.now(), Random.id().unwrap())
    }

    /// A statement past the backend, for states that take long to reach or should not be reachable.
    pub(crate) async fn sql(&self, build: impl FnOnce(Sql) -> Sql) -> u64 {
        let sql = build(Sql::default());
        macro_rules! run {
            ($connection:ty, $options:expr) => {{
                let mut conn = <$connection>::connect_with($options).await.unwrap();
                let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.text));
                for bind in sql.binds {
                    query = match bind {
                        Bind::Uuid(value) => query.bind(value),
                        Bind::Text(value) => query.bind(value),
                        Bind::Number(value) => query.bind(value),
                        Bind::Bytes(value) => query.bind(value),
                    };
                }
                query.execute(&mut conn).await.unwrap().rows_affected()
            }};
        }
        if let Some(url) = &self.postgres {
            run!(PgConnection, &PgConnectOptions::from_str(url).unwrap())
        } else {
            let options = SqliteConnectOptions::new()
                .filename(self.dir.0.join("stoa.db"))
                .busy_timeout(Duration::from_secs(10));
            run!(SqliteConnection, &options)
        }
    }
}

/// Another node (or the same one, started again) on these settings.
pub(crate) async fn node(settings: &Settings, clock: &Clock) -> (Backend, Recorder) {
    let backend = Backend::start(settings.clone(), clock.clone(), Random)
        .await
        .unwrap();
    let told = Recorder::default();
    backend.bus().attach(Arc::new(told.clone()));
    (backend, told)
}

/// One statement and its binds, for either database.
#[derive(Default)]
pub(crate) struct Sql {
    text: String,
    binds: Vec<Bind>,
}

enum Bind {
    Uuid(uuid::Uuid),
    Text(String),
    Number(i64),
    Bytes(Vec<u8>),
}

impl Sql {
    pub(crate) fn query(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }
    pub(crate) fn uuid(mut self, value: uuid::Uuid) -> Self {
        self.binds.push(Bind::Uuid(value));
        self
    }
    pub(crate) fn text(mut self, value: &str) -> Self {
        self.binds.push(Bind::Text(value.to_owned()));
        self
    }
    pub(crate) fn number(mut self, value: i64) -> Self {
        self.binds.push(Bind::Number(value));
        self
    }
    pub(crate) fn bytes(mut self, value: &[u8]) -> Self {
        self.binds.push(Bind::Bytes(value.to_vec()));
        self
    }
}

pub(crate) fn body(text: &str) -> Body {
    Body::parse(text).unwrap()
}

pub(crate) fn page_name(text: &str) -> PageName {
    PageName::parse(text).unwrap()
}

pub(crate) fn name(text: &str) -> PersonName {
    PersonName::parse(text).unwrap()
}

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// The refusal that came instead of an answer.
#[track_caller]
pub(crate) fn refused<T>(answer: backend::Result<T>) -> domain::Refusal {
    match answer {
        Err(backend::Error::Refused(refusal)) => refusal,
        Err(error) => panic!("failed instead of refused: {error}"),
        Ok(_) => panic!("not refused"),
    }
}

/// Somebody who was not invited yet.
pub(crate) async fn invite_one(backend: &Backend, by: &Viewer, page: PageId, address: &str) {
    let inviting = backend.invite(by, page, address, Note::default());
    let addresses = inviting.await.unwrap().addresses;
    assert_eq!(addresses, [(email(address), InviteVerdict::Invited)]);
}

/// The newest mail, as an admin sees it.
pub(crate) async fn newest(backend: &Backend, admin: &Viewer) -> MailItem {
    backend.mailbox(admin).await.unwrap().items.remove(0)
}
