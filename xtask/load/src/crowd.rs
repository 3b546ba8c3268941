//! Many members, connected and silent, until the standard input closes: what they cost is measured from outside.

use anyhow::{Result, ensure};
use mqtt::QoS;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, stdin},
    task::{JoinSet, LocalSet},
};

use crate::{arguments::Arguments, stand::Seed, wire::Wire};

pub(crate) async fn run(arguments: &Arguments) -> Result<Value> {
    let members: usize = arguments.number("subscribers")?;
    let seed = Seed::read(arguments)?;
    ensure!(seed.accounts.len() >= members, "the seed is too small");
    let address = arguments.text("address")?;
    let everyone = LocalSet::new();
    let connected = everyone
        .run_until(async {
            let ways = seed.ways(address, members)?;
            let mut tasks = JoinSet::new();
            let wires = Wire::open_all(ways, QoS::AtMostOnce).await?;
            for (mut wire, account) in wires.into_iter().zip(&seed.accounts) {
                // As the app does: what concerns oneself, besides the page.
                wire.subscribe(&format!("u/{}/e", account.id), QoS::AtMostOnce)
                    .await?;
                tasks.spawn_local(async move { while wire.listen().await.is_ok() {} });
            }
            println!("connected");
            stdin().read_to_end(&mut Vec::new()).await?;
            let mut left = 0;
            while tasks.try_join_next().is_some() {
                left += 1;
            }
            anyhow::Ok(members - left)
        })
        .await?;
    Ok(json!({ "connected": connected }))
}
