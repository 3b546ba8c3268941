//! `stoa`: wires the crates and decides nothing. What it is told stands in `config`, what it answers in `router`.

// Views are types that nest as deep as the markup does.
#![recursion_limit = "512"]

mod assets;
mod calls;
mod cli;
mod config;
mod images;
mod listen;
mod live;
mod log;
mod pages;
mod public_url;
mod router;
mod security;
mod start;
mod stop;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stoa: {error:#}");
            ExitCode::FAILURE
        }
    }
}
