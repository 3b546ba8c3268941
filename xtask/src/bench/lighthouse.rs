//! What Lighthouse says of a first visit from a phone. It is fetched from npm when it is first asked.

use std::{fs, process::Command};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{
    report::Row,
    stand::{Stand, number},
};
use crate::{command::CommandExt, tree::Tree};

const PACKAGE: &str = "lighthouse@12.8.2";

pub(crate) fn scores(tree: &Tree) -> Result<Vec<Row>> {
    let folder = tree.target.join("lighthouse");
    if !folder.join("node_modules/lighthouse").is_dir() {
        fs::create_dir_all(&folder)?;
        Command::new("npm")
            .args(["install", "--no-save", "--no-fund", "--no-audit", PACKAGE])
            .current_dir(&folder)
            .run()?;
    }
    let stoa = Stand::new(tree, 20, 200, &[])?;
    let mut said = Vec::new();
    Command::new("node")
        .arg(tree.end2end().join("bench/lighthouse.mjs"))
        .current_dir(&folder)
        .env("STOA_ADDRESS", &stoa.server.address)
        .env("STOA_SEED", stoa.seed())
        .watch(|line| {
            if let Some((_, json)) = line.split_once("BENCH ") {
                said.extend(serde_json::from_str::<Value>(json));
            }
        })?;
    ["sign-in", "page"]
        .into_iter()
        .map(|view| {
            let found = said.iter().find(|said| !said[view].is_null());
            let scores = &found.with_context(|| format!("no scores of {view}"))?[view];
            let [speed, access, practice] = [0, 1, 2].map(|at| number(&scores[at]));
            let met = speed >= 95.0 && access >= 100.0 && practice >= 100.0;
            Ok(Row::new(
                format!("Lighthouse, mobile, {view}: performance, accessibility, best practices"),
                format!("{speed:.0}, {access:.0}, {practice:.0}"),
            )
            .budget("≥ 95, 100, 100", met))
        })
        .collect()
}
