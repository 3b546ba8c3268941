//! Calls, beside Janus' videoroom: what forwarding costs, what arrives and how much later, and the first picture.

use std::thread;

use anyhow::Result;
use serde_json::Value;

use super::{
    peers::Janus,
    report::Row,
    stand::{Stand, answer, load, number},
};
use crate::tree::Tree;

const PEOPLE: [usize; 3] = [8, 16, 24];
/// Bits a second of each camera.
const RATE: u32 = 1_000_000;
const SECONDS: u32 = 10;
/// Until the estimation of the lines has come to rest.
const WARM: u32 = 8;

pub(crate) fn calls(tree: &Tree) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for people in PEOPLE {
        // Each in a program of its own, so that memory is of this call.
        let stoa = Stand::new(tree, 30, 10, &[])?;
        let ours = stoa.load(tree, "call", &words("stoa", people, stoa.server.id()))?;
        drop(stoa);
        let janus = Janus::start()?;
        let words = words("janus", people, janus.id());
        let theirs = answer(&mut load(tree, "call", &janus.address, &words))?;
        rows.extend(compared(people, &ours, &theirs));
    }
    rows.push(first(tree)?);
    Ok(rows)
}

fn words(peer: &str, people: usize, process: u32) -> Vec<String> {
    vec![
        format!("peer={peer}"),
        format!("people={people}"),
        format!("process={process}"),
        format!("rate={RATE}"),
        "layers=1".to_owned(),
        format!("seconds={SECONDS}"),
        format!("warm={WARM}"),
    ]
}

/// With layers, as browsers send: there is a small one that fits a line of which nothing is known yet.
fn first(tree: &Tree) -> Result<Row> {
    let stoa = Stand::new(tree, 30, 10, &[])?;
    let words = [
        "peer=stoa".to_owned(),
        "people=8".to_owned(),
        format!("process={}", stoa.server.id()),
        format!("rate={RATE}"),
        "layers=3".to_owned(),
        "seconds=1".to_owned(),
        "warm=2".to_owned(),
    ];
    let value = stoa.load(tree, "call", &words)?;
    let part = |name: &str| number(&value["first"][name]);
    let p95 = part("p95_ms");
    Ok(Row::new(
        "call of 8 in layers: first picture of each p50 / p95",
        format!("{:.0} / {p95:.0} ms", part("p50_ms")),
    )
    .budget("p95 ≤ 500 ms", p95 <= 500.0))
}

fn compared(people: usize, ours: &Value, theirs: &Value) -> [Row; 3] {
    let what = |what: &str| format!("call of {people}, cameras of 1 Mb/s: {what}");
    let cost = number(&ours["micros_per_packet"]);
    let ratio = cost / number(&theirs["micros_per_packet"]);
    [
        Row::new(
            what("CPU per forwarded packet"),
            format!("{}, {ratio:.2} × Janus", spent(ours)),
        )
        .budget("≤ 6 µs, ≤ 0.5 × Janus", cost <= 6.0 && ratio <= 0.5)
        .peer(format!("Janus {}", spent(theirs))),
        Row::new(
            what("shown, of that delivered; added p50 / p95 / p99"),
            came(ours),
        )
        .peer(format!("Janus {}", came(theirs))),
        Row::new(what("first picture of each p50 / p95; memory"), begun(ours))
            .peer(format!("Janus {}", begun(theirs))),
    ]
}

fn spent(of: &Value) -> String {
    let (server, load) = (number(&of["cores"]), number(&of["load_cores"]));
    let all = thread::available_parallelism().map_or(1, usize::from) as f64;
    // What is not measured then is the server.
    let limited = if server + load > 0.9 * all {
        ", limited by the machine"
    } else {
        ""
    };
    format!(
        "{:.1} µs ({server:.2} cores, the load {load:.2}{limited})",
        number(&of["micros_per_packet"])
    )
}

fn came(of: &Value) -> String {
    let part = |name: &str| number(&of["added"][name]);
    format!(
        "{:.0} %, {:.2} %; {:.1} / {:.1} / {:.1} ms",
        number(&of["shown"]) * 100.0,
        (1.0 - number(&of["lost"])) * 100.0,
        part("p50_ms"),
        part("p95_ms"),
        part("p99_ms"),
    )
}

fn begun(of: &Value) -> String {
    format!(
        "{:.0} / {:.0} ms; {:.1} MB",
        number(&of["first"]["p50_ms"]),
        number(&of["first"]["p95_ms"]),
        number(&of["memory_mb"]) - number(&of["memory_before_mb"]),
    )
}
