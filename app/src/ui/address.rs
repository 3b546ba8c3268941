//! Where one is, as the address bar says. A link to another view of the same document changes the address and what
//! follows it; every other link is the browser's.

use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

use super::effect;

/// The path that a document is made for.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone)]
pub struct Address(pub String);

/// The path as it changes. `ours`: whether a path is a view of this document.
pub fn address(ours: fn(&str) -> bool) -> RwSignal<String> {
    let path = RwSignal::new(first());
    effect(move || {
        // For as long as the document lives.
        let _ = window_event_listener(ev::popstate, move |_| path.set(current()));
        let _ = window_event_listener(ev::click, move |event| {
            if let Some(link) = followed(&event).filter(|link| ours(&link.pathname())) {
                event.prevent_default();
                go(&link, path);
            }
        });
    });
    path
}

#[cfg(feature = "ssr")]
fn first() -> String {
    use_context::<Address>().map_or_else(String::new, |address| address.0)
}

#[cfg(not(feature = "ssr"))]
fn first() -> String {
    current()
}

fn current() -> String {
    window().location().pathname().unwrap_or_default()
}

/// The link that a plain click asks for, unless it says that it leads elsewhere.
fn followed(event: &MouseEvent) -> Option<HtmlAnchorElement> {
    let plain = event.button() == 0
        && !(event.meta_key() || event.alt_key() || event.ctrl_key() || event.shift_key());
    if !plain || event.default_prevented() {
        return None;
    }
    let element = event.target()?.dyn_into::<Element>().ok()?;
    let link = element.closest("a[href]").ok()??;
    let elsewhere = ["target", "download", "rel"];
    if elsewhere.iter().any(|name| link.has_attribute(name)) {
        return None;
    }
    let link = link.dyn_into::<HtmlAnchorElement>().ok()?;
    (link.origin() == window().location().origin().ok()?).then_some(link)
}

fn go(link: &HtmlAnchorElement, path: RwSignal<String>) {
    let to = link.pathname();
    if to != current()
        && let Ok(history) = window().history()
    {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&to));
    }
    path.set(to);
}
