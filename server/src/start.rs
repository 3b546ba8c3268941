//! From settings to a serving program, and back to rest.

use std::{
    env,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use backend::{Backend, Clock, Random};
use hub::{Hub, Limits};
use tokio::time::{sleep, timeout};

use crate::{
    calls::{Calls, ways},
    config::{self, Config},
    listen,
    live::{Here, Members, Others},
    router::{Site, router},
    stop::Stop,
};

/// For open requests, when the program stops.
const FINISH: Duration = Duration::from_secs(10);
/// For sockets to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// For the backend to write what is queued.
const SETTLE: Duration = Duration::from_secs(10);

pub(crate) async fn serve(config: Config) -> Result<()> {
    for name in config::unknown(env::vars_os().filter_map(|(name, _)| name.into_string().ok())) {
        tracing::warn!(
            "{name} is not a setting and is ignored; `stoa config` lists those there are"
        );
    }
    listen::raise_open_files();
    // First of all, so that a port in use is said before anything is touched.
    let listener = listen::bind(config.listen).await?;
    let bound = listener.local_addr().context("STOA_LISTEN")?;
    let public_url = config.public_url(bound);
    let beam = listen::calls(config.doors())?;
    let mut stop = Stop::on_signals()?;

    let settings = config.backend(&public_url);
    let backend = Backend::start(settings, Clock::System, Random).await?;
    let hub = Hub::new(
        Arc::new(Members(backend.clone())),
        Arc::new(Others(backend.bus().clone())),
        Limits::default(),
    );
    let (provider, turn) = config.calls();
    let (beam, opened) = beam.unzip();
    let ways = ways(opened, &provider, &turn, &public_url);
    let calls = Calls::start(backend.clone(), beam, provider, turn, ways);
    backend
        .bus()
        .attach(Arc::new(Here(hub.clone(), calls.clone())));
    backend.start_workers();

    let site = Site {
        backend,
        hub,
        public_url: Arc::new(public_url),
        sockets: Arc::default(),
        calls,
    };
    let serving = tokio::spawn(listen::serve(listener, router(site.clone()), stop.clone()));
    tracing::info!(%bound, version = env!("CARGO_PKG_VERSION"), "serving");
    announce(&site).await?;
    stop.wished().await;
    drain(&site, serving).await;
    Ok(())
}

/// On standard output, where no log is: the link is a secret.
async fn announce(site: &Site) -> Result<()> {
    let mut lines = String::new();
    if let Some(link) = site.backend.setup_link().await? {
        lines = format!("Open this link to set up your place: {link}\n");
    }
    let url = site.public_url.as_str();
    lines = format!("{lines}Stoa is ready on {url}\n");
    let mut out = io::stdout().lock();
    // Nobody may be reading.
    let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    Ok(())
}

/// Nobody new, sockets told to come back, requests answered, everything written: each within bounds.
async fn drain(site: &Site, serving: tokio::task::JoinHandle<()>) {
    tracing::info!("stopping");
    // While there is somebody to tell.
    site.calls.stop().await;
    site.sockets.drain();
    site.hub.drain();
    if timeout(FINISH, serving).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    let sockets = async {
        while site.sockets.open() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let _ = timeout(GOODBYE, sockets).await;
    if timeout(SETTLE, site.backend.stop()).await.is_err() {
        tracing::error!("the database did not come to rest in time");
    }
    tracing::info!("stopped");
}
