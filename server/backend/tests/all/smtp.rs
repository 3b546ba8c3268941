//! A mail server that answers as a test tells it to, and remembers what it took.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};

#[derive(Clone)]
pub(crate) struct MailServer {
    pub(crate) url: String,
    state: Arc<State>,
}

struct State {
    /// What the next recipients are told; `250` when there is nothing.
    answers: Mutex<VecDeque<String>>,
    taken: Mutex<Vec<Taken>>,
    /// One permit for each mail that may be taken, while the door is held.
    door: Semaphore,
    waiting: watch::Sender<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) data: String,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let server = Self::held().await;
        server.open();
        server
    }

    /// Lets everybody wait at the end of their mail until [`MailServer::open`].
    pub(crate) async fn held() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            answers: Mutex::default(),
            taken: Mutex::default(),
            door: Semaphore::new(0),
            waiting: watch::Sender::new(0),
        });
        let serving = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { url, state }
    }

    pub(crate) fn open(&self) {
        self.state.door.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// The next recipient is told this instead of `250`.
    pub(crate) fn answer(&self, line: &str) {
        self.state.answers.lock().unwrap().push_back(line.into());
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.taken.lock().unwrap().clone()
    }

    pub(crate) async fn wait_for_taken(&self, count: usize) {
        for _ in 0..500 {
            if self.taken().len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} mails instead of {count} in 5 s", self.taken().len());
    }

    /// Until so many stand at the door at the same time.
    pub(crate) async fn wait_for_waiting(&self, count: usize) {
        let mut waiting = self.state.waiting.subscribe();
        let reached = waiting.wait_for(|waiting| *waiting >= count);
        let reached = tokio::time::timeout(Duration::from_secs(5), reached).await;
        reached.expect("nobody came").unwrap();
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut taken = Taken {
        from: String::new(),
        to: Vec::new(),
        data: String::new(),
    };
    say(&mut stream, "220 mail.example ESMTP").await?;
    loop {
        let line = hear(&mut stream).await?;
        let upper = line.to_uppercase();
        if upper.starts_with("EHLO") {
            say(&mut stream, "250-mail.example\r\n250 8BITMIME").await?;
        } else if upper.starts_with("MAIL FROM:") {
            taken.from = line[10..].to_owned();
            say(&mut stream, "250 2.1.0 Ok").await?;
        } else if upper.starts_with("RCPT TO:") {
            let answer = state.answers.lock().unwrap().pop_front();
            taken.to.push(line[8..].to_owned());
            say(&mut stream, answer.as_deref().unwrap_or("250 2.1.5 Ok")).await?;
        } else if upper == "DATA" {
            say(&mut stream, "354 End with a dot").await?;
            loop {
                let line = hear(&mut stream).await?;
                if line == "." {
                    break;
                }
                taken.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                taken.data.push_str("\r\n");
            }
            state.waiting.send_modify(|waiting| *waiting += 1);
            state.door.acquire().await.ok()?.forget();
            state.waiting.send_modify(|waiting| *waiting -= 1);
            let taken = std::mem::replace(
                &mut taken,
                Taken {
                    from: String::new(),
                    to: Vec::new(),
                    data: String::new(),
                },
            );
            state.taken.lock().unwrap().push(taken);
            say(&mut stream, "250 2.0.0 Ok: queued as 1A2B3C").await?;
        } else if upper == "QUIT" {
            say(&mut stream, "221 2.0.0 Bye").await?;
            return Some(());
        } else {
            say(&mut stream, "250 2.0.0 Ok").await?;
        }
    }
}

async fn hear(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    let line = format!("{line}\r\n");
    stream.get_mut().write_all(line.as_bytes()).await.ok()
}
