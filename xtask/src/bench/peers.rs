//! Who stands beside Stoa: Mosquitto, over TCP and WebSocket, the hub alone, nginx with the same files, and Janus with
//! a room of its videoroom.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    command::which,
    server::{Folder, free_port},
    tree::Tree,
};

pub(crate) struct Mosquitto {
    pub(crate) tcp: String,
    pub(crate) web: String,
    child: Child,
    _folder: Folder,
}

impl Mosquitto {
    pub(crate) fn start() -> Result<Self> {
        let folder = Folder::new()?;
        let [tcp, web] = [free_port()?, free_port()?];
        let file = folder.0.join("conf");
        // Nothing is logged or stored, and nothing waits for more to send: as fast as it can be.
        fs::write(
            &file,
            format!(
                "allow_anonymous true\nset_tcp_nodelay true\nlog_type none\nmax_queued_messages 0\n\
                 listener {tcp} 127.0.0.1\nlistener {web} 127.0.0.1\nprotocol websockets\n"
            ),
        )?;
        let child = Command::new(which("mosquitto").context("Mosquitto is not installed")?)
            .arg("-c")
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let broker = Self {
            tcp: format!("127.0.0.1:{tcp}"),
            web: format!("127.0.0.1:{web}"),
            child,
            _folder: folder,
        };
        wait(&broker.tcp)?;
        wait(&broker.web)?;
        Ok(broker)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// The hub's example: its fan-out without WebSocket, cookie and database around it.
pub(crate) struct TcpHub {
    pub(crate) address: String,
    child: Child,
}

impl TcpHub {
    pub(crate) fn start(tree: &Tree) -> Result<Self> {
        let mut child = Command::new(tree.target.join("dist/examples/tcp_hub"))
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the output is piped")?).read_line(&mut line)?;
        let address = line.trim().trim_start_matches("listening on ").to_owned();
        Ok(Self { address, child })
    }
}

impl Drop for TcpHub {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// nginx as Debian configures it, without its log: the files of a folder, at their names.
pub(crate) struct Nginx {
    pub(crate) address: String,
    child: Child,
    _folder: Folder,
}

impl Nginx {
    pub(crate) fn start(files: &[(&str, &[u8])]) -> Result<Self> {
        let folder = Folder::new()?;
        let port = free_port()?;
        let (root, conf) = (folder.0.join("files"), folder.0.join("conf"));
        fs::create_dir(&root)?;
        for (name, file) in files {
            fs::write(root.join(name), file)?;
        }
        fs::write(
            &conf,
            format!(
                "daemon off;\npid {folder}/pid;\nerror_log {folder}/log;\nuser root;\nworker_processes auto;\n\
                 events {{ worker_connections 768; }}\n\
                 http {{ sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000; default_type image/jpeg;\n\
                 server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n",
                folder = folder.0.display(),
                root = root.display(),
            ),
        )?;
        let child = Command::new(which("nginx").context("nginx is not installed")?)
            .arg("-c")
            .arg(conf)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let nginx = Self {
            address: format!("127.0.0.1:{port}"),
            child,
            _folder: folder,
        };
        wait(&nginx.address)?;
        Ok(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, it would leave its workers.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

/// Janus as Debian has it: one room, its HTTP interface on loopback, and nothing else that listens.
pub(crate) struct Janus {
    pub(crate) address: String,
    child: Child,
    _folder: Folder,
}

impl Janus {
    pub(crate) fn start() -> Result<Self> {
        let folder = Folder::new()?;
        let port = free_port()?;
        let files = [
            // Without a certificate named here it makes one.
            ("janus.jcfg", "general: { debug_level = 2 }\n".to_owned()),
            (
                "janus.transport.http.jcfg",
                format!(
                    "general: {{ json = \"compact\" base_path = \"/janus\" http = true port = {port} ip = \"127.0.0.1\" https = false }}\n\
                     admin: {{ admin_http = false admin_https = false }}\n"
                ),
            ),
            (
                "janus.plugin.videoroom.jcfg",
                "room-1: { description = \"bench\" publishers = 30 bitrate = 10000000 fir_freq = 0 audiocodec = \"opus\" \
                 videocodec = \"vp8\" audiolevel_event = false notify_joining = false record = false }\n"
                    .to_owned(),
            ),
        ];
        for (name, text) in files {
            fs::write(folder.0.join(name), text)?;
        }
        let child = Command::new(which("janus").context("Janus is not installed")?)
            .arg("--configs-folder")
            .arg(&folder.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let janus = Self {
            address: format!("127.0.0.1:{port}"),
            child,
            _folder: folder,
        };
        wait(&janus.address)?;
        Ok(janus)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn wait(address: &str) -> Result<()> {
    let start = Instant::now();
    while TcpStream::connect(address).is_err() {
        if start.elapsed() > Duration::from_secs(10) {
            bail!("nothing listens at {address}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
