//! A running `stoa` in a directory of its own, and a plain HTTP client.

use std::{
    fmt,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use ureq::{Agent, http};

/// `stoa` with nothing configured but where its data lies and a port that is free.
pub(crate) fn stoa(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stoa"));
    command
        .env_clear()
        .env("STOA_LISTEN", "127.0.0.1:0")
        .env("STOA_DATA_DIR", data);
    command
}

pub(crate) struct Running {
    child: Child,
    pub(crate) url: String,
    /// Printed when the place was not set up.
    pub(crate) setup_link: Option<String>,
    log: Arc<Mutex<String>>,
    pub(crate) dir: Arc<TempDir>,
}

impl Running {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_in(Arc::new(TempDir::new().unwrap()), settings)
    }

    pub(crate) fn start_in(dir: Arc<TempDir>, settings: &[(&str, &str)]) -> Self {
        let mut child = stoa(&dir.path().join("data"))
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut errors = child.stderr.take().unwrap();
        let logged = log.clone();
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(read @ 1..) = errors.read(&mut part) {
                let text = String::from_utf8_lossy(&part[..read]);
                logged.lock().unwrap().push_str(&text);
            }
        });

        let mut running = Self {
            url: String::new(),
            setup_link: None,
            log,
            dir,
            child,
        };
        let lines = BufReader::new(running.child.stdout.take().unwrap()).lines();
        for line in lines {
            let line = line.unwrap();
            if let Some(link) = line.strip_prefix("Open this link to set up your place: ") {
                running.setup_link = Some(link.to_owned());
            } else if let Some(url) = line.strip_prefix("Stoa is ready on ") {
                url.clone_into(&mut running.url);
                return running;
            }
        }
        panic!("it did not start: {}", running.log());
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// `127.0.0.1:port`
    pub(crate) fn host(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// As a browser without scripts posts a form of ours.
    pub(crate) fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
            ("origin", self.url.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        self.ask("POST", path, &headers, &body.join("&"))
    }

    /// As a program calls an endpoint.
    pub(crate) fn call(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/json"), ("cookie", cookie)];
        self.ask("POST", path, &headers, body)
    }

    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send(method, path, headers, body.as_bytes())
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = if method == "GET" || method == "HEAD" {
            agent.run(request.body(()).unwrap())
        } else {
            agent.run(request.body(body).unwrap())
        };
        let (parts, mut body) = answer.unwrap().into_parts();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.read_to_vec().unwrap(),
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// The most memory it has had, in bytes; `None` where the system does not tell.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes * 1024)
    }

    /// How it ended, if it did in time.
    pub(crate) fn ended_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < time {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Asks it to stop, and gives what it has logged.
    pub(crate) fn stop(mut self) -> String {
        self.signal("-TERM");
        let status = self.ended_within(Duration::from_secs(20));
        assert!(status.is_some_and(|status| status.success()), "{status:?}");
        self.log()
    }

    /// A place that is set up: its admin's session.
    pub(crate) fn set_up(&self) -> String {
        let answer = self.submit(
            "/api/set_up",
            &[
                ("token", self.setup_token()),
                ("place", "Our place"),
                ("name", "Ada Lovelace"),
                ("email", "ada@example.org"),
            ],
        );
        assert_eq!(answer.header("location"), "/admin", "{answer:?}");
        answer.session().to_owned()
    }

    pub(crate) fn setup_token(&self) -> &str {
        self.setup_link
            .as_deref()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// Empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn size(&self) -> usize {
        self.body.len()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The whole `Set-Cookie` of a new session, if there is one.
    pub(crate) fn session_cookie(&self) -> Option<&str> {
        let cookies = self.headers.get_all("set-cookie").iter();
        cookies
            .map(|cookie| cookie.to_str().unwrap())
            .find(|cookie| cookie.starts_with("stoa_session="))
    }

    /// `stoa_session=…`
    pub(crate) fn session(&self) -> &str {
        let cookie = self.session_cookie();
        let cookie = cookie.unwrap_or_else(|| panic!("nobody was signed in: {self:?}"));
        cookie.split(';').next().unwrap()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} {:?} {body}", self.status, self.headers)
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
