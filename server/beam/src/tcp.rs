//! Datagrams over TCP (RFC 6544), for browsers whose network lets nothing else out. Browsers connect. A task reads and
//! writes for each connection, with short queues between it and the core: what does not fit is lost, as on the way.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::AbortHandle,
    time::sleep,
};

use crate::guests::{Ends, Guests};

/// What is longer cuts the connection: nothing of a call is.
const LARGEST: usize = 2_048;
/// Frames for one browser that wait to be written: what a call sends it in some 100 ms.
const QUEUE: usize = 128;
/// Of them written in one go.
const TOGETHER: usize = 32;
/// Frames of all that wait to be handled. Who reads faster waits.
const WAITING: usize = 256;
/// Bytes the system takes off our hands, for one connection. More would only be late.
const BUFFER: usize = 64 * 1024;
/// When no connection can be accepted, most likely because no file handle is left.
const PAUSE: Duration = Duration::from_millis(200);
/// How often those who are silent are looked for.
const SWEEP: Duration = Duration::from_secs(1);

/// What the tasks tell.
pub(crate) enum News {
    Came(TcpStream, Ends),
    Frame(Wire, Vec<u8>),
    Gone(Wire),
}

/// One connection, also apart from an earlier one with the same ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wire {
    pub(crate) ends: Ends,
    number: u64,
}

/// All connections. They end with it.
pub(crate) struct Wires {
    guests: Guests<Talk>,
    tell: mpsc::Sender<News>,
    told: mpsc::Receiver<News>,
    _acceptors: Vec<Running>,
    count: u64,
    swept: Instant,
}

struct Talk {
    number: u64,
    frames: mpsc::Sender<Vec<u8>>,
    _task: Running,
}

struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Wires {
    /// Each listener with the address it is offered as. Needs a runtime.
    pub(crate) fn listen(
        listeners: Vec<(std::net::TcpListener, SocketAddr)>,
        now: Instant,
    ) -> io::Result<Self> {
        let (tell, told) = mpsc::channel(WAITING);
        let acceptor = |(listener, offered)| {
            let listener = TcpListener::from_std(listener)?;
            let task = tokio::spawn(accept(listener, offered, tell.clone()));
            Ok(Running(task.abort_handle()))
        };
        Ok(Self {
            guests: Guests::new(),
            _acceptors: listeners
                .into_iter()
                .map(acceptor)
                .collect::<io::Result<_>>()?,
            tell,
            told,
            count: 0,
            swept: now,
        })
    }

    /// Never, where nobody listens.
    pub(crate) async fn next(&mut self) -> Option<News> {
        self.told.recv().await
    }

    /// What is at hand.
    pub(crate) fn another(&mut self) -> Option<News> {
        self.told.try_recv().ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.guests.is_empty()
    }

    /// Takes care of comings and goings; what is for the core it gives back.
    pub(crate) fn take(&mut self, now: Instant, news: News) -> Option<(Wire, Vec<u8>)> {
        match news {
            News::Came(stream, ends) => self.came(now, stream, ends),
            News::Gone(wire) if self.is_there(wire) => self.guests.remove(wire.ends),
            News::Frame(wire, frame) if self.is_there(wire) => return Some((wire, frame)),
            News::Gone(_) | News::Frame(..) => {}
        }
        None
    }

    fn came(&mut self, now: Instant, stream: TcpStream, ends: Ends) {
        self.count += 1;
        let wire = Wire {
            ends,
            number: self.count,
        };
        let (frames, waiting) = mpsc::channel(QUEUE);
        let task = tokio::spawn(talk(stream, wire, waiting, self.tell.clone()));
        let with = Talk {
            number: self.count,
            frames,
            _task: Running(task.abort_handle()),
        };
        if !self.guests.admit(now, ends, with) {
            tracing::debug!(peer = %ends.theirs, "no room for one more connection");
        }
    }

    fn is_there(&self, wire: Wire) -> bool {
        let there = self.guests.get(wire.ends);
        there.is_some_and(|talk| talk.number == wire.number)
    }

    /// What became of its frame. Who begins with something that is nobody's is cut.
    pub(crate) fn judge(&mut self, now: Instant, wire: Wire, known: bool) {
        if known {
            self.guests.heard(now, wire.ends);
        } else if self.guests.is_stranger(wire.ends) {
            self.guests.remove(wire.ends);
        }
    }

    pub(crate) fn send(&self, ends: Ends, frame: Vec<u8>) {
        if let Some(talk) = self.guests.get(ends) {
            let _ = talk.frames.try_send(frame);
        }
    }

    /// When to look for those who are silent; none while nobody is there.
    pub(crate) fn next_sweep(&self) -> Option<Instant> {
        (!self.is_empty()).then(|| self.swept + SWEEP)
    }

    pub(crate) fn sweep(&mut self, now: Instant) {
        self.swept = now;
        self.guests.sweep(now);
    }
}

async fn accept(listener: TcpListener, offered: SocketAddr, tell: mpsc::Sender<News>) {
    loop {
        match listener.accept().await {
            Ok((stream, theirs)) => {
                let ends = Ends {
                    ours: offered,
                    theirs,
                };
                if tell.send(News::Came(stream, ends)).await.is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "no connection of calls can be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn talk(
    stream: TcpStream,
    wire: Wire,
    frames: mpsc::Receiver<Vec<u8>>,
    tell: mpsc::Sender<News>,
) {
    let _ = stream.set_nodelay(true);
    let _ = socket2::SockRef::from(&stream).set_send_buffer_size(BUFFER);
    let (reading, writing) = stream.into_split();
    let ended = tokio::select! {
        ended = read(reading, wire, &tell) => ended,
        ended = write(writing, frames) => ended,
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection of calls has ended");
    }
    let _ = tell.send(News::Gone(wire)).await;
}

async fn read(stream: OwnedReadHalf, wire: Wire, tell: &mpsc::Sender<News>) -> io::Result<()> {
    let mut stream = BufReader::with_capacity(2 * LARGEST, stream);
    let mut first = true;
    loop {
        let length = usize::from(stream.read_u16().await?);
        if length == 0 || length > LARGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut frame = vec![0; length];
        stream.read_exact(&mut frame).await?;
        if first && !is_question(&frame) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        first = false;
        if tell.send(News::Frame(wire, frame)).await.is_err() {
            return Ok(());
        }
    }
}

/// A binding request (RFC 8489 §5).
fn is_question(frame: &[u8]) -> bool {
    frame.len() >= 20 && frame[..2] == [0, 1] && frame[4..8] == [0x21, 0x12, 0xa4, 0x42]
}

async fn write(mut stream: OwnedWriteHalf, mut frames: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    let (mut waiting, mut bytes) = (Vec::new(), Vec::new());
    while frames.recv_many(&mut waiting, TOGETHER).await > 0 {
        for frame in waiting.drain(..) {
            if let Ok(length) = u16::try_from(frame.len()) {
                bytes.extend(length.to_be_bytes());
                bytes.extend(frame);
            }
        }
        stream.write_all(&bytes).await?;
        bytes.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[tokio::test]
    async fn a_browser_that_does_not_read_is_sent_no_more_than_fits() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let ours = listener.local_addr().unwrap();
        let mut wires = Wires::listen(vec![(listener, ours)], Instant::now()).unwrap();
        let mut browser = std::net::TcpStream::connect(ours).unwrap();
        let ends = Ends {
            ours,
            theirs: browser.local_addr().unwrap(),
        };
        let came = wires.next().await.unwrap();
        assert!(wires.take(Instant::now(), came).is_none());
        // It waits for nobody: what is not taken is lost.
        for _ in 0..50_000 {
            wires.send(ends, vec![7; 1_200]);
            tokio::task::yield_now().await;
        }
        drop(wires);
        tokio::task::yield_now().await;
        let mut got = Vec::new();
        browser.read_to_end(&mut got).unwrap();
        assert!(got.len() > 1_202 && got.len() < 20_000_000, "{}", got.len());
        assert!(
            got.chunks_exact(1_202)
                .all(|one| one[..2] == 1_200_u16.to_be_bytes())
        );
    }
}
