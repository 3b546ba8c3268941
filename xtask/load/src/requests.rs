//! Closed loops over HTTP: so many clients, each with the next request when the last is answered.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use domain::{MessageId, Timestamp};
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use crate::{
    arguments::Arguments,
    http::{Client, JSON, call, get},
    stand::{Account, Dice, Seed, percentiles},
};

/// Words of the seeded messages, frequent and seldom ones.
const WORDS: [&str; 16] = [
    "garden", "tomorrow", "roses", "stones", "Saturday", "thanks", "seeds", "wall", "meet", "gate",
    "rain", "tools", "shed", "under", "door", "quince",
];

#[derive(Clone, Copy)]
enum What {
    Page,
    History { newest: u64 },
    Search,
    Post,
}

pub(crate) async fn run(what: &str, arguments: &Arguments) -> Result<Value> {
    let what = match what {
        "page" => What::Page,
        "history" => What::History {
            newest: arguments.number("newest")?,
        },
        "search" => What::Search,
        "post" => What::Post,
        _ => bail!("there is no `{what}`"),
    };
    LocalSet::new().run_until(measure(what, arguments)).await
}

async fn measure(what: What, arguments: &Arguments) -> Result<Value> {
    let clients: usize = arguments.number("clients")?;
    let time = Duration::from_secs_f64(arguments.number("seconds")?);
    let address: Rc<str> = arguments.text("address")?.into();
    let seed = Rc::new(Seed::read(arguments)?);
    let delays = Rc::new(RefCell::new(Vec::new()));
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for number in 0..clients {
        let (address, seed, delays) = (address.clone(), seed.clone(), delays.clone());
        tasks.spawn_local(async move {
            let mut client = Client::open(&address).await?;
            let mut dice = Dice::new();
            // Everybody in turn, so that nobody asks faster than the limits allow.
            let mut turn = number;
            while start.elapsed() < time {
                let who = &seed.accounts[turn % seed.accounts.len()];
                turn += clients;
                let request = request(what, &address, seed.page()?, who, &mut dice);
                let began = Instant::now();
                client.ok(&request).await?;
                delays.borrow_mut().push(began.elapsed().as_secs_f64());
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let seconds = start.elapsed().as_secs_f64();
    let delays = delays.take();
    Ok(json!({
        "per_second": (delays.len() as f64 / seconds).round(),
        "delay": percentiles(delays),
    }))
}

fn request(what: What, address: &str, page: &str, who: &Account, dice: &mut Dice) -> String {
    match what {
        What::Page => {
            let cookie = format!("Cookie: {}\r\nAccept: text/html\r\n", who.cookie);
            get(address, &format!("/p/{page}"), &cookie)
        }
        What::History { newest } => {
            let before = 2 + dice.below(newest);
            let body = format!(r#"{{"page":"{page}","before":{before},"limit":50}}"#);
            call(address, "messages", &who.cookie, JSON, &body)
        }
        What::Search => {
            // Words of the seed, one of them often only begun, as somebody types.
            let word = |dice: &mut Dice| WORDS[dice.below(WORDS.len() as u64) as usize];
            let words = match dice.below(3) {
                0 => word(dice).to_owned(),
                1 => format!("{} {}", word(dice), word(dice)),
                _ => word(dice)[..3].to_owned(),
            };
            let body = format!(r#"{{"words":"{words}"}}"#);
            call(address, "search", &who.cookie, JSON, &body)
        }
        What::Post => post_message(address, page, who, dice),
    }
}

pub(crate) fn post_message(address: &str, page: &str, who: &Account, dice: &mut Dice) -> String {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&dice.roll().to_be_bytes());
    random[8..].copy_from_slice(&dice.roll().to_be_bytes()[..2]);
    // Any moment will do: what must differ is the random part.
    let id = MessageId::new(
        Timestamp(1_800_000_000_000 + dice.below(1_000_000_000) as i64),
        random,
    );
    let body = format!(
        r#"{{"page":"{page}","id":"{id}","body":"The paving arrives at ten, can somebody open the side gate? I am there from half past nine."}}"#
    );
    call(address, "post_message", &who.cookie, JSON, &body)
}
