//! `cargo xtask dist`: the released program, one file, and whether it runs where nothing else lies.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    command::{CommandExt, cargo},
    server::Server,
    setup, site,
    tree::Tree,
};

pub(crate) fn build(tree: &Tree) -> Result<()> {
    setup::for_build(tree)?;
    site::build(tree)?;
    program(tree)
}

/// With the site as it lies there.
pub(crate) fn program(tree: &Tree) -> Result<()> {
    cargo(tree)
        .args(["build", "--profile", "dist", "--package", "server"])
        .env("STOA_SITE", tree.site())
        .run()
}

pub(crate) fn dist(tree: &Tree) -> Result<()> {
    build(tree)?;
    smoke(&tree.program())?;
    let program = tree.program();
    println!(
        "{} {:.1} MB",
        program.display(),
        fs::metadata(&program)?.len() as f64 / 1e6
    );
    Ok(())
}

/// Starts in an empty directory, and everything a first page names is inside the program.
pub(crate) fn smoke(program: &Path) -> Result<()> {
    let server = Server::start(program, &[])?;
    let page = server.get("/sign-in")?;
    let sheet = page
        .split('"')
        .find_map(|text| text.strip_suffix("stoa.css"));
    let folder = sheet.context("the page does not name its stylesheet")?;
    for asset in [
        "door.js",
        "member/member.js",
        "member/member_bg.wasm",
        "admin/admin.js",
        "admin/admin_bg.wasm",
        "stoa.css",
    ] {
        server.get(&format!("{folder}{asset}"))?;
    }
    Ok(())
}
