//! Upstream hears of a filter's first subscriber and of its last, alternating, whatever happens at once.

mod support;

use std::collections::HashMap;

use domain::Topic;
use mqtt::{Packet, PacketId, QoS, Unsubscribe};
use support::{Client, account, hub, page, until};

#[tokio::test]
async fn the_first_subscriber_and_the_last_are_told_and_no_other() {
    let (hub, house) = hub();
    let topic = Topic::Page(page(1));
    let mut first = Client::connect(&hub, account(1)).await;
    let mut second = Client::connect(&hub, account(2)).await;
    first.subscribe(topic, QoS::AtMostOnce).await;
    // Before the SUBACK, so that what is fetched after it misses nothing.
    assert_eq!(*house.wants.lock().unwrap(), [(topic, true)]);
    second.subscribe(topic, QoS::AtMostOnce).await;
    second.subscribe(topic, QoS::AtLeastOnce).await;
    let id = PacketId::MIN;
    let filters = vec![topic.to_string()];
    first
        .send(&Packet::Unsubscribe(Unsubscribe { id, filters }))
        .await;
    assert_eq!(first.receive().await, Packet::UnsubAck(id));
    assert_eq!(*house.wants.lock().unwrap(), [(topic, true)]);
    drop(second);
    until(|| house.wants.lock().unwrap().len() == 2).await;
    assert_eq!(house.wants.lock().unwrap()[1], (topic, false));
    first.subscribe(topic, QoS::AtMostOnce).await;
    assert_eq!(house.wants.lock().unwrap()[2], (topic, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn comings_and_goings_at_once_end_with_the_truth() {
    let (hub, house) = hub();
    let topics = [Topic::Page(page(1)), Topic::AllSignals(page(1))];
    let mut crowd = Vec::new();
    for number in 0..8 {
        let hub = hub.clone();
        crowd.push(tokio::spawn(async move {
            for round in 0..100 {
                let mut client = Client::connect(&hub, account(number)).await;
                for topic in topics {
                    client.subscribe(topic, QoS::AtMostOnce).await;
                }
                if round % 3 == 0 {
                    hub.cut(account(number));
                }
            }
        }));
    }
    for visitor in crowd {
        visitor.await.unwrap();
    }
    until(|| hub.stats().connections == 0).await;
    let mut wanted = HashMap::new();
    for (topic, now) in house.wants.lock().unwrap().iter() {
        let before = wanted.insert(*topic, *now).unwrap_or(false);
        assert_ne!(before, *now, "{topic} was told twice");
    }
    assert_eq!(wanted, topics.map(|topic| (topic, false)).into());
}
