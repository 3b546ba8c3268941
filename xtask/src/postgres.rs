//! A PostgreSQL cluster for one run: its own directory, a free port, gone afterwards.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    command::{CommandExt, which},
    server::free_port,
    setup,
};

pub(crate) struct Postgres {
    pub(crate) url: String,
    folder: PathBuf,
    child: Child,
}

impl Postgres {
    /// `durable` keeps every commit on disk, as measurements need it; tests do without.
    pub(crate) fn start(durable: bool) -> Result<Self> {
        let bin = programs().context("PostgreSQL is not installed")?;
        let port = free_port()?;
        // Not below the target directory: the user `postgres` may not be allowed to reach it.
        let folder =
            std::env::temp_dir().join(format!("stoa-postgres-{}-{port}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        if setup::is_root() {
            Command::new("chown").arg("postgres").arg(&folder).run()?;
        }
        let data = folder.join("data");
        as_postgres(&bin.join("initdb"))
            .arg("--pgdata")
            .arg(&data)
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .run()?;
        let mut command = as_postgres(&bin.join("postgres"));
        command
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder)
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            .args(["-c", "max_connections=400"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if !durable {
            command.args(["-c", "fsync=off", "-c", "synchronous_commit=off"]);
            command.args(["-c", "full_page_writes=off"]);
        }
        let mut cluster = Self {
            url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            folder,
            child: command.spawn().context("postgres")?,
        };
        cluster.wait(&bin, port)?;
        Ok(cluster)
    }

    fn wait(&mut self, bin: &Path, port: u16) -> Result<()> {
        let start = Instant::now();
        loop {
            let ready = Command::new(bin.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                .status()?;
            if ready.success() {
                return Ok(());
            }
            if self.child.try_wait()?.is_some() || start.elapsed() > Duration::from_secs(30) {
                bail!("the temporary PostgreSQL cluster does not start");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's "fast shutdown".
        let _ = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// PostgreSQL refuses to run as root; and it must not outlive this program, however that ends.
fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if setup::is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.args(["--pdeathsig=INT"]).arg(program);
    command
}

/// Debian keeps the server's programs off the PATH, in a folder per version.
pub(crate) fn programs() -> Option<PathBuf> {
    // A link on the PATH may stand alone: the other programs are where it leads.
    if let Some(initdb) = which("initdb").and_then(|found| found.canonicalize().ok()) {
        return initdb.parent().map(Path::to_path_buf);
    }
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    versions.sort();
    versions.pop()
}
