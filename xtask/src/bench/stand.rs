//! A seeded Stoa to measure, and the load that measures it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    command::CommandExt,
    server::{Folder, Server},
    tree::Tree,
};

pub(crate) struct Stand {
    pub(crate) server: Server,
    seed: PathBuf,
    _folder: Folder,
}

impl Stand {
    pub(crate) fn new(
        tree: &Tree,
        members: u32,
        messages: u32,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let folder = Folder::new()?;
        let seed = folder.0.join("seed.json");
        Command::new(tree.program())
            .args(["seed", "--members", &members.to_string()])
            .args(["--messages", &messages.to_string(), "--out"])
            .arg(&seed)
            .current_dir(&folder.0)
            .envs(settings.iter().copied())
            .read()?;
        Ok(Self {
            server: Server::start_in(&folder, &tree.program(), settings)?,
            seed,
            _folder: folder,
        })
    }

    /// The file that says who is there.
    pub(crate) fn seed(&self) -> &Path {
        &self.seed
    }

    pub(crate) fn command(&self, tree: &Tree, what: &str, words: &[String]) -> Command {
        let mut command = load(tree, what, &self.server.address, words);
        command.arg(format!("seed={}", self.seed.display()));
        command
    }

    pub(crate) fn load(&self, tree: &Tree, what: &str, words: &[String]) -> Result<Value> {
        answer(&mut self.command(tree, what, words))
    }
}

/// A load on whatever listens there.
pub(crate) fn load(tree: &Tree, what: &str, address: &str, words: &[String]) -> Command {
    let mut command = Command::new(tree.target.join("dist/load"));
    command
        .arg(what)
        .arg(format!("address={address}"))
        .args(words);
    command
}

pub(crate) fn answer(command: &mut Command) -> Result<Value> {
    let text = command.read()?;
    let last = text.lines().last().context("the load said nothing")?;
    Ok(serde_json::from_str(last)?)
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}
