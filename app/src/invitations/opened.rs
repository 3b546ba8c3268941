//! Telling the inviter that a person has the invitation before them: what link scanners do not do.

use std::time::Duration;

use leptos::{ev, prelude::*, task::spawn_local};

use super::api::note_invitation_opened;

/// Scanners that run scripts load a page, take its picture and leave.
const LOOKED_AT: Duration = Duration::from_secs(2);

/// At the first movement or key; without one, once the page has had the focus for a while. Told once.
pub fn tell_opened(token: String) {
    Effect::new(move |_| {
        let told = StoredValue::new(false);
        let token = StoredValue::new(token.clone());
        let tell = move || {
            if told.try_update_value(|told| std::mem::replace(told, true)) != Some(false) {
                return;
            }
            let token = token.get_value();
            // A nicety for the inviter: nobody misses it when it fails.
            spawn_local(async move {
                let _ = note_invitation_opened(token).await;
            });
        };
        let moved = window_event_listener(ev::pointermove, move |_| tell());
        let pressed = window_event_listener(ev::pointerdown, move |_| tell());
        let typed = window_event_listener(ev::keydown, move |_| tell());
        let looked = set_timeout_with_handle(
            move || {
                if document().has_focus().unwrap_or(false) {
                    tell();
                }
            },
            LOOKED_AT,
        );
        on_cleanup(move || {
            moved.remove();
            pressed.remove();
            typed.remove();
            if let Ok(looked) = looked {
                looked.clear();
            }
        });
    });
}
