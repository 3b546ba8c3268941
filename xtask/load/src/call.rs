//! A call: so many people who send a camera and a voice and are shown all others, at Stoa or at Janus. What forwarding
//! costs the server, what arrives, how much later, and how soon the first picture.

mod janus;
mod link;
mod process;
mod source;
mod stamp;
mod stoa;
mod tally;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, UdpSocket},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use domain::{SessionId, Timestamp};
use serde_json::{Value, json};
use str0m::crypto::CryptoProvider;
use tokio::{
    runtime,
    task::{JoinSet, LocalSet},
    time::sleep_until,
};

use crate::{
    arguments::Arguments,
    stand::{Dice, Seed},
};
use link::Link;
use source::Layer;
use tally::{Sent, Tally, Window};

/// Between two who come.
const APART: Duration = Duration::from_millis(100);
/// For what is still on its way when the measured time is over.
const LATE: Duration = Duration::from_secs(1);
/// Others that are heard at once, as browsers have it.
const VOICES: usize = 8;

/// What everybody keeps to.
pub(crate) struct Plan {
    address: String,
    people: usize,
    /// What each camera sends.
    layers: Vec<Layer>,
    start: Instant,
    window: Window,
    /// Where the load's sockets are.
    own: IpAddr,
    crypto: Arc<CryptoProvider>,
    published: Mutex<Published>,
}

/// The lines of those who publish, by their numbers: voice, camera.
type Published = BTreeMap<usize, (String, String)>;

/// What is left of somebody when the call is over.
pub(crate) struct Person {
    number: usize,
    sent: Sent,
    tally: Tally,
}

impl Person {
    fn of(number: usize, link: Link) -> Self {
        Self {
            number,
            sent: link.sent,
            tally: link.tally,
        }
    }
}

impl Plan {
    /// Nanoseconds since the load began.
    pub(crate) fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    pub(crate) fn over(&self) -> u64 {
        self.window.end() + LATE.as_nanos() as u64
    }

    pub(crate) fn voices(&self) -> usize {
        (self.people - 1).min(VOICES)
    }

    /// Waits until it is one's turn to come.
    pub(crate) async fn turn(&self, turn: usize) {
        sleep_until((self.start + APART * turn as u32).into()).await;
    }

    pub(crate) fn publish(&self, number: usize, voice: String, camera: String) {
        self.lock().insert(number, (voice, camera));
    }

    pub(crate) fn published(&self) -> Published {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Published> {
        self.published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is called.
#[derive(Clone)]
enum Peer {
    Stoa(Arc<Seed>, Arc<[String]>),
    Janus,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Value> {
    let (people, rate): (usize, u64) = (arguments.number("people")?, arguments.number("rate")?);
    ensure!((2..=25).contains(&people), "from 2 to 25 people");
    ensure!(rate >= 100_000, "cameras send more than that");
    let peer = match arguments.text("peer")? {
        "stoa" => {
            let seed = Seed::read(arguments)?;
            ensure!(seed.accounts.len() >= people, "the seed is too small");
            Peer::Stoa(Arc::new(seed), sessions(people).into())
        }
        "janus" => Peer::Janus,
        other => return Err(anyhow!("there is no `{other}`")),
    };
    let (turns, own) = match &peer {
        Peer::Stoa(..) => (people, Ipv4Addr::LOCALHOST.into()),
        Peer::Janus => (2 * people, own_address()?),
    };
    let warm: f64 = arguments.number("warm")?;
    let warm = APART * turns as u32 + Duration::from_secs_f64(warm);
    let plan = Arc::new(Plan {
        address: arguments.text("address")?.to_owned(),
        people,
        layers: Layer::all(rate, arguments.text("layers")? == "3"),
        start: Instant::now(),
        window: Window {
            begin: warm.as_nanos() as u64,
            seconds: arguments.number("seconds")?,
        },
        own,
        crypto: link::crypto(),
        published: Mutex::default(),
    });
    let server = arguments.text("process")?;
    let before = process::memory(server)?;
    let crowds = crowds(&plan, &peer)?;
    let (server_time, load_time) = watch(&plan, server).await?;
    let after = process::memory(server)?;

    let mut all = Vec::new();
    for crowd in crowds {
        let crowd = crowd.join().map_err(|_| anyhow!("a thread panicked"))?;
        all.extend(crowd?);
    }
    all.sort_by_key(|person| person.number);
    let (sent, tallies): (Vec<_>, Vec<_>) = all.into_iter().map(|of| (of.sent, of.tally)).unzip();
    let mut summed = tally::sum(&sent, tallies);
    let seconds = plan.window.seconds as f64;
    let more = json!({
        "people": people,
        "seconds": seconds,
        "micros_per_packet": server_time * 1e6 / summed.packets as f64,
        "cores": server_time / seconds,
        "load_cores": load_time / seconds,
        "memory_before_mb": before,
        "memory_mb": after,
    });
    if let (Some(value), Some(more)) = (summed.value.as_object_mut(), more.as_object()) {
        value.extend(more.clone());
    }
    Ok(summed.value)
}

fn sessions(people: usize) -> Vec<String> {
    let mut dice = Dice::new();
    let mut session = || {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&dice.roll().to_be_bytes());
        SessionId::new(Timestamp(1_800_000_000_000), random).to_string()
    };
    (0..people).map(|_| session()).collect()
}

/// Janus does not offer 127.0.0.1. From one of a machine's addresses to itself nothing leaves it either.
fn own_address() -> Result<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    // Looks up a way there, and sends nothing.
    socket
        .connect((Ipv4Addr::new(198, 51, 100, 1), 9))
        .context("without a network address there is no Janus")?;
    Ok(socket.local_addr()?.ip())
}

/// A thread for each processor, and a part of the people on each.
fn crowds(plan: &Arc<Plan>, peer: &Peer) -> Result<Vec<thread::JoinHandle<Result<Vec<Person>>>>> {
    let threads = thread::available_parallelism()?.get().min(plan.people);
    let crowd = |first: usize| {
        let (plan, peer) = (Arc::clone(plan), peer.clone());
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            LocalSet::new().block_on(&runtime, async {
                let mut tasks = JoinSet::new();
                for number in (first..plan.people).step_by(threads) {
                    let (plan, peer) = (Arc::clone(&plan), peer.clone());
                    tasks.spawn_local(async move {
                        match peer {
                            Peer::Stoa(seed, sessions) => {
                                stoa::attend(&plan, &seed, &sessions, number).await
                            }
                            Peer::Janus => Box::pin(janus::attend(&plan, number)).await,
                        }
                    });
                }
                let mut people = Vec::new();
                while let Some(person) = tasks.join_next().await {
                    people.push(person??);
                }
                Ok(people)
            })
        })
    };
    Ok((0..threads).map(crowd).collect())
}

/// Processor time of the server and of the load, over the time that is measured.
async fn watch(plan: &Plan, server: &str) -> Result<(f64, f64)> {
    let at = |nanos| plan.start + Duration::from_nanos(nanos);
    let both =
        || -> Result<(f64, f64)> { Ok((process::processor(server)?, process::processor("self")?)) };
    sleep_until(at(plan.window.begin).into()).await;
    let (server_began, load_began) = both()?;
    sleep_until(at(plan.window.end()).into()).await;
    let (server_ended, load_ended) = both()?;
    Ok((server_ended - server_began, load_ended - load_began))
}
