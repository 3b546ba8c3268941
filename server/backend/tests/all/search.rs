//! Search on both databases.

use std::{borrow::Cow, time::Instant};

use crate::support;
use crate::support::{body, refused};
use backend::{Backend, Search, Secret, Seeding, Viewer};
use domain::{AccountId, Emoji, PageId, Refusal, Timestamp};
use sqlx::{ConnectOptions, Connection};

fn all(words: &str) -> Search {
    Search {
        words: words.into(),
        page: None,
        from: None,
        before: None,
        limit: 30,
    }
}

async fn texts(backend: &Backend, viewer: &Viewer, search: Search) -> Vec<String> {
    let (found, _) = backend.search(viewer, search).await.unwrap();
    found.into_iter().map(|found| found.message.body).collect()
}

on_both! {
    async fn all_words_are_found_as_beginnings_the_newest_first(place) {
        let ada = place.admin().await;
        let garden = place.page(&ada, "Garden").await.id;
        let kitchen = place.page(&ada, "Kitchen").await.id;
        for (page, text) in [
            (garden, "Bring the spade tomorrow"),
            (kitchen, "The SPADE is in the kitchen"),
            (garden, "Crème brûlée, says Łukasz; Привет, мир: https://a.example/path_x?q=1"),
            (garden, "rent: 1e5 or 3.14, snake_case"),
        ] {
            place.clock.advance(1);
            place.post(&ada, page, text).await;
        }
        let found = async |words: &str| texts(&place.backend, &ada, all(words)).await;
        let both = ["The SPADE is in the kitchen", "Bring the spade tomorrow"];
        assert_eq!(found("spade").await, both);
        assert_eq!(found("SPA the").await, both);
        assert_eq!(found("spade tomo").await, both[1..]);
        assert_eq!(found("spade water").await, Vec::<String>::new());
        assert_eq!(found("pade").await, Vec::<String>::new());
        for words in ["creme", "CRÈME Brul", "cre\u{300}me", "прив", "МИР", "example path x", "q 1"] {
            assert_eq!(found(words).await.len(), 1, "{words}");
        }
        for words in ["1e5", "3.14", "1e", "snake_case", "case"] {
            assert_eq!(found(words).await.len(), 1, "{words}");
        }
        let (found, more) = place.backend.search(&ada, all("kitch")).await.unwrap();
        assert_eq!((found[0].page_name.as_str(), found[0].message.page, more), ("Kitchen", kitchen, false));
    }

    async fn it_is_narrowed_by_page_person_and_time_and_goes_on_where_it_stopped(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let garden = place.page(&ada, "Garden").await.id;
        let kitchen = place.page(&ada, "Kitchen").await.id;
        for page in [garden, kitchen] {
            place.join(page, &mila).await;
        }
        for n in 0..12 {
            place.clock.advance(1);
            let who = if n % 3 == 0 { &mila } else { &ada };
            let page = if n % 2 == 0 { garden } else { kitchen };
            place.post(who, page, &format!("word {n}")).await;
        }
        let found = async |search: Search| texts(&place.backend, &ada, search).await;
        assert_eq!(found(Search { page: Some(kitchen), limit: 2, ..all("word") }).await, ["word 11", "word 9"]);
        let by_mila = Search { from: Some(mila.account), ..all("") };
        assert_eq!(found(by_mila.clone()).await, ["word 9", "word 6", "word 3", "word 0"]);
        assert_eq!(found(Search { page: Some(garden), ..by_mila.clone() }).await, ["word 6", "word 0"]);
        assert_eq!(found(Search { words: "6".into(), ..by_mila }).await, ["word 6"]);
        let mut before = None;
        let mut seen = Vec::new();
        loop {
            let search = Search { before, limit: 5, ..all("wor") };
            let (found, more) = place.backend.search(&ada, search).await.unwrap();
            before = found.last().map(|found| found.message.at);
            seen.extend(found.into_iter().map(|found| found.message.body));
            if !more {
                break;
            }
        }
        assert_eq!(seen, (0..12).rev().map(|n| format!("word {n}")).collect::<Vec<_>>());
        let never = Search { before: Some(Timestamp(0)), ..all("word") };
        assert_eq!(found(never).await, Vec::<String>::new());
    }

    async fn it_follows_edits_and_deletions(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (id, _) = place.post(&ada, page, "roses").await;
        let (other, _) = place.post(&ada, page, "more roses").await;
        let backend = &place.backend;
        backend.edit_message(&ada, page, id, body("tulips"), vec![]).await.unwrap();
        let heart = Emoji::parse("🌷").unwrap();
        backend.react(&ada, page, id, heart, true).await.unwrap();
        assert_eq!(texts(backend, &ada, all("roses")).await, ["more roses"]);
        let (found, _) = backend.search(&ada, all("tulip")).await.unwrap();
        assert_eq!(found[0].message.reactions[0].people, [(ada.account, "Ada".to_owned())]);
        backend.delete_message(&ada, page, id).await.unwrap();
        for search in [all("tulips"), all("roses tulips")] {
            assert!(texts(backend, &ada, search).await.is_empty());
        }
        let mine = Search { from: Some(ada.account), ..all("") };
        assert_eq!(texts(backend, &ada, mine).await, ["more roses"]);
        let (found, _) = backend.search(&ada, all("roses")).await.unwrap();
        assert_eq!(found[0].message.id, other);
    }

    async fn only_pages_of_mine_are_looked_on_at_this_moment(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        place.join(page, &mila).await;
        place.post(&ada, page, "secret here").await;
        place.post(&ada, other, "secret there").await;
        let backend = &place.backend;
        assert_eq!(texts(backend, &mila, all("secret")).await, ["secret here"]);
        let there = Search { page: Some(other), ..all("secret") };
        assert_eq!(refused(backend.search(&mila, there).await), Refusal::NotFound);
        backend.remove_member(&ada, page, mila.account).await.unwrap();
        assert!(texts(backend, &mila, all("secret")).await.is_empty());
        let hers = Search { from: Some(ada.account), ..all("") };
        assert!(texts(backend, &mila, hers).await.is_empty());
        assert_eq!(texts(backend, &ada, all("secret")).await.len(), 2);
        backend.delete_page(&ada, page, "Garden").await.unwrap();
        assert_eq!(texts(backend, &ada, all("secret")).await, ["secret there"]);
        // What takes the numbers of messages that are gone is not mistaken for them.
        place.post(&ada, other, "open").await;
        assert_eq!(texts(backend, &ada, all("secret")).await, ["secret there"]);
    }

    async fn tidying_the_database_mixes_nothing_up(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        for n in 0..10 {
            place.post(&ada, page, &format!("rose {n}")).await;
            place.post(&ada, other, &format!("tulip {n}")).await;
        }
        place.backend.delete_page(&ada, page, "Garden").await.unwrap();
        place.sql(|sql| sql.query("VACUUM")).await;
        assert_eq!(texts(&place.backend, &ada, all("tulip 7")).await, ["tulip 7"]);
        place.post(&ada, other, "lily").await;
        assert_eq!(texts(&place.backend, &ada, all("lily")).await, ["lily"]);
        assert!(texts(&place.backend, &ada, all("rose")).await.is_empty());
    }

    async fn with_many_pages_it_is_the_same(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        for n in 0..25 {
            let page = place.page(&ada, &format!("Page {n}")).await.id;
            place.clock.advance(1);
            place.post(&ada, page, &format!("word {n}")).await;
            if n != 7 {
                place.join(page, &mila).await;
            }
        }
        let found = texts(&place.backend, &mila, all("word")).await;
        assert_eq!((found.len(), found[0].as_str()), (24, "word 24"));
        assert!(!found.contains(&"word 7".to_owned()));
    }

    async fn nothing_that_is_typed_makes_it_fail(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        place.post(&ada, page, "a NEAR b").await;
        let long = ["a", "é", "\"", "a ", "\" OR ", "1", "😀", "हि"].map(|text| text.repeat(10_000));
        let typed = [
            "", " ", "\"", "'", "a\"b", "NEAR(a b)", "a OR", "AND", "NOT a", "a*", "*", "^a", "body:a",
            "page:x", "-a", "a & b | !c", "(a", "a)", "<->", ":*", "a:b", "\\", "%_", "a\0b", "\0",
            "{page}:a", "½", "²", "\u{300}", "हिन्दी", "😀", "\u{feff}", "日本語", "words MATCH 'a'", "İ", "ß",
        ];
        for words in typed.into_iter().map(str::to_owned).chain(long) {
            for from in [None, Some(ada.account)] {
                let search = Search { words: words.clone(), from, ..all("") };
                let (found, _) = place.backend.search(&ada, search).await.unwrap();
                assert!(found.len() <= 1);
            }
        }
        for nothing in ["", " \t", "\"*\"", "\0", "-&|"] {
            assert!(texts(&place.backend, &ada, all(nothing)).await.is_empty());
        }
    }

    async fn a_seeded_place_can_be_searched(place) {
        let seed = place.backend.seed(Seeding { members: 3, messages: 50 }).await.unwrap();
        let token = seed.accounts[1].cookie.strip_prefix("stoa_session=").unwrap();
        let member = place.backend.viewer(token).await.unwrap().unwrap();
        let hers = Search { from: Some(member.account), limit: 100, ..all("") };
        assert_eq!(texts(&place.backend, &member, hers).await.len(), 17);
        assert!(!texts(&place.backend, &member, all("garden")).await.is_empty());
    }
}

#[tokio::test]
async fn what_was_said_before_there_was_a_search_is_found() {
    let place = support::Place::sqlite().await;
    let mut settings = place.settings.clone();
    settings.data_dir = place.settings.data_dir.join("before");
    std::fs::create_dir(&settings.data_dir).unwrap();
    let first = sqlx::migrate!("migrations/sqlite")
        .iter()
        .filter(|migration| migration.version == 1)
        .cloned()
        .collect();
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(settings.data_dir.join("stoa.db"))
        .create_if_missing(true);
    let mut conn = options.connect().await.unwrap();
    let migrator = sqlx::migrate::Migrator {
        migrations: Cow::Owned(first),
        ..sqlx::migrate::Migrator::DEFAULT
    };
    migrator.run(&mut conn).await.unwrap();
    let account = AccountId(place.message_id().0);
    let page = place.message_id().0;
    for sql in [
        "INSERT INTO accounts (id, email, name, created) VALUES ($1, 'ada@stoa.example', 'Ada', 0)",
        "INSERT INTO pages (id, name, created, created_by, counter, messages, activity)
         VALUES ($2, 'Garden', 0, $1, 2, 2, 0)",
        "INSERT INTO members (page, account, role, joined, read_seq) VALUES ($2, $1, 'admin', 0, 1)",
        "INSERT INTO messages (id, page, author, seq, changed, at, body)
         VALUES (randomblob(16), $2, $1, 2, 2, 20, 'new rose'), (randomblob(16), $2, $1, 1, 1, 10, 'old rose')",
        "INSERT INTO sessions (hash, account, created, last_seen, expires)
         VALUES ($3, $1, 0, 0, 9223372036854775807)",
    ] {
        let session = Secret::new("session".to_owned()).hash();
        let query = sqlx::query(sql).bind(account.0).bind(page).bind(session);
        query.execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
    let (backend, _) = support::node(&settings, &place.clock).await;
    let ada = backend.viewer("session").await.unwrap().unwrap();
    let found = texts(&backend, &ada, all("rose")).await;
    assert_eq!(found, ["new rose", "old rose"]);
    let room = backend.room(&ada, PageId(page)).await.unwrap();
    assert_eq!(room.marks.delivered, [(account, 1)]);
    backend.stop().await;
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute: how long searching takes among a million messages"]
async fn a_million_messages_on_sqlite() {
    time_searches(support::Place::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute: how long searching takes among a million messages"]
async fn a_million_messages_on_postgres() {
    if let Some(place) = support::Place::postgres().await {
        time_searches(place).await;
    }
}

async fn time_searches(place: support::Place) {
    let seeding = Seeding {
        members: 50,
        messages: 1_000_000,
    };
    let begun = Instant::now();
    let seed = place.backend.seed(seeding).await.unwrap();
    println!("seeded in {:?}", begun.elapsed());
    if place.settings.database_url.is_some() {
        // As PostgreSQL does by itself after a minute or so.
        place.sql(|sql| sql.query("VACUUM ANALYZE messages")).await;
    }
    let token = seed.accounts[1].cookie.strip_prefix("stoa_session=");
    let member = place.backend.viewer(token.unwrap()).await.unwrap().unwrap();
    place.post(&member, seed.pages[0].id, "a needle").await;
    for search in searches(&member, place.clock.now()) {
        let mut took = Vec::new();
        for _ in 0..20 {
            let begun = Instant::now();
            place.backend.search(&member, search.clone()).await.unwrap();
            took.push(begun.elapsed());
        }
        took.sort();
        println!("{:?}, at most {:?}: {search:?}", took[10], took[19]);
    }
    place.end().await;
}

fn searches(member: &Viewer, now: Timestamp) -> Vec<Search> {
    let words = [
        "garden",
        "t",
        "th",
        "the",
        "tomorr",
        "garden path",
        "t a s",
        "needle",
        "needle t",
        "zzz",
        "the tomorrow spade roses water",
    ];
    let from = Some(member.account);
    let before = Some(now.minus_secs(30 * 86_400));
    let narrowed = [
        Search { from, ..all("") },
        Search {
            from,
            ..all("garden")
        },
        Search {
            before,
            ..all("garden")
        },
    ];
    words.into_iter().map(all).chain(narrowed).collect()
}
