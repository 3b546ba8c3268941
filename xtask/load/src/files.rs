//! One file, asked for again and again by so many clients over connections that stay open.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use crate::{
    arguments::Arguments,
    http::{Client, get},
};

pub(crate) async fn run(arguments: &Arguments) -> Result<Value> {
    LocalSet::new().run_until(measure(arguments)).await
}

async fn measure(arguments: &Arguments) -> Result<Value> {
    let clients: usize = arguments.number("clients")?;
    let time = Duration::from_secs_f64(arguments.number("seconds")?);
    let size: usize = arguments.number("size")?;
    let address: Rc<str> = arguments.text("address")?.into();
    let cookie = format!("Cookie: {}\r\n", arguments.text("cookie")?);
    let request: Rc<str> = get(&address, arguments.text("path")?, &cookie).into();
    let served = Rc::new(Cell::new(0_u32));
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for _ in 0..clients {
        let (address, request, served) = (address.clone(), request.clone(), served.clone());
        tasks.spawn_local(async move {
            let mut client = Client::open(&address).await?;
            while start.elapsed() < time {
                let length = client.pass_over(&request).await?;
                ensure!(length == size, "{length} bytes instead of {size}");
                served.set(served.get() + 1);
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let per_second = f64::from(served.get()) / start.elapsed().as_secs_f64();
    Ok(json!({ "per_second": per_second.round() }))
}
