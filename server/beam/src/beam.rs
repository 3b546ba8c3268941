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
    doors::{Doors, Listening},
    guests::Ends,
    shapes::{Address, Datagram, Notice, Transport},
    tcp::{News, Wires},
};

/// Datagrams taken in one go, before anybody else has their turn.
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
    notices: mpsc::UnboundedSender<Notice>,
}

impl Work {
    async fn run(mut self, mut errands: mpsc::Receiver<Errand>) {
        let mut buffer = vec![0; 65_536];
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
                    for _ in 0..BATCH {
                        let Some((bytes, from, to)) = self.doors.take(door, &mut buffer) else {
                            break;
                        };
                        guard(&mut self.core, &self.notices, |core| {
                            core.receive(Instant::now(), Address::udp(from), to, bytes)
                        });
                        while let Some(datagram) = self.core.poll_datagram() {
                            send(&self.doors, &self.wires, datagram);
                        }
                    }
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

    /// What came over TCP.
    fn hear(&mut self, first: Option<News>) {
        let mut news = first;
        for left in (0..BATCH).rev() {
            let Some(one) = news else { return };
            let now = Instant::now();
            if let Some((wire, frame)) = self.wires.take(now, one) {
                let Ends { ours, theirs } = wire.ends;
                let known =
                    self.guard(|core| core.receive(now, Address::tcp(theirs), ours, &frame));
                self.wires.judge(now, wire, known == Some(true));
                self.flush();
            }
            news = (left > 0).then(|| self.wires.another()).flatten();
        }
    }

    fn guard<T>(&mut self, input: impl FnOnce(&mut Core) -> T) -> Option<T> {
        guard(&mut self.core, &self.notices, input)
    }

    fn flush(&mut self) {
        while let Some(datagram) = self.core.poll_datagram() {
            send(&self.doors, &self.wires, datagram);
        }
        while let Some(notice) = self.core.poll_notice() {
            let _ = self.notices.send(notice);
        }
    }
}

fn send(doors: &Listening, wires: &Wires, datagram: Datagram) {
    let Datagram {
        source,
        destination,
        bytes,
    } = datagram;
    match destination.transport {
        Transport::Udp => doors.send(source, destination.socket, &bytes),
        Transport::Tcp => {
            let ends = Ends {
                ours: source,
                theirs: destination.socket,
            };
            wires.send(ends, bytes.into());
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
