//! Who may depend on whom: the arrows of ARCHITECTURE.md, and crates that must never reach a side.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    command::{CommandExt, cargo},
    site,
    tree::Tree,
};

/// Each crate with those of this workspace it may name.
const ARROWS: [(&str, &[&str]); 8] = [
    ("domain", &[]),
    ("mqtt", &[]),
    ("frontend", &["app"]),
    ("app", &["domain", "mqtt", "backend"]),
    ("backend", &["domain"]),
    ("beam", &["domain"]),
    ("hub", &["mqtt", "domain"]),
    ("server", &["app", "backend", "beam", "hub", "domain"]),
];

/// Trees that must not hold these, directly or through others.
const BARRED: [(&str, Option<&str>, &[&str]); 4] = [
    (
        "frontend",
        Some(site::WASM),
        &[
            "sqlx", "tokio", "lettre", "axum", "rumqttc", "backend", "hub",
        ],
    ),
    ("backend", None, &["leptos", "axum", "app"]),
    ("hub", None, &["leptos", "axum", "sqlx", "backend"]),
    ("domain", None, &["tokio", "sqlx", "leptos"]),
];

pub(crate) fn check(tree: &Tree) -> Result<Vec<String>> {
    let metadata = cargo(tree)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .read()?;
    let mut wrong = wrong_arrows(&serde_json::from_str(&metadata)?)?;
    for (krate, target, barred) in BARRED {
        let mut command = cargo(tree);
        command.args(["tree", "--package", krate, "--edges", "normal"]);
        command.args(["--prefix", "none", "--format", "{p}"]);
        if let Some(target) = target {
            command.args(["--target", target]);
        }
        let listing = command.read()?;
        for found in held(&listing, barred) {
            wrong.push(format!("the tree of `{krate}` holds `{found}`"));
        }
    }
    Ok(wrong)
}

/// Direct dependencies between the workspace's crates, as `cargo metadata` has them. Tests may look further.
fn wrong_arrows(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("packages")?;
    let ours: BTreeSet<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().context("name")?;
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            continue;
        };
        for dependency in package["dependencies"].as_array().context("dependencies")? {
            let to = dependency["name"].as_str().context("name")?;
            let normal = dependency["kind"].is_null();
            if normal && ours.contains(to) && !allowed.contains(&to) {
                wrong.push(format!("`{name}` may not depend on `{to}`"));
            }
        }
    }
    Ok(wrong)
}

fn held<'a>(listing: &'a str, barred: &[&str]) -> BTreeSet<&'a str> {
    listing
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| barred.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_that_is_not_drawn_is_wrong() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "hub", "dependencies": [
                { "name": "mqtt", "kind": null },
                { "name": "backend", "kind": null },
                { "name": "tokio", "kind": null },
            ] },
            { "name": "mqtt", "dependencies": [{ "name": "hub", "kind": "dev" }] },
            { "name": "backend", "dependencies": [] },
        ] });
        assert_eq!(
            wrong_arrows(&metadata).unwrap(),
            ["`hub` may not depend on `backend`"]
        );
    }

    #[test]
    fn a_barred_crate_is_found_anywhere_in_a_tree() {
        let listing = "frontend v0.1.0 (/x)\nleptos v0.8.23\ntokio v1.54.0\ntokio v1.54.0 (*)\ntokio-util v1.0.0";
        let found: Vec<_> = held(listing, &["tokio", "sqlx"]).into_iter().collect();
        assert_eq!(found, ["tokio"]);
    }
}
