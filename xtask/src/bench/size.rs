//! What it weighs: memory, time to start, the program's size, the bytes of a first visit.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use super::{
    report::{Row, median},
    stand::{Stand, number},
};
use crate::{server::Server, tree::Tree};

const CROWD: u32 = 5000;

pub(crate) fn memory(tree: &Tree) -> Result<Vec<Row>> {
    let stoa = Stand::new(tree, CROWD, 100, &[])?;
    // A person has been here: what is loaded on demand is loaded.
    stoa.load(tree, "page", &["clients=1".into(), "seconds=0.2".into()])?;
    let idle = resident(stoa.server.id())?;
    let mut crowd = stoa
        .command(tree, "crowd", &[format!("subscribers={CROWD}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut out = BufReader::new(crowd.stdout.take().context("the output is piped")?).lines();
    let said = out.next().context("the crowd did not come")??;
    ensure!(said == "connected", "{said}");
    let full = resident(stoa.server.id())?;
    drop(crowd.stdin.take());
    let stayed = out.next().context("the crowd left")??;
    crowd.wait()?;
    ensure!(
        stayed.contains(&CROWD.to_string()),
        "not everybody stayed: {stayed}"
    );
    let each = (full - idle) / f64::from(CROWD);
    let megabytes = idle / 1e6;
    let kilobytes = each / 1e3;
    Ok(vec![
        Row::new("memory, idle", format!("{megabytes:.1} MB")).budget("≤ 25 MB", megabytes <= 25.0),
        Row::new(
            "memory, each of 5,000 connected members",
            format!("{kilobytes:.1} KB"),
        )
        .budget("≤ 25 KB", kilobytes <= 25.0),
    ])
}

/// Bytes of memory that a process holds.
fn resident(process: u32) -> Result<f64> {
    let map = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let kilobytes: f64 = map
        .lines()
        .find_map(|line| line.strip_prefix("Rss:"))
        .and_then(|rest| rest.trim().strip_suffix("kB"))
        .context("no Rss")?
        .trim()
        .parse()?;
    Ok(kilobytes * 1024.0)
}

pub(crate) fn start(tree: &Tree) -> Result<Vec<Row>> {
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let server = Server::start(&tree.program(), &[])?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        drop(server);
    }
    let time = median(times);
    Ok(vec![
        Row::new(
            "start in an empty directory to first answer",
            format!("{time:.0} ms"),
        )
        .budget("≤ 150 ms", time <= 150.0),
    ])
}

pub(crate) fn program(tree: &Tree) -> Result<Vec<Row>> {
    let size = fs::metadata(tree.program())?.len() as f64 / 1e6;
    Ok(vec![
        Row::new("program, everything embedded", format!("{size:.1} MB"))
            .budget("≤ 30 MB", size <= 30.0),
    ])
}

pub(crate) fn visit(tree: &Tree) -> Result<Vec<Row>> {
    let stoa = Stand::new(tree, 10, 100, &[])?;
    let measured = stoa.load(tree, "visit", &[])?;
    let row = |what: &str, budget: f64| {
        let size = number(&measured[what]["bytes"]) / 1e3;
        Row::new(
            format!("first visit, all bytes (brotli): {what}"),
            format!("{size:.0} KB"),
        )
        .budget(format!("≤ {budget} KB"), size <= budget)
    };
    Ok(vec![row("invitation", 230.0), row("page", 300.0)])
}
