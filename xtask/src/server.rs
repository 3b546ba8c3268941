//! A server of our own in an empty directory and on a free port, stopped when dropped.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// A directory of its own, gone when dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("stoa-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct Server {
    pub(crate) address: String,
    child: Child,
    log: PathBuf,
    folder: Option<Folder>,
}

impl Server {
    /// In an empty directory.
    pub(crate) fn start(program: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = Folder::new()?;
        let mut server = Self::start_in(&folder, program, settings)?;
        server.folder = Some(folder);
        Ok(server)
    }

    pub(crate) fn start_in(
        folder: &Folder,
        program: &Path,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let path = folder.0.join("log");
        let log = File::create(&path)?;
        let child = Command::new(program)
            .current_dir(&folder.0)
            .env("STOA_LISTEN", &address)
            .env("STOA_CALL_UDP_PORT", "0")
            .envs(settings.iter().copied())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| program.display().to_string())?;
        let mut server = Self {
            address,
            child,
            log: path,
            folder: None,
        };
        server.wait()?;
        Ok(server)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        while self.get("/health").is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}: {}", self.log());
            }
            if start.elapsed() > Duration::from_secs(20) {
                bail!("the server does not answer: {}", self.log());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The body of a `200`; anything else is an error.
    pub(crate) fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").context("half an answer")?;
        if !head.starts_with("HTTP/1.1 200") {
            bail!("{path}: {}", head.lines().next().unwrap_or_default());
        }
        Ok(body.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on right now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
