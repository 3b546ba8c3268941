//! `cargo xtask test`: every check in one order, each with its time, and one line at the end that counts them all.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    bucket::Bucket,
    command::{CommandExt, cargo, which},
    dist,
    postgres::Postgres,
    setup, site, tidy,
    tree::Tree,
};

/// End to end with the program as the tests build it, not with the released one, which takes as long to build as all else.
const QUICK: &str = "--quick";
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

type Ended = (&'static str, Duration, Count);
type Step<'a> = (&'static str, Box<dyn FnOnce() -> Result<()> + Send + 'a>);

fn timed(name: &'static str, work: impl FnOnce() -> Result<Count>) -> Ended {
    let start = Instant::now();
    let count = work().unwrap_or_else(|error| {
        println!("{name}: {error:#}");
        Count::of(false)
    });
    (name, start.elapsed(), count)
}

struct Report {
    steps: Vec<Ended>,
}

impl Report {
    /// Runs a step. Its error is one failure; the steps after it run all the same and show the whole picture.
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Count>) -> bool {
        println!("\n==> {name}");
        let ended = timed(name, work);
        self.steps.push(ended);
        ended.2.failed == 0
    }

    /// Steps that keep out of each other's way, at once: for long stretches a compiler uses one core.
    fn beside(&mut self, steps: Vec<Step<'_>>) {
        let names: Vec<&str> = steps.iter().map(|(name, _)| *name).collect();
        println!("\n==> {}", names.join(", "));
        let ended = thread::scope(|scope| {
            let mut running = Vec::new();
            for (name, work) in steps {
                running.push(scope.spawn(move || timed(name, || done(work()))));
            }
            let end =
                |step: ScopedJoinHandle<'_, Ended>| step.join().expect("a step does not panic");
            running.into_iter().map(end).collect::<Vec<_>>()
        });
        self.steps.extend(ended);
    }

    /// Whether this step was made and nothing of it failed.
    fn well(&self, name: &str) -> bool {
        let mut of = self.steps.iter().filter(|(of, _, _)| *of == name);
        of.any(|(_, _, count)| count.failed == 0)
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
    let mut parts: BTreeSet<&str> = parts.iter().map(String::as_str).collect();
    let quick = parts.remove(QUICK);
    if let Some(wrong) = parts.iter().find(|part| !PARTS.contains(part)) {
        bail!("there is no part `{wrong}`; there are: {}", PARTS.join(" "));
    }
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
    if wants("deny") {
        if which("cargo-deny").is_some() {
            report.step("deny", || done(cargo(tree).args(["deny", "check"]).run()));
        } else {
            println!("\ncargo-deny is not installed: licences and advisories are not checked");
        }
    }
    let tests = ready && (wants("unit") || wants("e2e"));
    let mut first: Vec<Step<'_>> = Vec::new();
    if wants("unit") || wants("clippy") || wants("e2e") {
        first.push(("wasm", Box::new(|| site::compile(tree))));
    }
    if wants("clippy") {
        first.push(("clippy", Box::new(|| clippy(tree))));
    }
    report.beside(first);
    if report.well("wasm") {
        report.step("site", || done(site::assemble(tree)));
    }
    let mut second: Vec<Step<'_>> = Vec::new();
    if tests && (wants("unit") || quick) {
        second.push(("tests", Box::new(|| build_tests(tree))));
    }
    if tests && !quick && wants("e2e") && report.well("site") {
        second.push(("program", Box::new(|| dist::program(tree))));
    }
    if wants("clippy") {
        second.push(("clippy wasm", Box::new(|| clippy_wasm(tree))));
    }
    report.beside(second);
    if tests {
        let mut database = None;
        report.step("postgres", || {
            database = Some(Postgres::start(false)?);
            done(Ok(()))
        });
        let url = database.as_ref().map_or("", |cluster| cluster.url.as_str());
        if wants("unit") {
            report.step("unit", || unit(tree, url));
        }
        let (program, made) = if quick {
            (
                tree.target.join("debug/stoa"),
                report.well("site") && report.well("tests"),
            )
        } else {
            (tree.program(), report.well("program"))
        };
        if made && wants("e2e") && report.step("smoke", || done(dist::smoke(&program))) {
            report.step("e2e", || end_to_end(tree, &program, url, more));
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
        .run()
}

/// The browser's side is other code: what only wasm compiles, the host's clippy has not seen.
fn clippy_wasm(tree: &Tree) -> Result<()> {
    cargo(tree)
        .args(["clippy", "--package", "frontend", "--features", "late"])
        // Its macros are built already.
        .args(["--quiet", "--profile", "wasm"])
        .args(["--target", site::WASM, "--target-dir"])
        .arg(tree.target.join("wasm"))
        .args(["--", "-D", "warnings"])
        .run()
}

fn build_tests(tree: &Tree) -> Result<()> {
    cargo(tree)
        .args(["test", "--workspace", "--no-run", "--quiet"])
        .run()
}

fn unit(tree: &Tree, postgres: &str) -> Result<Count> {
    let bucket = Bucket::start(tree)?;
    let mut count = Count::default();
    let well = cargo(tree)
        .args(["test", "--workspace", "--no-fail-fast", "--quiet"])
        .env("STOA_TEST_POSTGRES", postgres)
        .envs(bucket.variables())
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

/// The scripts that drive the hub with other people's clients; each says `ok …` or `FAILED …` for a check.
fn protocol(tree: &Tree) -> Result<Count> {
    cargo(tree)
        .args(["build", "--workspace", "--example", "tcp_hub"])
        .arg("--quiet")
        .run()?;
    let mut hub = Command::new(tree.target.join("debug/examples/tcp_hub"))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(hub.stdout.take().context("the output is piped")?).read_line(&mut line)?;
    let count = scripts(tree, line.trim().trim_start_matches("listening on "));
    hub.kill()?;
    hub.wait()?;
    count
}

fn scripts(tree: &Tree, address: &str) -> Result<Count> {
    let (host, port) = address.split_once(':').context("the hub told no address")?;
    let python = setup::python(tree)?;
    let mut files: Vec<_> = fs::read_dir(tree.end2end().join("protocol"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|kind| kind == "py"))
        .collect();
    files.sort();
    let mut sum = Count::default();
    for file in files {
        let mut count = Count::default();
        let well = Command::new(&python)
            .arg(&file)
            .args([host, port])
            .watch(|line| {
                if let Some(check) = script_result(line) {
                    count.add(check);
                }
            })?;
        if !well && count.failed == 0 {
            count.failed = 1;
        }
        sum.add(count);
    }
    Ok(sum)
}

/// `ok      a_check` or `FAILED  a_check: why`
fn script_result(line: &str) -> Option<Count> {
    match line.split_once(' ')?.0 {
        "ok" => Some(Count::of(true)),
        "FAILED" => Some(Count::of(false)),
        _ => None,
    }
}

fn end_to_end(tree: &Tree, program: &Path, postgres: &str, more: &[String]) -> Result<Count> {
    Command::new("npx")
        .args(["tsc", "--noEmit"])
        .current_dir(tree.end2end())
        .run()?;
    // Calls by themselves: what they and the others measure would be each other.
    let mut sum = Count::default();
    for project in ["rest", "calls"] {
        let count = specs(tree, program, postgres, project, more)?;
        sum.passed += count.passed;
        sum.failed += count.failed;
    }
    Ok(sum)
}

fn specs(
    tree: &Tree,
    program: &Path,
    postgres: &str,
    project: &str,
    more: &[String],
) -> Result<Count> {
    let results = tree.end2end().join("test-results/results.json");
    let _ = fs::remove_file(&results);
    let well = Command::new("npx")
        .args(["playwright", "test"])
        .arg(format!("--project={project}"))
        // Of some only, all may be of the other project.
        .args((!more.is_empty()).then_some("--pass-with-no-tests"))
        .args(more)
        .current_dir(tree.end2end())
        .env("STOA_PROGRAM", program)
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
        assert_eq!(script_result("ok      a_check\n").unwrap().passed, 1);
        assert_eq!(script_result("FAILED  a_check: Error\n").unwrap().failed, 1);
        assert!(script_result("paho: 18 of 19 checks passed").is_none());
        let count = playwright_result(&serde_json::json!({
            "stats": { "expected": 30, "unexpected": 1, "flaky": 2, "skipped": 0 },
            "errors": [{}],
        }));
        assert_eq!((count.passed, count.failed), (32, 2));
    }
}
