//! `cargo xtask run`: builds what is needed and becomes the server.

use std::{os::unix::process::CommandExt as _, process::Command};

use anyhow::{Context, Result};

use crate::{dist, tree::Tree};

pub(crate) fn run(tree: &Tree, arguments: &[String]) -> Result<()> {
    dist::build(tree)?;
    // In the place of this program: signals and the exit code are the server's own.
    let error = Command::new(tree.program()).args(arguments).exec();
    Err(error).context("the server does not start")
}
