//! One to many, as fast as it goes: how many deliveries a second.

use std::{cell::Cell, rc::Rc, time::Duration};

use anyhow::{Result, ensure};
use mqtt::{PacketId, QoS};
use serde_json::{Value, json};
use tokio::{
    task::{LocalSet, spawn_local},
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
    let ways = match arguments.text("way")? {
        "members" => members(arguments, &mut plan.filter)?,
        "strangers" => strangers(&address, subscribers, &mut plan.filter),
        _ => (0..subscribers)
            .map(|number| Way {
                address: address.clone(),
                client: format!("load-{number}"),
                ..Way::default()
            })
            .collect(),
    };
    ensure!(ways.len() >= subscribers, "the seed is too small");
    let ways: Vec<_> = ways.into_iter().take(subscribers).collect();
    let names: Vec<String> = ways.iter().map(|way| way.client.clone()).collect();
    let all = ways.into_iter().map(|way| (way, plan.filter.clone()));
    let wires = Wire::open_all(all.collect(), plan.qos).await?;

    let received = Rc::new(Cell::new(0));
    for (wire, name) in wires.into_iter().zip(names) {
        if let Some(stem) = plan.filter.strip_suffix('+') {
            plan.voices
                .push((wire.mouth.clone(), format!("{stem}{name}")));
        }
        spawn_local(follow(wire, Rc::clone(&received)));
    }
    if plan.voices.is_empty() {
        // The hub's example takes the name `server` for the program around it.
        let wire = Wire::open(&Way {
            address,
            client: "load-publisher".to_owned(),
            username: Some("server".to_owned()),
            ..Way::default()
        })
        .await?;
        plan.voices.push((wire.mouth.clone(), plan.filter.clone()));
        spawn_local(follow(wire, Rc::default()));
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

/// Members' signals: each member says some, so that nobody says more than one may.
fn members(arguments: &Arguments, filter: &mut String) -> Result<Vec<Way>> {
    let seed = Seed::read(arguments)?;
    *filter = format!("p/{}/s/+", seed.page()?);
    let address = arguments.text("address")?;
    let ways = seed.ways(address, seed.accounts.len())?;
    Ok(ways.into_iter().map(|(way, _)| way).collect())
}

/// The same shape at a broker that knows nothing of members.
fn strangers(address: &str, count: usize, filter: &mut String) -> Vec<Way> {
    *filter = String::from("p/x/s/+");
    (0..count)
        .map(|number| Way {
            address: address.to_owned(),
            path: Some("/mqtt".to_owned()),
            client: format!("load-{number}"),
            ..Way::default()
        })
        .collect()
}

async fn follow(mut wire: Wire, received: Rc<Cell<u64>>) {
    while let Ok(count) = wire.listen().await {
        received.set(received.get() + count);
    }
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
