//! One node has another do something, and hears what came of it.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use rumqttc::QoS;
use serde_json::Value;
use tokio::{sync::oneshot, time::timeout};
use uuid::Uuid;

use super::{Control, TO_NODE, Upstream, lock};
use crate::{Backend, broker::PACKET};

/// For an answer: whoever waits is a person.
const ANSWER: Duration = Duration::from_secs(5);
/// Who wait at one time.
const ASKING: usize = 256;
/// Bytes of a question or an answer. What is larger than the broker takes would cost this node its connection.
const LARGEST: usize = PACKET / 2;

impl Upstream {
    pub(crate) async fn ask(&self, node: Uuid, words: Value) -> Option<Value> {
        let id = Uuid::from_bytes(self.0.random.node().ok()?);
        let (answer, answered) = oneshot::channel();
        {
            let mut asking = lock(&self.0.asking);
            if asking.len() >= ASKING {
                return None;
            }
            asking.insert(id, answer);
        }
        // Also if whoever asks gives up before.
        let _forget = Forget(self, id);
        let from = self.node();
        if !self.say(node, &Control::Ask { id, from, words }) {
            return None;
        }
        timeout(ANSWER, answered).await.ok()?.ok()
    }

    /// Apart from hearing, which does not wait for what is asked for.
    pub(super) fn asked(&self, backend: &Backend, id: Uuid, from: Uuid, words: Value) {
        let Some(answering) = backend.bus().asked_here(words) else {
            return;
        };
        let upstream = self.clone();
        tokio::spawn(async move {
            let words = answering.await;
            if !upstream.say(from, &Control::Answer { id, words }) {
                // Better than having them wait.
                let words = Value::Null;
                upstream.say(from, &Control::Answer { id, words });
            }
        });
    }

    pub(super) fn answered(&self, id: Uuid, words: Value) {
        if let Some(asking) = lock(&self.0.asking).remove(&id) {
            // They may have given up just now.
            let _ = asking.send(words);
        }
    }

    /// False if it cannot be said.
    fn say(&self, node: Uuid, control: &Control) -> bool {
        let Ok(payload) = serde_json::to_vec(control) else {
            return false;
        };
        let topic = format!("{TO_NODE}{node}");
        let until = Instant::now() + ANSWER;
        payload.len() <= LARGEST
            && self.0.connected.load(Ordering::SeqCst)
            && self.send(topic, QoS::AtLeastOnce, &payload, Some(until))
    }
}

struct Forget<'a>(&'a Upstream, Uuid);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        lock(&self.0.0.asking).remove(&self.1);
    }
}
