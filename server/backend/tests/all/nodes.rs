//! Two nodes on one PostgreSQL and one broker see each other's events and cuts, also after the broker was away.

use std::{
    io::Write,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::support::{Place, Recorder, Told, body, node};
use backend::{Node, Posting, Secret, Viewer};
use bytes::Bytes;
use domain::{Call, CallId, Caller, Event, PageId, SessionId, Timestamp, Topic};
use serde_json::json;
use uuid::Uuid;

/// A Mosquitto on a free port of its own, ended with the test.
struct Mosquitto {
    child: Child,
    port: u16,
    config: std::path::PathBuf,
}

impl Mosquitto {
    fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = std::env::temp_dir().join(format!("stoa-mosquitto-{port}.conf"));
        let mut file = std::fs::File::create(&config).unwrap();
        writeln!(file, "listener {port} 127.0.0.1\nallow_anonymous true").unwrap();
        let child = Self::spawn(&config)?;
        Some(Self {
            child,
            port,
            config,
        })
    }

    /// `None` if there is no Mosquitto on this machine.
    fn spawn(config: &std::path::Path) -> Option<Child> {
        ["mosquitto", "/usr/sbin/mosquitto"]
            .iter()
            .find_map(|program| {
                Command::new(program)
                    .arg("-c")
                    .arg(config)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .ok()
            })
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn come_back(&mut self) {
        self.child = Self::spawn(&self.config).unwrap();
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.config);
    }
}

/// The place with a second node, both at the broker.
struct Pair {
    place: Place,
    first: (backend::Backend, Recorder),
    second: (backend::Backend, Recorder),
    broker: Mosquitto,
}

async fn pair() -> Option<Pair> {
    let place = Place::postgres().await?;
    let Some(broker) = Mosquitto::start() else {
        place.end().await;
        return None;
    };
    let mut settings = place.settings.clone();
    settings.mqtt_url = Some(Secret::new(format!("mqtt://127.0.0.1:{}", broker.port)));
    let first = node(&settings, &place.clock).await;
    let second = node(&settings, &place.clock).await;
    first.0.start_workers();
    second.0.start_workers();
    Some(Pair {
        place,
        first,
        second,
        broker,
    })
}

impl Pair {
    async fn end(self) {
        self.first.0.stop().await;
        self.second.0.stop().await;
        self.place.end().await;
    }
}

async fn holds(node: &(backend::Backend, Recorder), topic: Topic) {
    node.0.bus().want(topic, true);
    // Once the broker has taken the subscription, whoever holds it is told to ask.
    node.1
        .wait_for(
            "resync after subscribing",
            |told| matches!(told, Told::Event(on, Event::Resync) if *on == topic),
        )
        .await;
}

fn is_message(told: &Told, text: &str) -> bool {
    matches!(told, Told::Event(_, Event::Message(message)) if message.body == text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_posted_on_one_node_is_told_on_the_other_once() {
    let Some(pair) = pair().await else { return };
    let ada = pair.place.admin().await;
    let page = pair.place.page(&ada, "Garden").await.id;
    let other = pair.place.page(&ada, "Kitchen").await.id;
    holds(&pair.first, Topic::Page(page)).await;
    holds(&pair.second, Topic::Page(page)).await;
    for (n, node) in [&pair.first, &pair.second, &pair.first]
        .into_iter()
        .enumerate()
    {
        let id = pair.place.message_id();
        node.0
            .post_message(&ada, other, Posting::plain(id, body("not held")))
            .await
            .unwrap();
        let id = pair.place.message_id();
        let seq = node
            .0
            .post_message(&ada, page, Posting::plain(id, body(&format!("{n}"))))
            .await
            .unwrap();
        assert_eq!(seq, n as i64 + 1);
        for (_, told) in [&pair.first, &pair.second] {
            told.wait_for("message", |told| is_message(told, &n.to_string()))
                .await;
        }
    }
    let signals = Topic::AllSignals(page);
    pair.second.0.bus().want(signals, true);
    let typing = Topic::Signals(page, ada.account);
    let payload = Bytes::from_static(br#"{"type":"typing"}"#);
    let heard = async {
        let told = |told: &Told| *told == Told::Bytes(typing, payload.clone());
        pair.second.1.wait_for("signal", told).await
    };
    let relayed = async {
        loop {
            pair.first.0.bus().relay(typing, payload.clone());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! { _ = heard => {}, () = relayed => {} }
    // A node passes over its own echo, and hears nothing that nobody holds.
    for (node, not_held) in [(&pair.first, 2), (&pair.second, 1)] {
        let told = node.1.all();
        for n in 0..3 {
            let times = told
                .iter()
                .filter(|told| is_message(told, &n.to_string()))
                .count();
            assert_eq!(times, 1);
        }
        let times = told
            .iter()
            .filter(|told| is_message(told, "not held"))
            .count();
        assert_eq!(times, not_held, "its own only");
    }
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_on_one_node_cuts_on_the_other_at_once() {
    let Some(pair) = pair().await else { return };
    let ada = pair.place.admin().await;
    let (mila, session) = pair.place.person_with_session("Mila").await;
    let viewer = pair
        .second
        .0
        .viewer(session.expose())
        .await
        .unwrap()
        .unwrap();
    let page = pair.place.page(&ada, "Garden").await.id;
    pair.place.join(page, &viewer).await;
    // That both are at the broker is known when a subscription has been answered.
    holds(&pair.first, Topic::Account(ada.account)).await;
    holds(&pair.second, Topic::Account(mila)).await;
    pair.first.0.remove_member(&ada, page, mila).await.unwrap();
    pair.second
        .1
        .wait_for("cut", |told| *told == Told::Cut(mila))
        .await;
    pair.first.0.set_disabled(&ada, mila, true).await.unwrap();
    let gone = async {
        // The second node remembers sessions for some seconds: it must be told to forget at once.
        while pair
            .second
            .0
            .viewer(session.expose())
            .await
            .unwrap()
            .is_some()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(2), gone)
        .await
        .unwrap();
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_was_away_costs_nothing_but_a_question() {
    let Some(mut pair) = pair().await else { return };
    let ada = pair.place.admin().await;
    let mila = pair.place.person("Mila").await;
    let page = pair.place.page(&ada, "Garden").await.id;
    pair.place.join(page, &mila).await;
    for node in [&pair.first, &pair.second] {
        holds(node, Topic::Page(page)).await;
    }
    pair.broker.kill();
    // Posting and local delivery go on, and a removal reaches the other node through the database.
    let id = pair.place.message_id();
    pair.first
        .0
        .post_message(&ada, page, Posting::plain(id, body("meanwhile")))
        .await
        .unwrap();
    assert!(
        pair.first
            .1
            .all()
            .iter()
            .any(|told| is_message(told, "meanwhile"))
    );
    pair.first
        .0
        .remove_member(&ada, page, mila.account)
        .await
        .unwrap();
    pair.second
        .1
        .wait_for("cut", |told| *told == Told::Cut(mila.account))
        .await;
    pair.first.1.take();
    pair.second.1.take();
    pair.broker.come_back();
    for (_, told) in [&pair.first, &pair.second] {
        told.wait_for("resync", |told| *told == Told::Resync).await;
    }
    holds(&pair.second, Topic::Page(page)).await;
    let id = pair.place.message_id();
    pair.first
        .0
        .post_message(&ada, page, Posting::plain(id, body("again")))
        .await
        .unwrap();
    pair.second
        .1
        .wait_for("message", |told| is_message(told, "again"))
        .await;
    let cuts = pair
        .second
        .1
        .all()
        .into_iter()
        .filter(|t| matches!(t, Told::Cut(_)));
    assert_eq!(cuts.count(), 0, "each cut is done once");
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_lives_on_one_node_as_long_as_that_says_so() {
    let Some(pair) = pair().await else { return };
    let ada = pair.place.admin().await;
    let page = pair.place.page(&ada, "Garden").await.id;
    let (first, second) = (&pair.first.0, &pair.second.0);
    assert_eq!(second.call_elsewhere(page).await.unwrap(), None);
    assert!(first.hold_call(page).await.unwrap());
    assert!(!second.hold_call(page).await.unwrap());
    assert!(first.hold_call(page).await.unwrap());
    assert_eq!(first.call_elsewhere(page).await.unwrap(), None);
    assert!(second.call_elsewhere(page).await.unwrap().is_some());
    pair.place.clock.advance(16);
    assert_eq!(second.call_elsewhere(page).await.unwrap(), None);
    assert!(second.hold_call(page).await.unwrap(), "the first is gone");
    assert!(!first.hold_call(page).await.unwrap());
    first.release_call(page).await.unwrap();
    assert!(!first.hold_call(page).await.unwrap(), "only one's own");
    second.release_call(page).await.unwrap();
    assert!(first.hold_call(page).await.unwrap());
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_has_the_other_do_something() {
    let Some(pair) = pair().await else { return };
    let ada = pair.place.admin().await;
    let page = pair.place.page(&ada, "Garden").await.id;
    let (first, second) = (&pair.first.0, &pair.second.0);
    assert!(first.hold_call(page).await.unwrap());
    let there = second.call_elsewhere(page).await.unwrap().unwrap();
    // Once both are at the broker.
    holds(&pair.first, Topic::Page(page)).await;
    holds(&pair.second, Topic::Page(page)).await;
    let answer = second.bus().ask(there, json!({ "a": 1 })).await;
    assert_eq!(answer, Some(json!({ "asked": { "a": 1 } })));
    // What no broker would take, and whom nobody knows.
    let large = json!("x".repeat(400_000));
    assert_eq!(second.bus().ask(there, large).await, None);
    let nobody = Node(Uuid::from_u128(7));
    assert_eq!(second.bus().ask(nobody, json!(1)).await, None);
    let again = second.bus().ask(there, json!(2)).await;
    assert_eq!(again, Some(json!({ "asked": 2 })), "still there");
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_many_are_in_a_call_is_known_on_every_node_as_long_as_it_is_said() {
    let Some(pair) = pair().await else { return };
    let ada = pair.place.admin().await;
    let page = pair.place.page(&ada, "Garden").await.id;
    let (first, second) = (&pair.first.0, &pair.second.0);
    holds(&pair.first, Topic::Page(page)).await;
    holds(&pair.second, Topic::Page(page)).await;
    let seen = async |people: usize| {
        let known = async {
            while second.my_pages(&ada).await.unwrap()[0].in_call != people {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), known)
            .await
            .unwrap_or_else(|_| panic!("not {people}"));
    };
    let nobody = a_call(page, &ada, 0);
    first.tell_call(a_call(page, &ada, 2));
    seen(2).await;
    pair.place.clock.advance(16);
    seen(0).await;
    assert!(first.hold_call(page).await.unwrap());
    seen(2).await;
    first.tell_call(nobody);
    seen(0).await;
    pair.end().await;
}

fn a_call(page: PageId, by: &Viewer, people: u128) -> Call {
    let caller = |number| Caller {
        session: SessionId(Uuid::from_u128(number)),
        account: by.account,
        name: by.name.clone(),
        muted: true,
        camera: false,
        screen: false,
        hand: None,
        away: false,
    };
    Call {
        id: CallId(Uuid::from_u128(1)),
        page,
        version: 1,
        since: Timestamp(0),
        callers: (0..people).map(caller).collect(),
        speaker: None,
    }
}
