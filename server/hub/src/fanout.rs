//! One encoding, every subscriber.

use std::{collections::HashSet, num::NonZeroU16};

use bytes::{Bytes, BytesMut};
use domain::{Event, Topic};
use mqtt::{Delivery, Publish, QoS};

use crate::{Inner, client::Parcel};

impl Inner {
    /// To each subscriber at the lower of `published` and what was granted (§3.8.4).
    pub(crate) fn fan_out(&self, topic: Topic, payload: &Bytes, published: QoS) -> usize {
        let mut letter = Letter::new(topic, payload);
        let mut reached = 0;
        self.registry.each(topic, |subscriber| {
            let qos = subscriber.granted.min(published);
            if let Some(parcel) = letter.parcel(qos, self.limits.queue) {
                reached += usize::from(subscriber.client.push(parcel, self.limits.queue));
            }
        });
        reached
    }

    pub(crate) fn resync(&self) {
        let Ok(payload) = serde_json::to_vec(&Event::Resync).map(Bytes::from) else {
            return;
        };
        let mut told = HashSet::new();
        for accounts in [true, false] {
            self.registry.all(accounts, |filter, subscriber| {
                if told.insert(subscriber.client.id) {
                    // Signals have their own enum; under a wildcard the reader's own name is as good as any.
                    let topic = match filter {
                        Topic::AllSignals(page) => Topic::Signals(page, subscriber.client.account),
                        other => other,
                    };
                    if let Some(parcel) =
                        Letter::new(topic, &payload).parcel(QoS::AtMostOnce, self.limits.queue)
                    {
                        subscriber.client.push(parcel, self.limits.queue);
                    }
                }
            });
        }
    }
}

/// A PUBLISH to be, encoded at most once for each quality of service.
struct Letter<'a> {
    topic: Topic,
    payload: &'a Bytes,
    parcels: [Option<Parcel>; 2],
}

impl<'a> Letter<'a> {
    fn new(topic: Topic, payload: &'a Bytes) -> Self {
        Self {
            topic,
            payload,
            parcels: [None, None],
        }
    }

    fn parcel(&mut self, qos: QoS, limit: usize) -> Option<&Parcel> {
        let acknowledged = qos >= QoS::AtLeastOnce;
        let slot = usize::from(acknowledged);
        if self.parcels[slot].is_none() {
            self.parcels[slot] = self.encode(acknowledged, limit);
        }
        self.parcels[slot].as_ref()
    }

    fn encode(&self, acknowledged: bool, limit: usize) -> Option<Parcel> {
        let delivery = if acknowledged {
            Delivery::AtLeastOnce {
                id: NonZeroU16::MIN,
                again: false,
            }
        } else {
            Delivery::AtMostOnce
        };
        let publish = Publish {
            topic: self.topic.to_string(),
            payload: self.payload.clone(),
            delivery,
            retain: false,
        };
        let mut bytes = BytesMut::new();
        let encoded = publish.encode(&mut bytes);
        let parcel = Parcel {
            // The identifier is the two bytes before the payload.
            id_at: acknowledged.then(|| bytes.len().saturating_sub(self.payload.len() + 2) as u32),
            bytes: bytes.freeze(),
        };
        // One that fits into no queue would cut everybody, and again when they are back.
        if encoded.is_err() || parcel.weight() > limit {
            tracing::error!(topic = %self.topic, bytes = self.payload.len(), "too large to deliver");
            return None;
        }
        Some(parcel)
    }
}
