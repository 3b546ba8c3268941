//! The wish that the program stops: SIGTERM or SIGINT.

use anyhow::{Context, Result};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Comes with the first signal. The second ends the program at once.
    pub(crate) fn on_signals() -> Result<Self> {
        let mut terminate = signal(SignalKind::terminate()).context("no SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("no SIGINT")?;
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move {
            for again in [false, true] {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if again {
                    std::process::exit(1);
                }
                stop.send_replace(true);
            }
        });
        Ok(Self(stopped))
    }

    /// Returns when it is time, also if it has been for long.
    pub(crate) async fn wished(&mut self) {
        // Fails only when nobody listens for signals any more, and that is the end as well.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}
