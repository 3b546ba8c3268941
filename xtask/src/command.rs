//! Other programs: run to their end, listened to, looked up on the PATH.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

pub(crate) trait CommandExt {
    /// Runs to the end; an error names the command.
    fn run(&mut self) -> Result<()>;
    /// Runs to the end and returns what it wrote to its standard output.
    fn read(&mut self) -> Result<String>;
    /// Runs to the end; each line of its standard output is passed on and seen. Whether it ended well.
    fn watch(&mut self, see: impl FnMut(&str)) -> Result<bool>;
}

impl CommandExt for Command {
    fn run(&mut self) -> Result<()> {
        let status = self.status().with_context(|| words(self))?;
        if !status.success() {
            bail!("`{}` ended with {status}", words(self));
        }
        Ok(())
    }

    fn read(&mut self) -> Result<String> {
        let output = self
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| words(self))?;
        if !output.status.success() {
            bail!("`{}` ended with {}", words(self), output.status);
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn watch(&mut self, mut see: impl FnMut(&str)) -> Result<bool> {
        let mut child = self
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| words(self))?;
        let mut out = BufReader::new(child.stdout.take().context("the output is piped")?);
        let mut line = Vec::new();
        while out.read_until(b'\n', &mut line)? > 0 {
            std::io::stdout().write_all(&line)?;
            see(&String::from_utf8_lossy(&line));
            line.clear();
        }
        Ok(child.wait()?.success())
    }
}

fn words(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Where the PATH has this program; also where Debian keeps daemons.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// The cargo that started this program, in the workspace.
pub(crate) fn cargo(tree: &crate::Tree) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&tree.root);
    command
}
