//! What was begun on a page and not sent: kept in the browser until it is.

use leptos::prelude::*;

use crate::pages::talk::Talk;

fn key(talk: Talk) -> String {
    let me = talk.me.with_value(|me| me.account);
    format!("stoa.draft.{me}.{}", talk.id)
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

pub(super) fn keep(talk: Talk, text: &str) {
    if text.is_empty() {
        forget(talk);
    } else if let Some(storage) = storage() {
        // Where there is no room it is lost with the tab, and nothing else.
        let _ = storage.set_item(&key(talk), text);
    }
}

pub(super) fn forget(talk: Talk) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&key(talk));
    }
}

pub(super) fn kept(talk: Talk) -> String {
    storage()
        .and_then(|storage| storage.get_item(&key(talk)).ok().flatten())
        .unwrap_or_default()
}
