//! From posting to everybody's screen, at a steady rate: how long until the last of the crowd has it.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Result;
use mqtt::{PacketId, QoS};
use serde_json::{Value, json};
use tokio::{
    task::{LocalSet, spawn_local},
    time::{sleep, sleep_until},
};

use crate::{
    arguments::Arguments,
    http::Client,
    requests::post_message,
    stand::{Dice, Seed, percentiles},
    wire::{Mouth, Way, Wire},
};

/// Bytes of an event with a message of that length.
const EVENT: usize = 380;

struct Board {
    sent: Vec<Instant>,
    /// How many have the message of this number, and when the last one got it.
    arrived: Vec<(usize, Instant)>,
    delays: Vec<f64>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Value> {
    LocalSet::new().run_until(measure(arguments)).await
}

async fn measure(arguments: &Arguments) -> Result<Value> {
    let crowd: usize = arguments.number("subscribers")?;
    let messages: usize = arguments.number("messages")?;
    let address = arguments.text("address")?.to_owned();
    let stoa = arguments.text("way")? == "members";
    let seed = if stoa {
        Some(Seed::read(arguments)?)
    } else {
        None
    };

    let board = Rc::new(RefCell::new(Board {
        sent: Vec::new(),
        arrived: vec![(0, Instant::now()); messages],
        delays: Vec::new(),
    }));
    let (filter, qos) = match &seed {
        Some(seed) => (format!("p/{}/e", seed.page()?), QoS::AtMostOnce),
        None => ("p/x/e".to_owned(), QoS::AtLeastOnce),
    };
    let ways = (0..crowd).map(|number| {
        let way = Way {
            address: address.clone(),
            path: Some("/mqtt".to_owned()),
            client: format!("load-{number}"),
            cookie: seed
                .as_ref()
                .map(|seed| seed.accounts[number].cookie.clone()),
            username: None,
        };
        (way, filter.clone())
    });
    for mut wire in Wire::open_all(ways.collect(), qos).await? {
        let board = Rc::clone(&board);
        spawn_local(async move {
            let mut next = 0;
            while let Ok(count) = wire.listen().await {
                for _ in 0..count {
                    board.borrow_mut().arrive(next);
                    next += 1;
                }
            }
        });
    }

    let stored = say(arguments, seed.as_ref(), &filter, &board).await?;
    for _ in 0..500 {
        if board
            .borrow()
            .arrived
            .iter()
            .all(|(count, _)| *count >= crowd)
        {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    let board = board.borrow();
    let last: Vec<f64> = board
        .arrived
        .iter()
        .zip(&board.sent)
        .filter(|((count, _), _)| *count >= crowd)
        .map(|((_, last), sent)| (*last - *sent).as_secs_f64())
        .collect();
    Ok(json!({
        "incomplete": messages - last.len(),
        "everybody": percentiles(last),
        "each": percentiles(board.delays.clone()),
        "stored": percentiles(stored),
    }))
}

enum Voice<'a> {
    Member(Client, &'a Seed, Dice),
    Stranger(Mouth),
}

impl Voice<'_> {
    async fn stranger(address: &str) -> Result<Self> {
        let mut wire = Wire::open(&Way {
            address: address.to_owned(),
            path: Some("/mqtt".to_owned()),
            client: "load-publisher".to_owned(),
            ..Way::default()
        })
        .await?;
        let mouth = wire.mouth.clone();
        spawn_local(async move { while wire.listen().await.is_ok() {} });
        Ok(Self::Stranger(mouth))
    }
}

/// Posts at the rate. Returns how long each took until it was stored, where anything is stored.
async fn say(
    arguments: &Arguments,
    seed: Option<&Seed>,
    topic: &str,
    board: &RefCell<Board>,
) -> Result<Vec<f64>> {
    let rate: f64 = arguments.number("rate")?;
    let address = arguments.text("address")?;
    let mut voice = match seed {
        Some(seed) => Voice::Member(Client::open(address).await?, seed, Dice::new()),
        None => Voice::stranger(address).await?,
    };
    let mut stored = Vec::new();
    let start = tokio::time::Instant::now() + Duration::from_millis(300);
    let messages = board.borrow().arrived.len();
    for number in 0..messages {
        sleep_until(start + Duration::from_secs_f64(number as f64 / rate)).await;
        let began = Instant::now();
        board.borrow_mut().sent.push(began);
        match &mut voice {
            // One after another of the members: nobody posts faster than people do.
            Voice::Member(client, seed, dice) => {
                let author = &seed.accounts[number % seed.accounts.len()];
                let request = post_message(address, seed.page()?, author, dice);
                client.ok(&request).await?;
                stored.push(began.elapsed().as_secs_f64());
            }
            Voice::Stranger(mouth) => {
                let id = PacketId::new((number % 65_535 + 1) as u16);
                mouth.publish(topic, &[b'x'; EVENT], id).await?;
            }
        }
    }
    Ok(stored)
}

impl Board {
    fn arrive(&mut self, number: usize) {
        let now = Instant::now();
        let (Some(sent), Some(arrived)) = (self.sent.get(number), self.arrived.get_mut(number))
        else {
            return;
        };
        self.delays.push((now - *sent).as_secs_f64());
        *arrived = (arrived.0 + 1, now);
    }
}
