//! Somebody calls: a dialog that takes no focus away from what is being written.

use std::pin::pin;

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    call::{Beam, Ring},
    tabs::Tabs,
    tone::Tone,
};
use crate::{live::alone, ui::click};

#[component]
pub(super) fn Ringing(beam: Beam, ring: Ring) -> impl IntoView {
    let Ring {
        call,
        page,
        page_name,
        by,
    } = ring;
    let tabs = StoredValue::new_local(Tabs::open(call, move || beam.quiet(call)));
    let decided = move || tabs.with_value(|tabs| tabs.iter().for_each(|tabs| tabs.tell(call)));
    let not_now = move || {
        decided();
        beam.quiet(call);
    };
    let join = move || {
        decided();
        beam.asked(page);
    };
    let said = format!("{by} calls");
    sound();
    view! {
        <dialog
            class="calling"
            open
            aria-labelledby="ring-who"
            aria-describedby="ring-where"
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    not_now();
                }
            }
        >
            <div class="calling-words" role="alert">
                <b id="ring-who">{said}</b>
                <span id="ring-where" dir="auto">{page_name}</span>
            </div>
            <div class="calling-acts">
                <button type="button" class="btn ghost" on:click=click(not_now)>"Not now"</button>
                <button type="button" class="btn call" on:click=click(join)>"Join"</button>
            </div>
        </dialog>
    }
}

/// In one tab of the browser, while this is shown. A page that may not sound takes it from none that may.
fn sound() {
    let (shown, mut over) = oneshot::channel::<()>();
    on_cleanup(move || drop(shown));
    spawn_local(async move {
        let Either::Left((Some(tone), _)) = select(pin!(Tone::ready()), &mut over).await else {
            return;
        };
        let ring = async move {
            // It may be over before it is this tab's turn.
            if over.try_recv().is_ok() && tone.play().is_ok() {
                let _ = over.await;
            }
        };
        alone("stoa-ringing", ring).await;
    });
}
