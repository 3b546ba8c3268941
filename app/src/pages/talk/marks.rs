//! Receipts: what this device has got and what was read, told together and not for every single message.

use leptos::{prelude::*, task::spawn_local};

use super::{ANSWER, State, Store, Talk};
use crate::{live::within, pages::api};

/// What arrives together is told together.
const TOGETHER: f64 = 250.0;
/// So much more a member: a page of a thousand does not answer all at once.
const EACH: f64 = 4.0;

impl Talk {
    /// `looking`: the end is in view, and somebody is before it.
    pub(super) fn mark(self, looking: bool) {
        let news = |seq: i64| {
            self.store
                .with_value(|store| store.by_others_after(seq) > 0)
        };
        let wanted = self.state.with_value(|state: &State| {
            !state.marking && ((looking && news(state.read)) || news(state.delivered))
        });
        if !wanted {
            return;
        }
        self.state.update_value(|state| state.marking = true);
        let crowd = self.member_count.get_untracked() as f64 * EACH * js_sys::Math::random();
        spawn_local(async move {
            gloo_timers::future::TimeoutFuture::new((TOGETHER + crowd) as u32).await;
            let Some(latest) = self.store.try_with_value(Store::latest) else {
                return;
            };
            let read = if self.is_looked_at() {
                latest
            } else {
                self.state.with_value(|state| state.read)
            };
            let answer = within(ANSWER, api::mark(self.id, latest, read)).await;
            let _ = self.state.try_update_value(|state| {
                state.marking = false;
                if matches!(answer, Some(Ok(()))) {
                    state.delivered = state.delivered.max(latest);
                    state.read = state.read.max(read);
                }
            });
        });
    }
}
