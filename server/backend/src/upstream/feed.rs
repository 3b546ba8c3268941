//! What goes to the broker: the queue, and subscriptions as they are wanted.

use std::{sync::atomic::Ordering, time::Instant};

use domain::{Timestamp, Topic};
use rumqttc::{AsyncClient, ClientError, QoS, SubscribeFilter};
use tokio::sync::mpsc;

use super::{CONTROL, Control, Outgoing, PREFIX, Upstream, lock};
use crate::Backend;

impl Upstream {
    /// What goes to the broker: the queue, and subscriptions as they are wanted.
    pub(super) async fn feed(
        self,
        backend: Backend,
        client: AsyncClient,
        mut queued: mpsc::Receiver<Outgoing>,
    ) {
        let mut connection = 0;
        loop {
            let sent = tokio::select! {
                biased;
                // Subscriptions first: what is said may bring an answer.
                () = self.0.wake.notified() => self.tend(&backend, &client, &mut connection).await,
                outgoing = queued.recv() => match outgoing {
                    Some(Outgoing::Publish { topic, qos, payload, until }) => {
                        self.0.queued_bytes.fetch_sub(payload.len(), Ordering::SeqCst);
                        if until.is_some_and(|until| until < Instant::now()) {
                            continue;
                        }
                        client.publish_bytes(topic, qos, false, payload).await
                    }
                    Some(Outgoing::Stop) | None => {
                        let _ = client.disconnect().await;
                        return;
                    }
                },
            };
            if sent.is_err() {
                return;
            }
        }
    }

    /// Brings the broker up to what is wanted.
    async fn tend(
        &self,
        backend: &Backend,
        client: &AsyncClient,
        connection: &mut u64,
    ) -> Result<(), ClientError> {
        if !self.0.connected.load(Ordering::SeqCst) {
            return Ok(());
        }
        let current = self.0.connection.load(Ordering::SeqCst);
        let fresh = *connection != current;
        if fresh {
            lock(&self.0.subscriptions).held.clear();
        }
        let (add, remove) = lock(&self.0.subscriptions).next(fresh);
        let topic = |topic: &Topic| format!("{PREFIX}{topic}");
        let own = fresh.then(|| [CONTROL.to_owned(), self.own_topic()]);
        let filters: Vec<_> = own
            .into_iter()
            .flatten()
            .chain(add.iter().map(topic))
            .map(|filter| SubscribeFilter::new(filter, QoS::AtLeastOnce))
            .collect();
        if !filters.is_empty() {
            client.subscribe_many(filters).await?;
        }
        for filter in remove {
            client.unsubscribe(topic(&filter)).await?;
        }
        if fresh && *connection > 0 {
            let since = self.0.lost_since.load(Ordering::SeqCst);
            self.lost(client, Timestamp(since)).await?;
        }
        *connection = current;
        if self.0.dropped.swap(false, Ordering::SeqCst) {
            self.lost(client, backend.now()).await?;
        }
        Ok(())
    }

    async fn lost(&self, client: &AsyncClient, since: Timestamp) -> Result<(), ClientError> {
        let mut payload = self.0.node.to_vec();
        payload.extend(serde_json::to_vec(&Control::Lost { since }).unwrap_or_default());
        client
            .publish(CONTROL, QoS::AtLeastOnce, false, payload)
            .await
    }
}
