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
    task::{JoinSet, LocalSet, spawn_local},
    time::{sleep, sleep_until},
};

use crate::{
    arguments::Arguments,
    http::Client,
    requests::post_message,
    stand::{Dice, Seed, percentiles},
    wire::{Way, Wire},
};

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
    let rate: f64 = arguments.number("rate")?;
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
    let mut listeners = JoinSet::new();
    for number in 0..crowd {
        let way = Way {
            address: address.clone(),
            path: Some("/mqtt".to_owned()),
            cookie: seed
                .as_ref()
                .map(|seed| seed.accounts[number].cookie.clone()),
            username: None,
        };
        let mut wire = Wire::open(&way, &format!("load-{number}")).await?;
        wire.subscribe(&filter, qos).await?;
        let board = Rc::clone(&board);
        listeners.spawn_local(async move {
            let mut next = 0;
            while let Ok(count) = wire.listen().await {
                for _ in 0..count {
                    board.borrow_mut().arrive(next);
                    next += 1;
                }
            }
        });
    }

    let start = tokio::time::Instant::now() + Duration::from_millis(300);
    let mut voice = None;
    if !stoa {
        let way = Way {
            address: address.clone(),
            path: Some("/mqtt".to_owned()),
            ..Way::default()
        };
        let mut wire = Wire::open(&way, "load-publisher").await?;
        voice = Some(wire.mouth.clone());
        spawn_local(async move { while wire.listen().await.is_ok() {} });
    }
    let mut client = Client::open(&address).await?;
    let mut dice = Dice::new(7);
    let mut stored = Vec::new();
    for number in 0..messages {
        sleep_until(start + Duration::from_secs_f64(number as f64 / rate)).await;
        board.borrow_mut().sent.push(Instant::now());
        if let Some(voice) = &voice {
            let id = PacketId::new((number % 65_535 + 1) as u16);
            voice.publish(&filter, &[b'x'; 380], id).await?;
        } else if let Some(seed) = &seed {
            // One after another of the members: nobody posts faster than people do.
            let author = &seed.accounts[number % seed.accounts.len()];
            let began = Instant::now();
            client
                .ok(&post_message(&address, seed.page()?, author, &mut dice))
                .await?;
            stored.push(began.elapsed().as_secs_f64());
        }
    }
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
