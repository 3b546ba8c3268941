//! What a machine must have. Installed where that is ours to do (as root on Debian, in the tree everywhere);
//! named, with the command that installs it, where it is not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    command::{CommandExt, which},
    postgres, site,
    tree::Tree,
};

/// For `run` and `dist`: the wasm target.
pub(crate) fn for_build(tree: &Tree) -> Result<()> {
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(&tree.root)
        .read()?;
    let library = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(site::WASM);
    if library.exists() {
        return Ok(());
    }
    if which("rustup").is_none() {
        bail!(
            "Rust's target {} is missing and there is no rustup to add it",
            site::WASM
        );
    }
    Command::new("rustup")
        .args(["target", "add", site::WASM])
        .current_dir(&tree.root)
        .run()
}

/// For `test` as well: databases, brokers, browsers and their drivers.
pub(crate) fn for_tests(tree: &Tree) -> Result<()> {
    for_build(tree)?;
    debian(&[
        ("chromium", which("chromium").is_some()),
        ("firefox-esr", which("firefox-esr").is_some()),
        ("postgresql", postgres::programs().is_some()),
        ("mosquitto", which("mosquitto").is_some()),
        ("mosquitto-clients", which("mosquitto_sub").is_some()),
        ("libimage-exiftool-perl", which("exiftool").is_some()),
        ("nginx-light", which("nginx").is_some()),
        ("coturn", which("turnserver").is_some()),
        ("nodejs", which("node").is_some()),
        ("npm", which("npm").is_some()),
        ("python3", which("python3").is_some()),
        ("python3-venv", has_venv()),
    ])?;
    node_packages(&tree.end2end())?;
    python(tree)?;
    Ok(())
}

/// For `bench` as well: who is only measured beside us.
pub(crate) fn for_bench(tree: &Tree) -> Result<()> {
    for_tests(tree)?;
    debian(&[("janus", which("janus").is_some())])
}

/// Packages, each with whether it is here already.
fn debian(wanted: &[(&str, bool)]) -> Result<()> {
    let missing: Vec<&str> = wanted
        .iter()
        .filter_map(|(package, present)| (!present).then_some(*package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() || which("apt-get").is_none() {
        bail!("please install: {}", missing.join(" "));
    }
    println!("installing {}", missing.join(" "));
    Command::new("apt-get").args(["update", "-q"]).run()?;
    Command::new("apt-get")
        .args(["install", "-y", "-q", "--no-install-recommends"])
        .args(missing)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .run()
}

fn has_venv() -> bool {
    Command::new("python3")
        .args(["-c", "import ensurepip, venv"])
        .status()
        .is_ok_and(|status| status.success())
}

fn node_packages(folder: &Path) -> Result<()> {
    let wanted = fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .env("PUPPETEER_SKIP_DOWNLOAD", "1")
        .run()?;
    Ok(fs::write(stamp, wanted)?)
}

/// The Python that has the packages of `end2end/requirements.txt`.
pub(crate) fn python(tree: &Tree) -> Result<PathBuf> {
    let venv = tree.target.join("venv");
    let python = venv.join("bin/python");
    let list = tree.end2end().join("requirements.txt");
    let wanted = fs::read(&list).with_context(|| list.display().to_string())?;
    let stamp = venv.join("installed");
    if !fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        let _ = fs::remove_dir_all(&venv);
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&venv)
            .run()?;
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(&list)
            .run()?;
        fs::write(stamp, wanted)?;
    }
    Ok(python)
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}
