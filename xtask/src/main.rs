//! `cargo xtask`: builds, runs, checks and measures Stoa, so that one Rust toolchain is all a machine must have.

mod bench;
mod bucket;
mod command;
mod dist;
mod postgres;
mod run;
mod server;
mod setup;
mod site;
mod test;
mod tidy;
mod tree;

use std::process::ExitCode;

use anyhow::{Result, bail};

use tree::Tree;

const HELP: &str = "\
cargo xtask run              build everything and serve on http://127.0.0.1:3000
cargo xtask test [PART...]   everything that must be green; parts: fmt tidy clippy deny unit protocol e2e
               [--quick]     end to end with the program as the tests build it
cargo xtask dist             the one file to install: target/dist/stoa
cargo xtask bench [ROW...]   measure against budgets and peers; writes target/bench.json
cargo xtask tidy             what no compiler checks: dependencies, documents, module heads";

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let tree = Tree::find()?;
    let Some((what, rest)) = words.split_first() else {
        println!("{HELP}");
        return Ok(());
    };
    match what.as_str() {
        "run" => run::run(&tree, rest),
        "test" => test::test(&tree, rest),
        "dist" => dist::dist(&tree),
        "bench" => bench::bench(&tree, rest),
        "tidy" => tidy::check(&tree),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("there is no `{other}`\n{HELP}"),
    }
}
