//! Where things lie: the source tree and the target directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Tree {
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in the workspace")?
            .to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |dir| root.join(dir));
        Ok(Self { root, target })
    }

    /// What browsers load, ready to be embedded.
    pub(crate) fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// The program as it is released.
    pub(crate) fn program(&self) -> PathBuf {
        self.target.join("dist/stoa")
    }

    pub(crate) fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// Every file that people wrote, relative to the root, sorted.
    pub(crate) fn sources(&self) -> Result<Vec<PathBuf>> {
        const NOT_OURS: [&str; 7] = [
            "target",
            "node_modules",
            ".git",
            "data",
            "test-results",
            "corpus",
            "artifacts",
        ];
        let mut files = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name();
                if NOT_OURS.iter().any(|not| name == *not) {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    files.push(entry.path().strip_prefix(&self.root)?.to_path_buf());
                }
            }
        }
        files.sort();
        Ok(files)
    }
}
