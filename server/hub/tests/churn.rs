//! Coming and going ten thousand times leaves neither entries nor memory behind.

mod support;

use bytes::Bytes;
use domain::Topic;
use hub::{Hub, Stats};
use mqtt::QoS;
use support::{Client, account, hub, page, until};

const CYCLES: u128 = 10_000;
const AT_ONCE: u128 = 100;

/// Resident memory of this process in bytes (proc(5), `statm`).
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("proc is mounted");
    let pages = statm.split(' ').nth(1).expect("a second field");
    pages.parse::<usize>().expect("a number") * 4096
}

async fn pass(hub: &Hub) {
    for wave in 0..CYCLES / AT_ONCE {
        let mut clients = Vec::new();
        for number in 0..AT_ONCE {
            let who = account(wave * AT_ONCE + number + 1);
            let mut client = Client::open_with_pipe(hub, who, 1024);
            client.greet("a browser's tab", 30).await;
            // Pages of its own and one that all share.
            for topic in [
                Topic::Page(page(1)),
                Topic::Page(page(wave * AT_ONCE + number + 2)),
                Topic::Account(who),
            ] {
                client.subscribe(topic, QoS::AtMostOnce).await;
            }
            clients.push(client);
        }
        assert_eq!(
            hub.deliver(Topic::Page(page(1)), Bytes::from("x")) as u128,
            AT_ONCE
        );
        drop(clients);
        until(|| hub.stats().connections == 0).await;
    }
}

#[tokio::test]
async fn ten_thousand_connects_and_leaves_leave_nothing() {
    let (hub, house) = hub();
    let forget = || {
        house.asked.lock().unwrap().clear();
        house.wants.lock().unwrap().clear();
    };
    for _ in 0..2 {
        pass(&hub).await;
        forget();
    }
    #[cfg(target_os = "linux")]
    let before = resident();
    pass(&hub).await;
    forget();
    #[cfg(target_os = "linux")]
    {
        let grown = resident().saturating_sub(before);
        assert!(grown <= 5 * 1024 * 1024, "{grown} bytes");
    }
    let nothing = Stats {
        connections: 0,
        subscriptions: 0,
    };
    assert_eq!(hub.stats(), nothing);
}
