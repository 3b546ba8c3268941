//! The core with sockets and a thread around it. The thread owns the core; everybody else sends it errands.

use std::{
    future::poll_fn,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime,
    sync::{mpsc, oneshot},
    time::sleep_until,
};

use crate::{
    core::Core,
    doors::{Doors, Listening, Mail},
    guests::Ends,
    segments::Segments,
    shapes::{Address, Datagram, Notice, Transport},
    tcp::{News, Wires},
};

/// Frames taken in one go, before anybody else has their turn.
const BATCH: usize = 32;
/// Errands that wait.
const ERRANDS: usize = 256;
/// Without anybody in a call there is nothing to wait for.
const IDLE: Duration = Duration::from_hours(1);

type Errand = Box<dyn FnOnce(&mut Core, Instant) + Send>;

/// Calls on this node. Ends with its last clone.
#[derive(Clone)]
pub struct Beam {
    errands: mpsc::Sender<Errand>,
}

/// Calls have ended; the program is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("calls have stopped")]
pub struct Stopped;

impl Beam {
    /// Notices come in the order in which things happened, and end when calls do. Whoever takes them must not stop:
    /// they are few, and none may be lost.
    pub fn start(doors: Doors) -> io::Result<(Self, mpsc::UnboundedReceiver<Notice>)> {
        let core = Core::new(doors.addresses(), Instant::now()).map_err(io::Error::other)?;
        let (errands, waiting) = mpsc::channel(ERRANDS);
        let (notices, told) = mpsc::unbounded_channel();
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        thread::Builder::new().name("calls".into()).spawn(move || {
            runtime.block_on(async move {
                match doors.listen(Instant::now()) {
                    Ok((doors, wires)) => {
                        let work = Work {
                            core,
                            doors,
                            wires,
                            segments: Segments::default(),
                            notices,
                        };
                        work.run(waiting).await;
                    }
                    Err(error) => tracing::error!(%error, "calls cannot listen"),
                }
            });
        })?;
        Ok((Self { errands }, told))
    }

    /// Has the core do something, and brings back what came of it.
    pub async fn ask<T: Send + 'static>(
        &self,
        errand: impl FnOnce(&mut Core, Instant) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let (answer, answered) = oneshot::channel();
        let errand: Errand = Box::new(move |core, now| {
            // Whoever asked may have gone.
            let _ = answer.send(errand(core, now));
        });
        self.errands.send(errand).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }
}

struct Work {
    core: Core,
    doors: Listening,
    wires: Wires,
    segments: Segments,
    notices: mpsc::UnboundedSender<Notice>,
}

impl Work {
    async fn run(mut self, mut errands: mpsc::Receiver<Errand>) {
        let mut mail = Mail::new();
        loop {
            let now = Instant::now();
            let next = self.core.next_timeout().unwrap_or(now + IDLE);
            if next <= now {
                self.guard(|core| core.timeout(now));
                self.flush();
                // Time alone must not keep the others waiting.
                tokio::task::yield_now().await;
                if self.core.next_timeout().is_some_and(|next| next <= now) {
                    continue;
                }
            }
            let sweep = self.wires.next_sweep();
            tokio::select! {
                errand = errands.recv() => match errand {
                    Some(errand) => {
                        self.guard(|core| errand(core, Instant::now()));
                    }
                    None => return,
                },
                door = poll_fn(|context| self.doors.poll(context)) => {
                    self.open(door, &mut mail);
                }
                news = self.wires.next() => self.hear(news),
                () = sleep_until(next.into()) => {
                    self.guard(|core| core.timeout(Instant::now()));
                }
                () = sleep_until(sweep.unwrap_or(next).into()), if sweep.is_some() => {
                    self.wires.sweep(Instant::now());
                }
            }
            self.flush();
            if !self.wires.is_empty() {
                // They are read and written on this thread as well.
                tokio::task::yield_now().await;
            }
        }
    }

    /// What came over UDP.
    fn open(&mut self, door: usize, mail: &mut Mail) {
        let now = Instant::now();
        let Self {
            core,
            doors,
            notices,
            ..
        } = self;
        doors.take(door, mail, |from, to, bytes| {
            guard(core, notices, |core| {
                core.receive(now, Address::udp(from), to, bytes)
            });
        });
        self.guard(|core| core.settle(now));
    }

    /// What came over TCP.
    fn hear(&mut self, first: Option<News>) {
        let now = Instant::now();
        let mut news = first;
        for left in (0..BATCH).rev() {
            let Some(one) = news else { break };
            if let Some((wire, frame)) = self.wires.take(now, one) {
                let Ends { ours, theirs } = wire.ends;
                let known =
                    self.guard(|core| core.receive(now, Address::tcp(theirs), ours, &frame));
                self.wires.judge(now, wire, known == Some(true));
            }
            news = (left > 0).then(|| self.wires.another()).flatten();
        }
        self.guard(|core| core.settle(now));
    }

    fn guard<T>(&mut self, input: impl FnOnce(&mut Core) -> T) -> Option<T> {
        guard(&mut self.core, &self.notices, input)
    }

    fn flush(&mut self) {
        while let Some(Datagram {
            source,
            destination,
            bytes,
        }) = self.core.poll_datagram()
        {
            let ends = (source, destination.socket);
            match destination.transport {
                Transport::Udp if self.segments.take(ends, &bytes) => {}
                Transport::Udp => {
                    self.doors.send(&self.segments);
                    self.segments.clear();
                    self.segments.take(ends, &bytes);
                }
                Transport::Tcp => {
                    let (ours, theirs) = ends;
                    self.wires.send(Ends { ours, theirs }, bytes.into());
                }
            }
        }
        self.doors.send(&self.segments);
        self.segments.clear();
        while let Some(notice) = self.core.poll_notice() {
            let _ = self.notices.send(notice);
        }
    }
}

/// What one browser brings about must not end calls for good: after a panic they are over, and others may begin.
fn guard<T>(
    core: &mut Core,
    notices: &mpsc::UnboundedSender<Notice>,
    input: impl FnOnce(&mut Core) -> T,
) -> Option<T> {
    if let Ok(done) = catch_unwind(AssertUnwindSafe(|| input(core))) {
        return Some(done);
    }
    tracing::error!("panicked: all calls are over");
    for notice in core.abandon() {
        let _ = notices.send(notice);
    }
    None
}
