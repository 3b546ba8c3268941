//! `cargo xtask dist`: the released program, one file, and whether it runs where nothing else lies.

use std::fs;

use anyhow::{Result, ensure};

use crate::{
    command::{CommandExt, cargo},
    server::Server,
    setup, site,
    tree::Tree,
};

pub(crate) fn build(tree: &Tree) -> Result<()> {
    setup::for_build(tree)?;
    site::build(tree)?;
    cargo(tree)
        .args(["build", "--profile", "dist", "--package", "server"])
        .env("STOA_SITE", tree.site())
        .run()
}

pub(crate) fn dist(tree: &Tree) -> Result<()> {
    build(tree)?;
    smoke(tree)?;
    let program = tree.program();
    println!(
        "{} {:.1} MB",
        program.display(),
        fs::metadata(&program)?.len() as f64 / 1e6
    );
    Ok(())
}

/// Starts in an empty directory, and everything a first page names is inside the program.
pub(crate) fn smoke(tree: &Tree) -> Result<()> {
    let server = Server::start(&tree.program(), &[])?;
    let page = server.get("/sign-in")?;
    for asset in ["stoa.js", "stoa_bg.wasm", "stoa.css"] {
        let path = page
            .split(['"', '\''])
            .find(|text| text.starts_with("/v/") && text.ends_with(asset));
        ensure!(path.is_some(), "the page does not name {asset}");
        server.get(path.unwrap_or_default())?;
    }
    Ok(())
}
