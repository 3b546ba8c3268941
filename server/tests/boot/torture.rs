//! The promise of the chat under the worst that can be made to happen: the program is killed and started again, sockets
//! are cut or left half open, answers come late or are lost after the commit, posts are sent twice, clocks differ. At the
//! end every client has the same timeline, in order, and every acknowledged message is in it exactly once.

mod proxy;
mod talker;

use std::{
    collections::BTreeSet,
    env,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use self::{
    proxy::{Fault, Proxy},
    talker::{Dice, Talker},
};
use crate::running::{Running, stoa};

/// All clients together; `STOA_TORTURE` asks for more.
const MESSAGES: usize = 240;
const CLIENTS: usize = 3;
/// In all, or for each message if those are many.
const PATIENCE: Duration = Duration::from_mins(10);
const PATIENCE_EACH: Duration = Duration::from_millis(200);

#[test]
fn nothing_is_lost_or_doubled_on_sqlite() {
    torture(&[]);
}

#[test]
fn nothing_is_lost_or_doubled_on_postgresql() {
    let Ok(base) = env::var("STOA_TEST_POSTGRES") else {
        return;
    };
    let name = format!("torture_{}", std::process::id());
    let ask = |statement: &str| {
        let mut psql = Command::new("psql");
        psql.args(["--quiet", "--dbname", &base, "--command", statement]);
        assert!(psql.status().unwrap().success(), "{statement}");
    };
    ask(&format!("CREATE DATABASE {name}"));
    let (server, _) = base.rsplit_once('/').unwrap();
    torture(&[("STOA_DATABASE_URL", &format!("{server}/{name}"))]);
    ask(&format!("DROP DATABASE {name} WITH (FORCE)"));
}

fn torture(settings: &[(&str, &str)]) {
    let messages = env::var("STOA_TORTURE").map_or(MESSAGES, |count| count.parse().unwrap());
    let (dir, seed) = seeded(settings);
    let mut place = Running::start_in(dir.clone(), settings);
    let proxy = Proxy::start(place.host());
    let over = Arc::new(AtomicBool::new(false));
    let talkers: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let account = &seed["accounts"][number];
            let cookie = account["cookie"].as_str().unwrap().to_owned();
            let page = seed["pages"][0]["id"].as_str().unwrap().parse().unwrap();
            let talker = Talker::new(number, proxy.address(), cookie, page);
            let over = Arc::clone(&over);
            thread::spawn(move || talker.talk(messages / CLIENTS, &over))
        })
        .collect();

    let start = Instant::now();
    let patience = PATIENCE.max(PATIENCE_EACH * u32::try_from(messages).unwrap());
    let mut dice = Dice::new(99);
    let mut kills = 0;
    while talkers.iter().any(|talker| !talker.is_finished()) {
        assert!(start.elapsed() < patience, "it does not come to an end");
        thread::sleep(Duration::from_millis(150 + dice.below(350)));
        let busy = proxy.posted() < messages;
        match dice.below(6) {
            _ if !busy => {
                proxy.fault(Fault::None);
                over.store(true, Ordering::SeqCst);
            }
            0 => {
                drop(place);
                place = Running::start_in(dir.clone(), settings);
                proxy.lead_to(place.host());
                kills += 1;
            }
            1 => proxy.cut_all(),
            2 => proxy.fault(Fault::HalfOpen),
            3 => proxy.fault(Fault::AnswersLost),
            4 => proxy.fault(Fault::Late),
            _ => proxy.fault(Fault::None),
        }
    }
    let ends: Vec<_> = talkers
        .into_iter()
        .map(|talker| talker.join().unwrap())
        .collect();

    let first = &ends[0].timeline;
    for end in &ends {
        assert_eq!(end.timeline, *first, "every timeline is the same");
        assert_eq!(end.acknowledged.len(), messages / CLIENTS);
        for id in &end.acknowledged {
            let times = first.iter().filter(|(_, other)| other == id).count();
            assert_eq!(times, 1, "{id:?} stands there once");
        }
        // In the order in which each was written.
        let seqs: Vec<_> = end
            .acknowledged
            .iter()
            .map(|id| first.iter().find(|(_, other)| other == id).unwrap().0)
            .collect();
        assert!(seqs.is_sorted(), "{seqs:?}");
    }
    let ids: BTreeSet<_> = first.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), first.len());
    assert!(kills > 0 || messages < 100, "it was never killed");
}

fn seeded(settings: &[(&str, &str)]) -> (Arc<TempDir>, Value) {
    let dir = Arc::new(TempDir::new().unwrap());
    let out = dir.path().join("seed.json");
    let output = stoa(&dir.path().join("data"))
        .envs(settings.iter().copied())
        .args(["seed", "--members", "3", "--messages", "5", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read(out).unwrap();
    (dir, serde_json::from_slice(&text).unwrap())
}
