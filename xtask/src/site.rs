//! What browsers load: wasm and its glue, the stylesheet, the public files, each with its `.br` beside it.
//! What has not changed is not written again, so that the server is not compiled again either.

mod short;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result, anyhow};
use brotli::enc::BrotliEncoderParams;
use lightningcss::{
    bundler::{Bundler, FileProvider},
    stylesheet::{MinifyOptions, ParserOptions, PrinterOptions},
    targets::{Browsers, Targets},
};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    command::{CommandExt, cargo},
    tree::Tree,
};

pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// Each a binary of the frontend: nobody loads the code of views that they do not open.
const BUNDLES: [&str; 2] = ["member", "admin"];
/// Out of it something is cut that is loaded late.
const SPLIT: &str = "member";

pub(crate) fn build(tree: &Tree) -> Result<()> {
    compile(tree)?;
    assemble(tree)
}

/// Of what is compiled.
pub(crate) fn assemble(tree: &Tree) -> Result<()> {
    let mut site = Site {
        folder: tree.site(),
        kept: BTreeSet::new(),
    };
    for bundle in BUNDLES {
        site.add_folder(Path::new(bundle), &glue(tree, bundle)?)?;
    }
    site.add(Path::new("stoa.css"), stylesheet(tree)?.as_bytes())?;
    site.add_folder(Path::new(""), &tree.root.join("public"))?;
    site.sweep()
}

pub(crate) fn compile(tree: &Tree) -> Result<()> {
    for bundle in BUNDLES {
        let mut build = cargo(tree);
        build
            .args(["build", "--package", "frontend", "--profile", "wasm"])
            .args(["--bin", bundle, "--target", WASM, "--target-dir"])
            .arg(tree.target.join("wasm"))
            // What is loaded late is cut out by what refers to what.
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                "-Clink-arg=--emit-relocs",
            );
        if bundle == SPLIT {
            build.args(["--features", "late"]);
        }
        build.run()?;
    }
    Ok(())
}

/// Cuts out of a bundle what is loaded late, and makes its JavaScript glue. Returns the folder of all of it.
fn glue(tree: &Tree, bundle: &str) -> Result<PathBuf> {
    let target = tree.target.join("wasm");
    let compiled = target.join(WASM).join(format!("wasm/{bundle}.wasm"));
    let folder = target.join("bindgen").join(bundle);
    if !newer(&folder.join(format!("{bundle}_bg.wasm")), &compiled) {
        let _ = fs::remove_dir_all(&folder);
        let first = target.join(format!("bindgen/{bundle}.wasm"));
        if bundle == SPLIT {
            split(bundle, &fs::read(&compiled)?, &first, &folder)?;
        } else {
            fs::write(&first, whole(&fs::read(&compiled)?)?)?;
        }
        Bindgen::new()
            .input_path(&first)
            .out_name(bundle)
            .keep_lld_exports(bundle == SPLIT)
            .web(true)?
            .typescript(false)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(&folder)
            .context("wasm-bindgen")?;
        short::shorten(&folder, bundle)?;
    }
    Ok(folder)
}

fn split(bundle: &str, compiled: &[u8], first: &Path, folder: &Path) -> Result<()> {
    let main_module = format!("./{bundle}.js");
    let mut options = wasm_split_cli_support::Options::new(compiled);
    options.output_dir = folder;
    options.main_out_path = first;
    options.main_module = &main_module;
    options.link_name = "./late.js";
    let split = wasm_split_cli_support::transform(options);
    let split = split.map_err(|error| anyhow!("{bundle}: {error:?}"))?;
    for late in split.split_modules {
        fs::write(&late, walrus(&fs::read(&late)?)?.emit_wasm())?;
    }
    Ok(())
}

/// Without what only a linker reads.
fn whole(compiled: &[u8]) -> Result<Vec<u8>> {
    let mut module = walrus(compiled)?;
    for section in ["linking", "reloc.CODE", "reloc.DATA"] {
        module.customs.remove_raw(section);
    }
    Ok(module.emit_wasm())
}

/// Without the names of functions, which nobody reads in a browser.
fn walrus(bytes: &[u8]) -> Result<walrus::Module> {
    walrus::ModuleConfig::new()
        .generate_name_section(false)
        .generate_producers_section(false)
        .parse(bytes)
        .map_err(|error| anyhow!("{error:?}"))
}

fn newer(made: &Path, source: &Path) -> bool {
    let time = |path: &Path| -> Option<SystemTime> { fs::metadata(path).ok()?.modified().ok() };
    time(made).is_some_and(|made| time(source).is_some_and(|source| made >= source))
}

fn stylesheet(tree: &Tree) -> Result<String> {
    let targets = Targets::from(Browsers {
        chrome: Some(123 << 16),
        firefox: Some(120 << 16),
        safari: Some(17 << 16 | 5 << 8),
        ..Browsers::default()
    });
    let files = FileProvider::new();
    let options = ParserOptions::default();
    // Errors borrow from the files: told as text at once.
    let mut sheet = Bundler::new(&files, None, options)
        .bundle(&tree.root.join("style/main.css"))
        .map_err(|error| anyhow!("{error}"))?;
    sheet
        .minify(MinifyOptions {
            targets,
            ..MinifyOptions::default()
        })
        .map_err(|error| anyhow!("{error}"))?;
    let printed = sheet
        .to_css(PrinterOptions {
            minify: true,
            targets,
            ..PrinterOptions::default()
        })
        .map_err(|error| anyhow!("{error}"))?;
    Ok(printed.code)
}

struct Site {
    folder: PathBuf,
    kept: BTreeSet<PathBuf>,
}

impl Site {
    fn add_folder(&mut self, at: &Path, folder: &Path) -> Result<()> {
        for name in files(folder)? {
            let bytes = fs::read(folder.join(&name))?;
            self.add(&at.join(name), &bytes)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &Path, bytes: &[u8]) -> Result<()> {
        let file = self.folder.join(name);
        let small = PathBuf::from(format!("{}.br", file.display()));
        let unchanged = fs::read(&file).is_ok_and(|old| old == bytes);
        if !unchanged {
            fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
            fs::write(&file, bytes)?;
        }
        if compressible(name) {
            if !unchanged || !small.exists() {
                fs::write(&small, compress(bytes)?)?;
            }
            self.kept.insert(small);
        }
        self.kept.insert(file);
        Ok(())
    }

    /// Removes what an earlier build left.
    fn sweep(&self) -> Result<()> {
        for name in files(&self.folder)? {
            let file = self.folder.join(name);
            if !self.kept.contains(&file) {
                fs::remove_file(file)?;
            }
        }
        Ok(())
    }
}

fn compressible(name: &Path) -> bool {
    const TEXT: [&str; 8] = [
        "js",
        "mjs",
        "wasm",
        "css",
        "svg",
        "json",
        "webmanifest",
        "txt",
    ];
    name.extension()
        .is_some_and(|extension| TEXT.iter().any(|text| extension == *text))
}

pub(crate) fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut small, &parameters)?;
    Ok(small)
}

/// All files below a folder, relative to it.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).with_context(|| next.display().to_string())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else if !entry.file_name().to_string_lossy().starts_with('.') {
                found.push(entry.path().strip_prefix(folder)?.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}
