//! A menu: a `<details>`, so that it opens before wasm has loaded; a click elsewhere or Escape closes it.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    icon::{Glyph, Icon},
    part::effect,
};

/// Its children are links and buttons. `label` names the button of three dots.
#[component]
pub fn Menu<V>(#[prop(into)] label: String, children: TypedChildren<V>) -> impl IntoView
where
    V: IntoView,
{
    let menu = NodeRef::<html::Details>::new();
    let summary = NodeRef::<html::Summary>::new();
    closes_by_itself(menu);
    let chosen = move |_| {
        // A dialog that opens now gives the focus back to where it was: not to something hidden.
        if let (Some(menu), Some(summary)) = (menu.get_untracked(), summary.get_untracked()) {
            menu.set_open(false);
            let _ = summary.focus();
        }
    };
    view! {
        <details class="menu" node_ref=menu>
            <summary class="icon" node_ref=summary aria-label=label>
                <Icon glyph=Glyph::More/>
            </summary>
            <div class="menu-list" on:click:capture=chosen>{children.into_inner()()}</div>
        </details>
    }
}

/// Closes a `<details>` when somebody clicks elsewhere or presses Escape.
pub fn closes_by_itself(menu: NodeRef<html::Details>) {
    effect(move || {
        let click = window_event_listener(ev::click, move |event| {
            let inside = event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            if let Some(menu) = menu.get_untracked()
                && menu.open()
                && !menu.contains(inside.as_ref())
            {
                menu.set_open(false);
            }
        });
        let key = window_event_listener(ev::keydown, move |event| {
            if let Some(menu) = menu.get_untracked()
                && menu.open()
                && event.key() == "Escape"
            {
                menu.set_open(false);
                if let Ok(Some(summary)) = menu.query_selector("summary") {
                    let _ = summary.unchecked_into::<web_sys::HtmlElement>().focus();
                }
            }
        });
        on_cleanup(move || {
            click.remove();
            key.remove();
        });
    });
}
