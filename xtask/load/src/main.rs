//! Load for a Stoa, or for a peer beside it, on loopback: `load WHAT key=value…` prints one line of JSON.
//! Started by `cargo xtask bench`; every run is bounded in count and time.

mod arguments;
mod arrival;
mod call;
mod crowd;
mod fanout;
mod files;
mod frames;
mod http;
mod receipts;
mod requests;
mod stand;
mod visit;
mod wire;

use anyhow::{Result, bail};

use arguments::Arguments;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_default();
    let arguments = Arguments::parse(words)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let measured = runtime.block_on(async {
        match what.as_str() {
            "fanout" => fanout::run(&arguments).await,
            "arrival" => arrival::run(&arguments).await,
            "call" => call::run(&arguments).await,
            "crowd" => crowd::run(&arguments).await,
            "page" | "history" | "search" | "post" => requests::run(&what, &arguments).await,
            "file" => files::run(&arguments).await,
            "receipts" => receipts::run(&arguments).await,
            "visit" => visit::run(&arguments).await,
            _ => bail!("there is no `{what}`"),
        }
    })?;
    println!("{measured}");
    Ok(())
}
