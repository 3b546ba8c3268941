//! Load for any MQTT broker over TCP: N subscribers of one topic, one publisher, and how long everything takes.
//!
//! `fanout_load HOST:PORT TOPIC SUBSCRIBERS MESSAGES QOS [USERNAME [MESSAGES_PER_SECOND]]`: 300 bytes a message, as fast
//! as the broker takes them without a rate. The username is the publisher's. Prints one line of JSON.

use std::{
    env, io,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::BytesMut;
use mqtt::{Connect, Delivery, Packet, PacketId, Publish, QoS, Subscribe, decode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
    time::{sleep_until, timeout},
};

const PAYLOAD: usize = 300;
const MAX_PACKET: usize = 1 << 20;
/// Without a word for so long, what has not come will not come.
const SILENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Plan {
    address: String,
    topic: String,
    subscribers: usize,
    messages: u64,
    qos: QoS,
    username: Option<String>,
    per_second: Option<f64>,
}

impl Plan {
    fn from_args() -> Option<Self> {
        let args: Vec<String> = env::args().skip(1).collect();
        Some(Self {
            address: args.first()?.clone(),
            topic: args.get(1)?.clone(),
            subscribers: args.get(2)?.parse().ok()?,
            messages: args.get(3)?.parse().ok()?,
            qos: match args.get(4)?.as_str() {
                "0" => QoS::AtMostOnce,
                "1" => QoS::AtLeastOnce,
                _ => return None,
            },
            username: args.get(5).filter(|name| !name.is_empty()).cloned(),
            per_second: match args.get(6) {
                Some(rate) => Some(rate.parse().ok()?),
                None => None,
            },
        })
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let usage = "usage: fanout_load HOST:PORT TOPIC SUBSCRIBERS MESSAGES QOS [USERNAME [MESSAGES_PER_SECOND]]";
    let plan = Plan::from_args().ok_or_else(|| io::Error::other(usage))?;
    let epoch = Instant::now();
    let received = Arc::new(AtomicU64::new(0));
    let mut subscribers = JoinSet::new();
    for number in 0..plan.subscribers {
        let mut line = Line::open(&plan.address, &format!("load-{number}"), None).await?;
        line.subscribe(&plan.topic, plan.qos).await?;
        subscribers.spawn(listen(line, plan.messages, epoch, Arc::clone(&received)));
    }
    let started = epoch.elapsed();
    publish(&plan, epoch, &received).await?;
    let mut delays = Vec::new();
    let mut ended = started;
    while let Some(listened) = subscribers.join_next().await {
        let listened = listened.map_err(io::Error::other)?;
        ended = ended.max(listened.last);
        delays.extend(listened.delays);
    }
    delays.sort_unstable();
    let seconds = (ended.saturating_sub(started)).as_secs_f64();
    let percentile = |part: f64| {
        let at = (delays.len() as f64 * part) as usize;
        delays
            .get(at)
            .map_or(0.0, |micros| f64::from(*micros) / 1000.0)
    };
    writeln!(
        io::stdout(),
        r#"{{"deliveries":{},"expected":{},"seconds":{seconds:.4},"deliveries_per_second":{:.0},"p50_ms":{:.3},"p99_ms":{:.3}}}"#,
        delays.len(),
        plan.subscribers as u64 * plan.messages,
        delays.len() as f64 / seconds.max(1e-9),
        percentile(0.50),
        percentile(0.99),
    )
}

/// Publishes at the rate, or with so few messages on their way that no queue of the broker overflows: the comparison
/// is about throughput, and a broker that drops would win it.
async fn publish(plan: &Plan, epoch: Instant, received: &AtomicU64) -> io::Result<()> {
    const ON_THEIR_WAY: u64 = 64;
    let username = plan.username.as_deref();
    let mut line = Line::open(&plan.address, "load-publisher", username).await?;
    let start = tokio::time::Instant::now();
    let everybody = plan.subscribers.max(1) as u64;
    let free = Semaphore::new(0);
    for number in 0..plan.messages {
        if let Some(rate) = plan.per_second {
            sleep_until(start + Duration::from_secs_f64(number as f64 / rate)).await;
        } else {
            let waited = Instant::now();
            while number >= received.load(Ordering::Relaxed) / everybody + ON_THEIR_WAY
                && waited.elapsed() < SILENCE
            {
                // Whoever polls the counter must not take the processor from those who are measured.
                let _ = timeout(Duration::from_micros(200), free.acquire()).await;
            }
        }
        let mut payload = vec![b'.'; PAYLOAD];
        payload[..8].copy_from_slice(&(epoch.elapsed().as_micros() as u64).to_be_bytes());
        line.say(&Packet::Publish(Publish {
            delivery: match PacketId::new((number % 65_535 + 1) as u16) {
                Some(id) if plan.qos == QoS::AtLeastOnce => {
                    Delivery::AtLeastOnce { id, again: false }
                }
                _ => Delivery::AtMostOnce,
            },
            ..Publish::at_most_once(plan.topic.as_str(), payload)
        }))
        .await?;
        if plan.qos == QoS::AtLeastOnce {
            line.take_acknowledgements();
        }
    }
    // Closing with acknowledgements unread would reset the connection and lose what is in it.
    tokio::spawn(async move { while let Ok(Some(_)) = line.hear().await {} });
    Ok(())
}

struct Listened {
    /// Microseconds from publishing to receiving.
    delays: Vec<u32>,
    /// When the last one came, since the epoch.
    last: Duration,
}

async fn listen(
    mut line: Line,
    messages: u64,
    epoch: Instant,
    received: Arc<AtomicU64>,
) -> Listened {
    let mut delays = Vec::with_capacity(messages as usize);
    let mut last = Duration::ZERO;
    while (delays.len() as u64) < messages {
        let Ok(Ok(Some(packet))) = timeout(SILENCE, line.hear()).await else {
            break;
        };
        let Packet::Publish(publish) = packet else {
            continue;
        };
        last = epoch.elapsed();
        let mut sent = [0; 8];
        sent.copy_from_slice(&publish.payload[..8]);
        delays.push((last.as_micros() as u64).saturating_sub(u64::from_be_bytes(sent)) as u32);
        received.fetch_add(1, Ordering::Relaxed);
        if let Delivery::AtLeastOnce { id, .. } = publish.delivery {
            line.acknowledge(id);
        }
    }
    let _ = line.flush().await;
    Listened { delays, last }
}

/// One connection.
struct Line {
    stream: TcpStream,
    inbound: BytesMut,
    outbound: BytesMut,
}

impl Line {
    async fn open(address: &str, client_id: &str, username: Option<&str>) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut line = Self {
            stream,
            inbound: BytesMut::new(),
            outbound: BytesMut::new(),
        };
        let connect = Connect {
            username: username.map(str::to_owned),
            ..Connect::clean(client_id, 600)
        };
        line.say(&Packet::Connect(connect)).await?;
        match line.hear().await? {
            Some(Packet::ConnAck(answer)) if answer.code as u8 == 0 => Ok(line),
            other => Err(io::Error::other(format!("{other:?} instead of CONNACK"))),
        }
    }

    async fn subscribe(&mut self, topic: &str, qos: QoS) -> io::Result<()> {
        let subscribe = Subscribe {
            id: PacketId::MIN,
            filters: vec![(topic.to_owned(), qos)],
        };
        self.say(&Packet::Subscribe(subscribe)).await?;
        match self.hear().await? {
            Some(Packet::SubAck(answer)) if answer.granted == [Some(qos)] => Ok(()),
            other => Err(io::Error::other(format!("{other:?} instead of SUBACK"))),
        }
    }

    async fn say(&mut self, packet: &Packet) -> io::Result<()> {
        packet
            .encode(&mut self.outbound)
            .map_err(io::Error::other)?;
        self.flush().await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all_buf(&mut self.outbound).await
    }

    fn acknowledge(&mut self, id: PacketId) {
        let written = Packet::PubAck(id).encode(&mut self.outbound);
        debug_assert!(written.is_ok());
    }

    /// Reads away what the broker has acknowledged so far, without waiting.
    fn take_acknowledgements(&mut self) {
        let mut chunk = [0; 4096];
        while matches!(self.stream.try_read(&mut chunk), Ok(1..)) {}
    }

    /// The next packet. Acknowledgements go out together, when nothing more has come.
    async fn hear(&mut self) -> io::Result<Option<Packet>> {
        loop {
            if let Some(packet) = decode(&mut self.inbound, MAX_PACKET).map_err(io::Error::other)? {
                return Ok(Some(packet));
            }
            self.flush().await?;
            self.inbound.reserve(16 * 1024);
            if self.stream.read_buf(&mut self.inbound).await? == 0 {
                return Ok(None);
            }
        }
    }
}
