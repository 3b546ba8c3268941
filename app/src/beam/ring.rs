//! Somebody calls: a dialog that takes no focus away from what is being written.

use leptos::prelude::*;

use super::call::{Beam, Ring};
use crate::ui::click;

#[component]
pub(super) fn Ringing(beam: Beam, ring: Ring) -> impl IntoView {
    let Ring {
        call,
        page,
        page_name,
        by,
    } = ring;
    let not_now = move || beam.quiet(call);
    let said = format!("{by} calls");
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
                <button type="button" class="btn call" on:click=click(move || beam.asked(page))>"Join"</button>
            </div>
        </dialog>
    }
}
