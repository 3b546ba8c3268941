//! Which part of the conversation is loaded and shown, as somebody scrolls.

use leptos::{prelude::*, task::spawn_local};

use super::{ANSWER, AT_ONCE, Held, OLDER, Older, Span, Store, Talk, lines};
use crate::{live::within, pages::api};

impl Talk {
    pub(super) fn show(self) {
        let zone = self.zone.get_untracked();
        let span = self.state.with_value(|state| state.span);
        let (days, above, below) = self.store.with_value(|store| {
            let (entries, above, below) = span.cut(store.entries());
            let days = lines::days(entries, store.divider(), |at| zone.local(at).days);
            (days, above, below || store.after().is_some())
        });
        self.state.update_value(|state| state.above = above);
        if self.below.get_untracked() != below {
            self.below.set(below);
        }
        self.sheet.show(days);
        let pictures = self.store.with_value(Store::pictures);
        if self.pictures.with_untracked(|shown| *shown != pictures) {
            self.pictures.set(pictures);
        }
    }

    /// The beginning of what is in the document comes near.
    pub fn go_up(self) {
        if self.state.with_value(|state| state.above) {
            self.respan(Span::up);
        } else if self.older.get_untracked() == Older::There {
            self.load_older();
        }
    }

    /// The end of what is in the document comes near, and it is not the end of the conversation.
    pub fn go_down(self) {
        let after = self.store.with_value(Store::after);
        let all_shown = self.store.with_value(|store| {
            let span = self.state.with_value(|state| state.span);
            !span.cut(store.entries()).2
        });
        match after {
            Some(after) if all_shown => self.load_newer(after),
            _ => self.respan(Span::down),
        }
    }

    pub(super) fn respan(self, to: impl Fn(Span, &[lines::Entry]) -> Span) {
        let held = self.scroll.hold_message();
        let span = self.state.with_value(|state| state.span);
        let span = self.store.with_value(|store| to(span, &store.entries()));
        self.state.update_value(|state| state.span = span);
        self.show();
        self.scroll.settle(held);
    }

    fn load_newer(self, after: i64) {
        if self.state.with_value(|state| state.going_down) {
            return;
        }
        self.state.update_value(|state| state.going_down = true);
        spawn_local(async move {
            let answer = within(ANSWER, api::messages_around(self.id, after, Some(AT_ONCE))).await;
            let alive = self
                .state
                .try_update_value(|state| state.going_down = false);
            if let (Some(()), Some(Ok(around))) = (alive, answer) {
                self.change_holding(self.scroll.hold_message(), |store| {
                    store.onward(after, &around);
                });
                self.respan(Span::down);
            }
        });
    }

    /// Back to the newest messages.
    pub fn to_latest(self) {
        self.state
            .update_value(|state| state.span = Span::default());
        self.store.update_value(Store::leave);
        self.scroll.to_end();
        self.show();
        self.scroll.settle(Held::End);
        self.looked_at();
    }

    /// History above, a page of it at a time.
    pub fn load_older(self) {
        let before = self.store.with_value(Store::before);
        let (Some(before), false) = (before, self.older.get_untracked() == Older::Loading) else {
            return;
        };
        self.older.set(Older::Loading);
        spawn_local(async move {
            let answer = api::messages(self.id, Some(before), None, Some(OLDER));
            let answer = within(ANSWER, answer).await;
            if self.state.is_disposed() {
                return;
            }
            let Some(Ok(history)) = answer else {
                self.older.set(Older::Failed);
                return;
            };
            self.change_holding(self.scroll.hold_message(), |store| {
                store.older(before, &history);
            });
            self.respan(Span::up);
            let more = self.store.with_value(Store::before).is_some();
            self.older
                .set(if more { Older::There } else { Older::None });
        });
    }
}
