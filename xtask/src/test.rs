//! `cargo xtask test`: every check in one order, each with its time, and one line at the end that counts them all.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    command::{CommandExt, cargo, which},
    dist,
    postgres::Postgres,
    setup, site, tidy,
    tree::Tree,
};

const PARTS: [&str; 7] = ["fmt", "tidy", "clippy", "deny", "unit", "protocol", "e2e"];

#[derive(Clone, Copy, Default)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    fn of(passed: bool) -> Self {
        Self {
            passed: u64::from(passed),
            failed: u64::from(!passed),
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

struct Report {
    steps: Vec<(&'static str, Duration, Count)>,
}

impl Report {
    /// Runs a step. Its error is one failure; the steps after it run all the same and show the whole picture.
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Count>) -> bool {
        println!("\n==> {name}");
        let start = Instant::now();
        let count = work().unwrap_or_else(|error| {
            println!("{name}: {error:#}");
            Count::of(false)
        });
        self.steps.push((name, start.elapsed(), count));
        count.failed == 0
    }

    /// The closing lines. Whether all was well.
    fn close(&self) -> bool {
        println!("\n{:<12}{:>8}{:>9}{:>9}", "", "seconds", "passed", "failed");
        let mut sum = Count::default();
        for (name, time, count) in &self.steps {
            sum.add(*count);
            println!(
                "{name:<12}{:>8.1}{:>9}{:>9}",
                time.as_secs_f64(),
                count.passed,
                count.failed
            );
        }
        println!("\n{} passed, {} failed", sum.passed, sum.failed);
        sum.failed == 0
    }
}

pub(crate) fn test(tree: &Tree, words: &[String]) -> Result<()> {
    let (parts, more) = words.split_at(
        words
            .iter()
            .position(|word| word == "--")
            .unwrap_or(words.len()),
    );
    if let Some(wrong) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("there is no part `{wrong}`; there are: {}", PARTS.join(" "));
    }
    let parts: BTreeSet<&str> = parts.iter().map(String::as_str).collect();
    let wants = |part: &str| parts.is_empty() || parts.contains(part);
    let more = more.get(1..).unwrap_or_default();

    let mut report = Report { steps: Vec::new() };
    let ready = report.step("set-up", || done(setup::for_tests(tree)));
    if wants("fmt") {
        report.step("fmt", || done(cargo(tree).args(["fmt", "--check"]).run()));
    }
    if wants("tidy") {
        report.step("tidy", || done(tidy::check(tree)));
    }
    if wants("deny") && which("cargo-deny").is_some() {
        report.step("deny", || done(cargo(tree).args(["deny", "check"]).run()));
    }
    let built = (wants("unit") || wants("clippy") || wants("e2e") || wants("protocol"))
        && report.step("site", || done(site::build(tree)));
    if wants("clippy") {
        report.step("clippy", || done(clippy(tree)));
    }
    if ready && (wants("unit") || wants("e2e")) {
        let mut database = None;
        report.step("postgres", || {
            database = Some(Postgres::start(false)?);
            done(Ok(()))
        });
        let url = database.as_ref().map_or("", |cluster| cluster.url.as_str());
        if wants("unit") {
            report.step("unit", || unit(tree, url));
        }
        let runs = built
            && wants("e2e")
            && report.step("dist", || {
                done(dist::build(tree).and_then(|()| dist::smoke(tree)))
            });
        if runs {
            report.step("e2e", || end_to_end(tree, url, more));
        }
    }
    if ready && wants("protocol") {
        report.step("protocol", || protocol(tree));
    }
    if !report.close() {
        bail!("not everything passed");
    }
    Ok(())
}

fn done(outcome: Result<()>) -> Result<Count> {
    outcome.map(|()| Count::of(true))
}

fn clippy(tree: &Tree) -> Result<()> {
    cargo(tree)
        .args(["clippy", "--workspace", "--all-targets", "--quiet"])
        .args(["--", "-D", "warnings"])
        .run()?;
    // The browser's side is other code: what only wasm compiles, clippy above has not seen.
    cargo(tree)
        .args(["clippy", "--package", "frontend", "--package", "app"])
        .args(["--features", "app/hydrate", "--profile", "wasm", "--quiet"])
        .args(["--target", site::WASM, "--target-dir"])
        .arg(tree.target.join("wasm"))
        .args(["--", "-D", "warnings"])
        .run()
}

fn unit(tree: &Tree, postgres: &str) -> Result<Count> {
    let mut count = Count::default();
    let well = cargo(tree)
        .args(["test", "--workspace", "--no-fail-fast", "--quiet"])
        .env("STOA_TEST_POSTGRES", postgres)
        .watch(|line| {
            if let Some(found) = rust_result(line) {
                count.add(found);
            }
        })?;
    // What does not compile reports no result at all.
    if !well && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

/// `test result: ok. 12 passed; 0 failed; …`
fn rust_result(line: &str) -> Option<Count> {
    let rest = line.trim().strip_prefix("test result: ")?;
    let number = |what: &str| -> Option<u64> {
        rest.split([';', '.'])
            .find_map(|part| part.trim().strip_suffix(what)?.trim().parse().ok())
    };
    Some(Count {
        passed: number("passed")?,
        failed: number("failed")?,
    })
}

/// The scripts that drive the hub with other people's clients. Each says `N passed, N failed` last.
fn protocol(tree: &Tree) -> Result<Count> {
    cargo(tree)
        .args([
            "build",
            "--package",
            "hub",
            "--example",
            "tcp_hub",
            "--quiet",
        ])
        .run()?;
    let hub = tree.target.join("debug/examples/tcp_hub");
    let python = setup::python(tree)?;
    let mut count = Count::default();
    let mut scripts: Vec<_> = fs::read_dir(tree.end2end().join("protocol"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| !name.to_string_lossy().starts_with('_'))
        })
        .collect();
    scripts.sort();
    for script in scripts {
        count.add(script_count(&python, &script, &hub)?);
    }
    Ok(count)
}

fn script_count(python: &Path, script: &Path, hub: &Path) -> Result<Count> {
    let mut said = None;
    let well = Command::new(python)
        .arg(script)
        .env("TCP_HUB", hub)
        .watch(|line| said = plain_result(line).or(said))?;
    let mut count = said.unwrap_or_default();
    if !well && count.failed == 0 {
        count.failed = 1;
    } else if well && said.is_none() {
        count.passed = 1;
    }
    Ok(count)
}

/// `12 passed, 0 failed`
fn plain_result(line: &str) -> Option<Count> {
    let (passed, failed) = line.trim().split_once(" passed, ")?;
    Some(Count {
        passed: passed.parse().ok()?,
        failed: failed.split_once(" failed")?.0.parse().ok()?,
    })
}

fn end_to_end(tree: &Tree, postgres: &str, more: &[String]) -> Result<Count> {
    Command::new("npx")
        .args(["tsc", "--noEmit"])
        .current_dir(tree.end2end())
        .run()?;
    let results = tree.end2end().join("test-results/results.json");
    let _ = fs::remove_file(&results);
    let well = Command::new("npx")
        .args(["playwright", "test"])
        .args(more)
        .current_dir(tree.end2end())
        .env("STOA_PROGRAM", tree.program())
        .env("STOA_TEST_POSTGRES", postgres)
        .status()?
        .success();
    let text = fs::read(&results).context("Playwright wrote no results")?;
    let mut count = playwright_result(&serde_json::from_slice(&text)?);
    if !well && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

fn playwright_result(results: &Value) -> Count {
    let number = |what: &str| results["stats"][what].as_u64().unwrap_or(0);
    Count {
        // Passed at the second try: said in Playwright's own report.
        passed: number("expected") + number("flaky"),
        failed: number("unexpected") + results["errors"].as_array().map_or(0, Vec::len) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_in_each_runners_own_words() {
        let count = rust_result(
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
        )
        .unwrap();
        assert_eq!((count.passed, count.failed), (12, 3));
        assert!(rust_result("running 3 tests").is_none());
        let count = plain_result("51 passed, 2 failed\n").unwrap();
        assert_eq!((count.passed, count.failed), (51, 2));
        assert!(plain_result("all well").is_none());
        let count = playwright_result(&serde_json::json!({
            "stats": { "expected": 30, "unexpected": 1, "flaky": 2, "skipped": 0 },
            "errors": [{}],
        }));
        assert_eq!((count.passed, count.failed), (32, 2));
    }
}
