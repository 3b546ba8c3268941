//! `cargo xtask bench`: the budgets, measured; peers beside them in the same run, because machines differ and are
//! shared. Everything stays on loopback and is bounded in count and time.

mod calls;
mod chat;
mod feel;
mod images;
mod lighthouse;
mod peers;
mod report;
mod requests;
mod size;
mod stand;

use std::fs;

use anyhow::{Result, bail};

use crate::{
    command::{CommandExt, cargo},
    dist, setup,
    tree::Tree,
};
use report::Row;

type Measure = fn(&Tree) -> Result<Vec<Row>>;

const ROWS: [(&str, Measure); 19] = [
    ("hub", chat::hub),
    ("mqtt", chat::mqtt),
    ("arrival", chat::arrival),
    ("posts", requests::posts),
    ("page", requests::page),
    ("history", requests::history),
    ("search", requests::search),
    ("receipts", feel::receipts),
    ("feel", feel::browser),
    ("images", feel::images),
    ("thumbnails", images::thumbnails),
    ("served", images::served),
    ("calls", calls::calls),
    ("torture", feel::torture),
    ("memory", size::memory),
    ("start", size::start),
    ("size", size::program),
    ("visit", size::visit),
    ("lighthouse", lighthouse::scores),
];

pub(crate) fn bench(tree: &Tree, wanted: &[String]) -> Result<()> {
    let names: Vec<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    if let Some(wrong) = wanted.iter().find(|row| !names.contains(&row.as_str())) {
        bail!("there is no row `{wrong}`; there are: {}", names.join(" "));
    }
    setup::for_bench(tree)?;
    dist::build(tree)?;
    cargo(tree)
        .args(["build", "--profile", "dist"])
        .args([
            "--package",
            "load",
            "--package",
            "hub",
            "--package",
            "backend",
        ])
        .args(["--bins", "--examples"])
        .run()?;
    // The children inherit it: a thousand members are a thousand sockets.
    rlimit::increase_nofile_limit(u64::MAX)?;

    let mut rows = Vec::new();
    for (name, measure) in ROWS {
        if !wanted.is_empty() && !wanted.iter().any(|row| row == name) {
            continue;
        }
        eprintln!("measuring {name}");
        match measure(tree) {
            Ok(measured) => rows.extend(measured),
            // The other rows are worth having all the same.
            Err(error) => rows.push(Row::broken(name, &error)),
        }
    }
    print!("{}", report::table(&rows));
    let file = tree.target.join("bench.json");
    fs::write(&file, serde_json::to_string_pretty(&rows)?)?;
    println!("written to {}", file.display());
    Ok(())
}
