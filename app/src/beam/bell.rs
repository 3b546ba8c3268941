//! What the first bundle knows of calls: that somebody asked for one, or that the wire told of one. The rest is loaded then.

use bytes::Bytes;
use domain::{PageId, Topic};
use leptos::prelude::*;

/// A handle, the same everywhere in a tab.
#[derive(Clone, Copy)]
pub struct Bell {
    /// The page that is open.
    pub here: Signal<Option<PageId>>,
    /// The page whose call somebody wants to see or to join.
    pub asked: RwSignal<Option<PageId>>,
    /// Events that the first bundle does not read.
    pub heard: RwSignal<Vec<(Topic, Bytes)>>,
}

impl Bell {
    /// Once, at the root of the app.
    pub fn provide(here: Signal<Option<PageId>>) -> Self {
        let bell = Self {
            here,
            asked: RwSignal::new(None),
            heard: RwSignal::new(Vec::new()),
        };
        provide_context(bell);
        bell
    }

    pub fn here() -> Self {
        expect_context()
    }

    /// Whether what shows calls is to be loaded.
    pub fn rings(self) -> bool {
        self.asked.with(Option::is_some) || self.heard.with(|heard| !heard.is_empty())
    }
}
