//! Puts the built site (wasm, its glue, stylesheet, public files) into the program, each file in its brotli form where one
//! lies beside it, else as it is. `STOA_ASSETS` becomes the hash of it all, which is part of every asset's address.

use std::{
    env,
    fmt::Write as _,
    fs,
    hash::Hasher,
    io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=STOA_SITE");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let site = env::var("STOA_SITE").map_or_else(|_| root.join("../target/site"), PathBuf::from);
    println!("cargo::rerun-if-changed={}", site.display());

    let mut paths = Vec::new();
    if site.is_dir() {
        collect(&site, &mut paths)?;
    }
    let name = |path: &PathBuf| {
        let inside = path.strip_prefix(&site).expect("it lies inside");
        inside.to_string_lossy().replace('\\', "/")
    };
    let mut files: Vec<(String, PathBuf)> = paths.into_iter().map(|p| (name(&p), p)).collect();
    // By name: the program searches the table.
    files.sort();

    let mut hash = Fnv::default();
    let mut table = String::from("static FILES: &[Asset] = &[\n");
    for (name, file) in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let path = file.canonicalize()?;
        let path = path.to_string_lossy();
        let small = PathBuf::from(format!("{path}.br"));
        let content = if small.is_file() {
            format!("Brotli(include_bytes!({:?}))", small.to_string_lossy())
        } else {
            format!("Plain(include_bytes!({path:?}))")
        };
        writeln!(
            table,
            "    Asset {{ name: {name:?}, content: Content::{content} }},"
        )
        .expect("a string takes everything");
        hash.write(name.as_bytes());
        hash.write(&[0]);
        hash.write(&fs::read(file)?);
    }
    table.push_str("];\n");

    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("assets.rs");
    fs::write(out, table)?;
    println!("cargo::rustc-env=STOA_ASSETS={:016x}", hash.finish());
    Ok(())
}

/// Every file but the compressed ones, which go with the file they are made of.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_none_or(|ending| ending != "br") {
            files.push(path);
        }
    }
    Ok(())
}

/// FNV-1a: the same on every machine and with every compiler, which the standard hasher does not promise.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
