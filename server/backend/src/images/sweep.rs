//! The worker that frees what nobody uses: at once what was deleted, after a day what was never sent.

use std::time::Duration;

use super::rows;
use crate::{Backend, Result};

const EVERY: Duration = Duration::from_hours(1);
/// An image that was uploaded and not sent is kept so long.
const UNSENT: i64 = 24 * 60 * 60;
/// Forgotten in one transaction.
const MOST: i64 = 500;

pub(crate) async fn sweep(backend: Backend) {
    if let Err(error) = backend.give_up_unfinished().await {
        tracing::warn!(%error, "unfinished uploads could not be given up");
    }
    loop {
        if let Err(error) = backend.sweep_images().await {
            tracing::warn!(%error, "images that nobody uses could not be freed");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = backend.0.images.freed.notified() => {}
            () = backend.stopping() => return,
        }
    }
}

impl Backend {
    /// What the worker does each time.
    pub async fn sweep_images(&self) -> Result<()> {
        let now = self.now();
        let before = now.minus_secs(UNSENT);
        loop {
            let work = self.0.db.write(move |tx| {
                Box::pin(async move { rows::forget_old(tx, before, MOST, now).await })
            });
            if work.await? == 0 {
                break;
            }
        }
        self.free_blobs().await
    }
}
