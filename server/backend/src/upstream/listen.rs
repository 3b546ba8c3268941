//! What comes from the broker, and what a node does when it has been away from it.

use std::{sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use domain::{AccountId, Event, Timestamp, Topic};
use rumqttc::{EventLoop, Packet};
use tokio::time::sleep;
use uuid::Uuid;

use super::{CONTROL, Control, NODE, PREFIX, TO_NODE, Upstream, lock};
use crate::{Backend, Result, db::fetch_all};

/// Milliseconds between tries to come back.
const RETRY: [u64; 6] = [100, 200, 500, 1000, 2000, 5000];
/// The clocks of two nodes may differ so much (milliseconds).
const SKEW: i64 = 60_000;

impl Upstream {
    /// What comes from the broker, and coming back to it.
    pub(super) async fn listen(self, backend: Backend, mut events: EventLoop) {
        let mut failures = 0;
        loop {
            match events.poll().await {
                Ok(rumqttc::Event::Incoming(packet)) => {
                    failures = 0;
                    if matches!(packet, Packet::ConnAck(_)) {
                        self.connected(&backend);
                    }
                    self.0.alive.store(backend.now().0, Ordering::SeqCst);
                    self.incoming(&backend, packet);
                }
                Ok(rumqttc::Event::Outgoing(rumqttc::Outgoing::Disconnect)) => return,
                Ok(rumqttc::Event::Outgoing(_)) => {}
                Err(error) => {
                    self.0.connected.store(false, Ordering::SeqCst);
                    if failures == 0 {
                        let broker = &self.0.broker.host;
                        tracing::warn!(%error, broker, "the MQTT broker (STOA_MQTT_URL) is away");
                    }
                    // Nobody can tell this node now: it looks itself.
                    self.cut_missed(&backend, self.alive());
                    let wait = RETRY[failures.min(RETRY.len() - 1)];
                    sleep(Duration::from_millis(wait)).await;
                    failures += 1;
                }
            }
        }
    }

    fn connected(&self, backend: &Backend) {
        let alive = self.alive();
        self.0.lost_since.store(alive.0, Ordering::SeqCst);
        lock(&self.0.subscriptions).asked = None;
        let first = self.0.connection.fetch_add(1, Ordering::SeqCst) == 0;
        self.0.connected.store(true, Ordering::SeqCst);
        tracing::info!(broker = self.0.broker.host, "connected to the MQTT broker");
        if !first {
            backend.bus().resync_here();
            self.cut_missed(backend, alive);
        }
        self.0.wake.notify_one();
    }

    fn incoming(&self, backend: &Backend, packet: Packet) {
        match packet {
            Packet::Publish(publish) => self.heard(backend, &publish.topic, &publish.payload),
            Packet::SubAck(_) => {
                let asked = lock(&self.0.subscriptions).asked.take().unwrap_or_default();
                // What was said between a client's subscription here and this one up there is lost to it.
                for topic in asked {
                    if matches!(topic, Topic::Page(_) | Topic::Account(_))
                        && let Ok(resync) = serde_json::to_vec(&Event::Resync)
                    {
                        backend.bus().deliver_here(topic, resync.into());
                    }
                }
                self.0.wake.notify_one();
            }
            _ => {}
        }
    }

    fn heard(&self, backend: &Backend, topic: &str, payload: &Bytes) {
        if payload.len() < NODE || payload[..NODE] == self.0.node {
            return;
        }
        let payload = payload.slice(NODE..);
        let bus = backend.bus();
        if topic == CONTROL || topic.starts_with(TO_NODE) {
            match serde_json::from_slice(&payload) {
                Ok(Control::Cut { account }) => bus.cut_here(account),
                Ok(Control::Forget { account }) => bus.forget_here(account),
                Ok(Control::Here { node, accounts }) => {
                    backend.heard_of(node, accounts);
                }
                Ok(Control::InCall { page, people }) => backend.heard_of_call(page, people),
                Ok(Control::Lost { since }) => {
                    bus.resync_here();
                    self.cut_missed(backend, since);
                }
                Ok(Control::Ask { id, from, words }) => self.asked(backend, id, from, words),
                Ok(Control::Answer { id, words }) => self.answered(id, words),
                Ok(Control::Unknown) | Err(_) => {}
            }
        } else if let Some(topic) = topic.strip_prefix(PREFIX).and_then(Topic::parse) {
            bus.deliver_here(topic, payload);
        }
    }

    /// The moment up to which this node and the others are known to have heard each other.
    fn alive(&self) -> Timestamp {
        Timestamp(self.0.alive.load(Ordering::SeqCst))
    }

    /// Closes the sockets that other nodes wanted closed since then.
    fn cut_missed(&self, backend: &Backend, since: Timestamp) {
        let (upstream, backend) = (self.clone(), backend.clone());
        tokio::spawn(async move {
            let since = Timestamp(since.0 - SKEW);
            match backend.cuts_since(since, upstream.node()).await {
                Ok(cuts) => upstream.cut_once(&backend, since, cuts),
                Err(error) => tracing::warn!(%error, "cannot look up whose sockets to close"),
            }
        });
    }

    fn cut_once(&self, backend: &Backend, since: Timestamp, cuts: Vec<(AccountId, Timestamp)>) {
        let mut done = lock(&self.0.cuts_done);
        done.retain(|(_, at)| *at >= since);
        for (account, at) in cuts {
            if done.insert((account, at)) {
                backend.bus().cut_here(account);
            }
        }
    }
}

impl Backend {
    /// Whose sockets nodes other than this one wanted closed.
    async fn cuts_since(
        &self,
        since: Timestamp,
        node: Uuid,
    ) -> Result<Vec<(AccountId, Timestamp)>> {
        let mut conn = self.0.db.read().await?;
        let rows: Vec<(Uuid, i64)> = fetch_all!(
            conn,
            "SELECT DISTINCT account, at FROM cuts WHERE at >= $1 AND node <> $2",
            since.0,
            node
        )?;
        let cut = |(account, at)| (AccountId(account), Timestamp(at));
        Ok(rows.into_iter().map(cut).collect())
    }
}
