//! How the chat feels: scrolling and typing in Chromium, a crowd that reads, the torture at length.

use std::{process::Command, time::Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{
    report::Row,
    stand::{Stand, number},
};
use crate::{
    command::{CommandExt, cargo},
    postgres::Postgres,
    tree::Tree,
};

const MESSAGES: u32 = 5_000;

/// What a spec in `end2end/bench` has measured on this stand.
fn watched(tree: &Tree, stoa: &Stand, spec: &str) -> Result<Vec<Value>> {
    let mut said = Vec::new();
    Command::new("npx")
        .args(["playwright", "test", "--config", "bench.config.ts", spec])
        .current_dir(tree.end2end())
        .env("STOA_ADDRESS", &stoa.server.address)
        .env("STOA_PID", stoa.server.id().to_string())
        .env("STOA_SEED", stoa.seed())
        .watch(|line| {
            if let Some((_, json)) = line.split_once("BENCH ") {
                said.extend(serde_json::from_str::<Value>(json));
            }
        })?;
    Ok(said)
}

fn figure(said: &[Value], name: &str) -> Result<Value> {
    let found = said.iter().find(|said| !said[name].is_null());
    Ok(found.with_context(|| format!("no figure of {name}"))?[name].clone())
}

pub(crate) fn images(tree: &Tree) -> Result<Vec<Row>> {
    let stoa = Stand::new(tree, 5, 100, &[])?;
    let said = watched(tree, &stoa, "images")?;
    let (jpeg, twelve) = (figure(&said, "jpeg")?, figure(&said, "twelve")?);
    let (usual, over) = (number(&jpeg["p50"]), number(&twelve["over"]));
    Ok(vec![
        Row::new(
            format!(
                "JPEG of {} KB, from drop to thumbnail on the other screen, p50 / most",
                jpeg["kilobytes"]
            ),
            format!("{usual:.0} / {} ms", jpeg["most"]),
        )
        .budget("≤ 250 ms", usual <= 250.0),
        Row::new(
            "12 images of 5 MB at once: until all are shown; memory over idle",
            format!("{} s; {over:.0} MB", twelve["seconds"]),
        )
        .budget("≤ 150 MB", over <= 150.0),
    ])
}

pub(crate) fn browser(tree: &Tree) -> Result<Vec<Row>> {
    let stoa = Stand::new(tree, 5, MESSAGES, &[])?;
    let said = watched(tree, &stoa, "feel")?;
    let (scroll, typing) = (figure(&said, "scroll")?, figure(&said, "typing")?);
    Ok(vec![
        Row::new(
            "5,000 messages scrolled up in Chromium: frames over 50 ms",
            format!(
                "{} of {}, longest {} ms, {} messages in the document",
                scroll["long"], scroll["frames"], scroll["worst"], scroll["rows"]
            ),
        ),
        Row::new(
            "a key to its frame while 50 messages a second arrive, p50 / p95",
            format!("{} / {} ms", typing["p50"], typing["p95"]),
        ),
    ])
}

pub(crate) fn receipts(tree: &Tree) -> Result<Vec<Row>> {
    let stoa = Stand::new(tree, 1000, 100, &[])?;
    let measured = stoa.load(tree, "receipts", &["watchers=100".into()])?;
    Ok(vec![Row::new(
        "1,000 members read at once: until everybody knows, events told to each",
        format!("{:.0} ms, {}", number(&measured["ms"]), measured["events"]),
    )])
}

/// 10,000 messages through kills, cuts and lost answers, on both databases.
pub(crate) fn torture(tree: &Tree) -> Result<Vec<Row>> {
    let database = Postgres::start(false)?;
    let start = Instant::now();
    cargo(tree)
        .args([
            "test",
            "--quiet",
            "--workspace",
            "--test",
            "boot",
            "torture",
        ])
        .env("STOA_TORTURE", "9999")
        .env("STOA_TEST_POSTGRES", &database.url)
        .run()?;
    Ok(vec![Row::new(
        "torture: 9,999 messages on each database, every timeline the same",
        format!("{:.0} s", start.elapsed().as_secs_f64()),
    )])
}
