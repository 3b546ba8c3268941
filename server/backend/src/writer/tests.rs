//! What a group of jobs leaves when one of them fails, panics, or the disk is full.

use std::{
    future::ready,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use domain::{AccountId, Event, Refusal, Topic};
use futures::future::join_all;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Answering, Backend, Clock, Error, Listener, MailSettings, Random, Result, Settings,
    db::{execute, fetch_one},
};

use super::Tx;

#[derive(Default)]
struct Topics(Mutex<Vec<Topic>>);

impl Listener for Topics {
    fn deliver(&self, topic: Topic, _payload: Bytes) {
        self.0.lock().unwrap().push(topic);
    }
    fn cut(&self, _account: AccountId) {
        panic!("a listener that fails");
    }
    fn resync(&self) {}
    fn asked(&self, words: Value) -> Answering {
        Box::pin(ready(words))
    }
}

async fn start() -> (Backend, Arc<Topics>) {
    let name = format!("stoa-writer-{}", Random.token().unwrap().expose());
    let settings = Settings {
        public_url: "https://stoa.example".into(),
        data_dir: std::env::temp_dir().join(name),
        database_url: None,
        mail_from: "stoa@stoa.example".into(),
        mail: MailSettings::Mailbox,
        mqtt_url: None,
        post_rate: domain::Rate::UNLIMITED,
        upload_rate: domain::Rate::UNLIMITED,
        storage_url: None,
        image_quota: None,
        image_quota_page: None,
    };
    let backend = Backend::start(settings, Clock::System, Random)
        .await
        .unwrap();
    let topics = Arc::new(Topics::default());
    backend.bus().attach(topics.clone());
    (backend, topics)
}

async fn end(backend: Backend) {
    backend.stop().await;
    std::fs::remove_dir_all(&backend.settings().data_dir).unwrap();
}

fn topic(n: u128) -> Topic {
    Topic::Account(AccountId(Uuid::from_u128(n)))
}

/// Writes a row and says so; then `then` decides.
async fn insert(tx: &mut Tx, n: u128, then: fn() -> Result<()>) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO setup_tokens (hash, created) VALUES ($1, 0)",
        n.to_be_bytes().to_vec()
    )?;
    tx.publish(topic(n), Event::Resync);
    then()
}

async fn rows(backend: &Backend) -> i64 {
    let mut conn = backend.0.db.read().await.unwrap();
    let (rows,): (i64,) = fetch_one!(conn, "SELECT COUNT(*) FROM setup_tokens").unwrap();
    rows
}

#[tokio::test]
async fn a_job_that_fails_leaves_nothing_and_harms_no_neighbour() {
    let (backend, topics) = start().await;
    let jobs = (0..90).map(|n| {
        let then: fn() -> Result<()> = match n % 3 {
            0 => || Ok(()),
            1 => || Err(Refusal::NotFound.into()),
            _ => || panic!("a job with a mistake"),
        };
        let db = &backend.0.db;
        db.write(move |tx| Box::pin(insert(tx, n, then)))
    });
    for (n, answer) in join_all(jobs).await.into_iter().enumerate() {
        match n % 3 {
            0 => answer.unwrap(),
            1 => assert!(matches!(answer, Err(Error::Refused(Refusal::NotFound)))),
            _ => assert!(matches!(answer, Err(Error::Failed(_)))),
        }
    }
    assert_eq!(rows(&backend).await, 30);
    let told = std::mem::take(&mut *topics.0.lock().unwrap());
    assert_eq!(told, (0..90).step_by(3).map(topic).collect::<Vec<_>>());
    end(backend).await;
}

#[tokio::test]
async fn what_queues_is_committed_together() {
    let (backend, _) = start().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let jobs = (0..50).map(|n| {
        let runs = Arc::clone(&runs);
        backend.0.db.write(move |tx| {
            runs.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                insert(tx, n, || Ok(())).await?;
                // Rows of neighbours that are not committed yet are seen only inside of their group.
                let (seen,): (i64,) = fetch_one!(tx, "SELECT COUNT(*) FROM setup_tokens")?;
                Ok(seen)
            })
        })
    });
    let mut seen: Vec<i64> = join_all(jobs)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (1..=50).collect::<Vec<_>>());
    assert_eq!(runs.load(Ordering::SeqCst), 50, "none had to be run again");
    end(backend).await;
}

#[tokio::test]
async fn a_full_disk_is_a_refusal_and_nothing_is_lost_by_it() {
    let (backend, _) = start().await;
    let limit = |pages: &'static str| {
        let db = &backend.0.db;
        db.write(move |tx| Box::pin(async move { execute!(tx, pages) }))
    };
    let fill = |n: u128| {
        backend.0.db.write(move |tx| {
            Box::pin(async move {
                execute!(
                    tx,
                    "INSERT INTO setup_tokens (hash, created) VALUES ($1, 0)",
                    [n.to_be_bytes().to_vec(), vec![0; 100_000]].concat()
                )
            })
        })
    };
    fill(0).await.unwrap();
    // Fewer than there are already: SQLite takes it as "no more".
    limit("PRAGMA max_page_count = 1").await.unwrap();
    for n in 1..4 {
        let refused = fill(n).await;
        assert!(
            matches!(refused, Err(Error::Refused(Refusal::StorageFull))),
            "{refused:?}"
        );
    }
    assert_eq!(rows(&backend).await, 1);
    limit("PRAGMA max_page_count = 1000000").await.unwrap();
    fill(9).await.unwrap();
    assert_eq!(rows(&backend).await, 2);
    end(backend).await;
}

#[tokio::test]
async fn stopping_commits_what_is_queued_and_takes_nothing_more() {
    let (backend, _) = start().await;
    let db = backend.0.db.clone();
    let jobs: Vec<_> = (0..200)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                let write = db.write(move |tx| Box::pin(insert(tx, n, || Ok(()))));
                write.await
            })
        })
        .collect();
    // All are in the queue before the stop, because each task runs until it has to wait.
    tokio::task::yield_now().await;
    backend.stop().await;
    for job in jobs {
        job.await.unwrap().unwrap();
    }
    let late = db.write(|tx| Box::pin(insert(tx, 1000, || Ok(())))).await;
    assert!(late.is_err());
    let settings = backend.settings().clone();
    let again = Backend::start(settings, Clock::System, Random)
        .await
        .unwrap();
    assert_eq!(rows(&again).await, 200);
    end(again).await;
}

#[tokio::test]
async fn a_listener_that_panics_does_not_stop_the_writer() {
    let (backend, _) = start().await;
    for _ in 0..2 {
        let cut = backend.0.db.write(|tx| {
            Box::pin(async move {
                tx.cut(AccountId(Uuid::from_u128(1)), domain::Timestamp(0));
                Ok(())
            })
        });
        cut.await.unwrap();
    }
    end(backend).await;
}
