//! A crowd that reads at once: until everybody knows that everybody has read, and how much was told to each for it.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use mqtt::QoS;
use serde_json::{Value, json};
use tokio::{
    task::{JoinSet, LocalSet, spawn_local},
    time::sleep,
};

use crate::{
    arguments::Arguments,
    http::{Client, JSON, call},
    requests::post_message,
    stand::{Dice, Seed},
    wire::Wire,
};

const CLIENTS: usize = 16;

pub(crate) async fn run(arguments: &Arguments) -> Result<Value> {
    LocalSet::new().run_until(measure(arguments)).await
}

async fn measure(arguments: &Arguments) -> Result<Value> {
    let watchers: usize = arguments.number("watchers")?;
    let address = arguments.text("address")?;
    let seed = Rc::new(Seed::read(arguments)?);
    let page = seed.page()?;
    let ways = seed.ways(address, watchers)?;
    let told = Rc::new(Cell::new(0_u64));
    for mut wire in Wire::open_all(ways, QoS::AtMostOnce).await? {
        let told = Rc::clone(&told);
        spawn_local(async move {
            while let Ok(marks) = wire.listen_for_marks().await {
                told.set(told.get() + marks);
            }
        });
    }
    let author = &seed.accounts[0];
    let mut client = Client::open(address).await?;
    let posting = post_message(address, page, author, &mut Dice::new());
    let posted: Value = serde_json::from_slice(&client.ok(&posting).await?.body)?;
    let seq = posted["seq"].as_i64().unwrap_or_default();
    sleep(Duration::from_secs(1)).await;
    told.set(0);

    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let (seed, address) = (Rc::clone(&seed), address.to_owned());
        tasks.spawn_local(async move {
            let mut client = Client::open(&address).await?;
            for account in seed.accounts.iter().skip(number).step_by(CLIENTS) {
                let page = seed.page()?;
                let body = format!(r#"{{"page":"{page}","delivered":{seq},"read":{seq}}}"#);
                client
                    .ok(&call(&address, "mark", &account.cookie, JSON, &body))
                    .await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    // Until nothing more is told.
    let (mut last, mut quiet, mut known) = (told.get(), Instant::now(), start.elapsed());
    while quiet.elapsed() < Duration::from_secs(1) {
        sleep(Duration::from_millis(10)).await;
        if told.get() != last {
            (last, quiet, known) = (told.get(), Instant::now(), start.elapsed());
        }
    }
    ensure!(last > 0, "nobody was told");
    Ok(json!({
        "ms": known.as_secs_f64() * 1000.0,
        "events": last as f64 / watchers as f64,
    }))
}
