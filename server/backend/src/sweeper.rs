//! The sweeper: takes away what has expired and finishes what a stop has interrupted.

use std::time::Duration;

use crate::{Backend, Result, db::execute, marks};

const EVERY: Duration = Duration::from_hours(1);
const DAY: i64 = 86_400;

pub(crate) async fn sweep(backend: Backend) {
    loop {
        if let Err(error) = backend.sweep().await {
            tracing::warn!(%error, "what has expired could not be swept");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = backend.stopping() => return,
        }
    }
}

impl Backend {
    async fn sweep(&self) -> Result<()> {
        let now = self.now();
        let work = self.0.db.write(move |tx| {
            Box::pin(async move {
                execute!(tx, "DELETE FROM sessions WHERE expires <= $1", now.0)?;
                let yesterday = now.minus_secs(DAY).0;
                // For a day an expired link is told from an unknown one.
                execute!(tx, "DELETE FROM sign_ins WHERE expires <= $1", yesterday)?;
                execute!(tx, "DELETE FROM cuts WHERE at <= $1", yesterday)?;
                let long_ago = now.minus_secs(marks::KEPT).0;
                execute!(tx, "DELETE FROM marks WHERE at <= $1", long_ago)
            })
        });
        work.await?;
        self.clear_deleted_pages().await
    }
}
