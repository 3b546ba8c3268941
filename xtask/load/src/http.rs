//! A keep-alive HTTP/1.1 client that reads just enough of an answer to know where it ends.

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context(address.to_owned())?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::new(),
        })
    }

    /// An answer that is not 200 is an error, in the server's words.
    pub(crate) async fn ok(&mut self, request: &str) -> Result<Answer> {
        let answer = self.ask(request).await?;
        ensure!(
            answer.status == 200,
            "{} for {}: {}",
            answer.status,
            request.lines().next().unwrap_or_default(),
            String::from_utf8_lossy(&answer.body)
        );
        Ok(answer)
    }

    /// The length of the body of an answer that is 200. It is read and kept nowhere, so that the load costs little
    /// beside what it measures.
    pub(crate) async fn pass_over(&mut self, request: &str) -> Result<usize> {
        let (head, status, end) = self.head(request).await?;
        ensure!(status == 200, "{head}");
        let length = header(&head, "content-length").context("no length")?;
        let length: usize = length.parse()?;
        let mut rest = (end + length).saturating_sub(self.read.len());
        while rest > 0 {
            self.read.clear();
            self.more().await?;
            rest = rest.saturating_sub(self.read.len());
        }
        Ok(length)
    }

    /// The head of the answer, its status, and where in what was read the body begins.
    async fn head(&mut self, request: &str) -> Result<(String, u16, usize)> {
        self.read.clear();
        self.stream.write_all(request.as_bytes()).await?;
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.read[..end]).to_ascii_lowercase();
        let status = head.get(9..12).context("no status")?.parse()?;
        Ok((head, status, end))
    }

    pub(crate) async fn ask(&mut self, request: &str) -> Result<Answer> {
        let (head, status, end) = self.head(request).await?;
        let body = match header(&head, "content-length") {
            Some(length) => {
                let length: usize = length.parse()?;
                while self.read.len() < end + length {
                    self.more().await?;
                }
                self.read[end..end + length].to_vec()
            }
            None if header(&head, "transfer-encoding") == Some("chunked") => {
                self.chunks(end).await?
            }
            None => Vec::new(),
        };
        Ok(Answer { status, head, body })
    }

    async fn chunks(&mut self, mut at: usize) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = loop {
                if let Some(line) = self.read[at..].windows(2).position(|two| two == b"\r\n") {
                    break line;
                }
                self.more().await?;
            };
            let size = std::str::from_utf8(&self.read[at..at + line])?;
            let size = usize::from_str_radix(size, 16)?;
            let start = at + line + 2;
            while self.read.len() < start + size + 2 {
                self.more().await?;
            }
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&self.read[start..start + size]);
            at = start + size + 2;
        }
    }

    async fn more(&mut self) -> Result<()> {
        self.read.reserve(64 * 1024);
        if self.stream.read_buf(&mut self.read).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key == name).then(|| value.trim())
    })
}

pub(crate) fn get(address: &str, path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{more}\r\n")
}

/// A server function as the app calls it.
pub(crate) fn call(address: &str, name: &str, cookie: &str, kind: &str, body: &str) -> String {
    format!(
        "POST /api/{name} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {cookie}\r\n\
         Accept: application/json\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
