//! One to many, as fast as it goes: how many deliveries a second.

use std::{cell::Cell, rc::Rc, time::Duration};

use anyhow::{Result, ensure};
use mqtt::{PacketId, QoS};
use serde_json::{Value, json};
use tokio::{
    task::{JoinSet, LocalSet},
    time::{Instant, sleep},
};

use crate::{
    arguments::Arguments,
    stand::Seed,
    wire::{Mouth, Way, Wire},
};

/// Published and not yet with everybody: so few that no queue of a broker overflows. The comparison is about
/// throughput, and a broker that drops would win it.
const ON_THEIR_WAY: u64 = 64;
/// Without a word for so long, what has not come will not come.
const SILENCE: Duration = Duration::from_secs(5);

/// Who publishes on what.
struct Plan {
    filter: String,
    voices: Vec<(Mouth, String)>,
    messages: u64,
    qos: QoS,
    everybody: u64,
    payload: Vec<u8>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Value> {
    LocalSet::new().run_until(measure(arguments)).await
}

async fn measure(arguments: &Arguments) -> Result<Value> {
    let subscribers: usize = arguments.number("subscribers")?;
    let mut plan = Plan {
        filter: "p/00000000-0000-7000-8000-000000000001/e".to_owned(),
        voices: Vec::new(),
        messages: arguments.number("messages")?,
        qos: if arguments.text("qos")? == "0" {
            QoS::AtMostOnce
        } else {
            QoS::AtLeastOnce
        },
        everybody: subscribers as u64,
        payload: signal(),
    };
    let address = arguments.text("address")?.to_owned();
    let received = Rc::new(Cell::new(0));
    let mut listeners = JoinSet::new();
    match arguments.text("way")? {
        // Members' signals: each member says some, so that nobody says more than one may.
        "members" => {
            let seed = Seed::read(arguments)?;
            let page = seed.page()?;
            plan.filter = format!("p/{page}/s/+");
            ensure!(seed.accounts.len() >= subscribers, "the seed is too small");
            for account in seed.accounts.iter().take(subscribers) {
                let way = Way {
                    address: address.clone(),
                    path: Some("/mqtt".to_owned()),
                    cookie: Some(account.cookie.clone()),
                    username: None,
                };
                let wire = Wire::open(&way, &account.id).await?;
                let topic = format!("p/{page}/s/{}", account.id);
                plan.voices.push((wire.mouth.clone(), topic));
                follow(&mut listeners, wire, &plan, &received).await?;
            }
        }
        // The same shape at a broker that knows nothing of members.
        "strangers" => {
            plan.filter = String::from("p/x/s/+");
            for number in 0..subscribers {
                let way = Way {
                    address: address.clone(),
                    path: Some("/mqtt".to_owned()),
                    ..Way::default()
                };
                let wire = Wire::open(&way, &format!("load-{number}")).await?;
                plan.voices
                    .push((wire.mouth.clone(), format!("p/x/s/{number}")));
                follow(&mut listeners, wire, &plan, &received).await?;
            }
        }
        // Plain TCP, one publisher. The hub's example takes the name `server` for the program around it.
        _ => {
            let mut way = Way {
                address,
                ..Way::default()
            };
            for number in 0..subscribers {
                let wire = Wire::open(&way, &format!("load-{number}")).await?;
                follow(&mut listeners, wire, &plan, &received).await?;
            }
            way.username = Some("server".to_owned());
            let wire = Wire::open(&way, "load-publisher").await?;
            plan.voices.push((wire.mouth.clone(), plan.filter.clone()));
            tokio::task::spawn_local(drain(wire));
        }
    }
    let seconds = publish(&plan, &received).await?;
    let expected = plan.messages * plan.everybody;
    Ok(json!({
        "deliveries_per_second": (received.get() as f64 / seconds).round(),
        "lost": expected.saturating_sub(received.get()),
        "seconds": seconds,
    }))
}

/// 300 bytes that are a signal in Stoa and nothing in particular elsewhere.
fn signal() -> Vec<u8> {
    let mut payload = br#"{"type":"typing"}"#.to_vec();
    payload.resize(300, b' ');
    payload
}

async fn follow(
    listeners: &mut JoinSet<()>,
    mut wire: Wire,
    plan: &Plan,
    received: &Rc<Cell<u64>>,
) -> Result<()> {
    wire.subscribe(&plan.filter, plan.qos).await?;
    let received = Rc::clone(received);
    listeners.spawn_local(async move {
        while let Ok(count) = wire.listen().await {
            received.set(received.get() + count);
        }
    });
    Ok(())
}

async fn drain(mut wire: Wire) {
    while wire.listen().await.is_ok() {}
}

/// Seconds from the first message to the last delivery.
async fn publish(plan: &Plan, received: &Cell<u64>) -> Result<f64> {
    let start = Instant::now();
    let mut last = (start, 0);
    let mut sent = 0;
    loop {
        let all = received.get();
        if all != last.1 {
            last = (Instant::now(), all);
        }
        if all >= plan.messages * plan.everybody || last.0.elapsed() > SILENCE {
            return Ok((last.0 - start).as_secs_f64());
        }
        while sent < plan.messages && sent < all / plan.everybody + ON_THEIR_WAY {
            let (mouth, topic) = &plan.voices[sent as usize % plan.voices.len()];
            let id =
                PacketId::new((sent % 65_535 + 1) as u16).filter(|_| plan.qos == QoS::AtLeastOnce);
            mouth.publish(topic, &plan.payload, id).await?;
            sent += 1;
        }
        // Whoever polls the counter must not take the processor from those who are measured.
        sleep(Duration::from_millis(1)).await;
    }
}
