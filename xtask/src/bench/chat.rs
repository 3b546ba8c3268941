//! Fan-out, and the way of a message to everybody's screen, beside Mosquitto.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{
    peers::{Mosquitto, TcpHub},
    report::{Row, median, thousands},
    stand::{Stand, answer, load, number},
};
use crate::tree::Tree;

const ROUNDS: usize = 3;
/// Per round: enough for a second or more of either side.
const DELIVERIES: u32 = 400_000;
const MEMBERS: u32 = 1000;

pub(crate) fn hub(tree: &Tree) -> Result<Vec<Row>> {
    let hub = TcpHub::start(tree)?;
    let broker = Mosquitto::start()?;
    each_shape(|words| {
        let mut words = words.to_vec();
        words.push("way=tcp".to_owned());
        let ours = deliveries(&answer(&mut load(tree, "fanout", &hub.address, &words))?)?;
        let theirs = deliveries(&answer(&mut load(tree, "fanout", &broker.tcp, &words))?)?;
        Ok((ours, theirs))
    })
    .map(|shapes| rows("hub fan-out", 5.0, shapes))
}

pub(crate) fn mqtt(tree: &Tree) -> Result<Vec<Row>> {
    let stoa = Stand::new(tree, MEMBERS, 100, &[])?;
    let broker = Mosquitto::start()?;
    each_shape(|words| {
        let with = |way: &str| -> Vec<String> {
            words
                .iter()
                .cloned()
                .chain([format!("way={way}")])
                .collect()
        };
        let ours = deliveries(&stoa.load(tree, "fanout", &with("members"))?)?;
        let mut theirs = load(tree, "fanout", &broker.web, &with("strangers"));
        Ok((ours, deliveries(&answer(&mut theirs)?)?))
    })
    .map(|shapes| rows("/mqtt fan-out", 3.0, shapes))
}

/// Subscribers, quality of service, ours, theirs.
type Shape = (u32, u8, f64, f64);

fn each_shape(round: impl Fn(&[String]) -> Result<(f64, f64)>) -> Result<Vec<Shape>> {
    let mut shapes = Vec::new();
    for (subscribers, qos) in [(200, 0), (200, 1), (1000, 0), (1000, 1)] {
        let words = [
            format!("subscribers={subscribers}"),
            format!("messages={}", DELIVERIES / subscribers),
            format!("qos={qos}"),
        ];
        // One beside the other, round by round: both meet the same noise.
        let (ours, theirs) = (0..ROUNDS)
            .map(|_| round(&words))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        shapes.push((subscribers, qos, median(ours), median(theirs)));
    }
    Ok(shapes)
}

fn deliveries(value: &Value) -> Result<f64> {
    ensure!(value["lost"] == 0, "{} deliveries were lost", value["lost"]);
    Ok(number(&value["deliveries_per_second"]))
}

fn rows(what: &str, budget: f64, shapes: Vec<Shape>) -> Vec<Row> {
    shapes
        .into_iter()
        .map(|(subscribers, qos, ours, theirs)| {
            let ratio = ours / theirs;
            let row = Row::new(
                format!("{what} 1→{subscribers}, QoS {qos}"),
                format!("{ratio:.1} × ({} /s)", thousands(ours)),
            )
            .peer(format!("Mosquitto {} /s", thousands(theirs)));
            if (subscribers, qos) == (1000, 0) {
                row.budget(format!("≥ {budget} × Mosquitto"), ratio >= budget)
            } else {
                row
            }
        })
        .collect()
}

pub(crate) fn arrival(tree: &Tree) -> Result<Vec<Row>> {
    let stoa = Stand::new(tree, MEMBERS, 100, &[])?;
    let broker = Mosquitto::start()?;
    let words = |way: &str| {
        [
            format!("way={way}"),
            format!("subscribers={MEMBERS}"),
            "messages=100".to_owned(),
            "rate=10".to_owned(),
        ]
    };
    let mut all: [Vec<f64>; 4] = Default::default();
    for _ in 0..ROUNDS {
        let ours = stoa.load(tree, "arrival", &words("members"))?;
        let mut theirs = load(tree, "arrival", &broker.web, &words("strangers"));
        let theirs = answer(&mut theirs)?;
        ensure!(ours["incomplete"] == 0, "a message did not reach everybody");
        for (numbers, (value, part)) in all.iter_mut().zip([
            (&ours, "p50_ms"),
            (&ours, "p99_ms"),
            (&theirs, "p50_ms"),
            (&theirs, "p99_ms"),
        ]) {
            numbers.push(number(&value["everybody"][part]));
        }
    }
    let [p50, p99, their_p50, their_p99] = all.map(median);
    Ok(vec![
        Row::new(
            "post → stored → with all of 1,000, p50 / p99",
            format!("{p50:.1} / {p99:.1} ms"),
        )
        .budget(
            "≤ Mosquitto (QoS 1, stores nothing)",
            p50 <= their_p50 && p99 <= their_p99,
        )
        .peer(format!("Mosquitto {their_p50:.1} / {their_p99:.1} ms")),
    ])
}
