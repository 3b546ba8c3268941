//! Avatars of people and tiles of pages: initials on a colour that stays the same for the same id.

use domain::{hue, initials};
use leptos::prelude::*;
use uuid::Uuid;

fn class(kind: &str, id: &Uuid, more: &str) -> String {
    format!("{kind} hue-{} {more}", hue(id))
}

/// A person. Decoration: their name stands beside it.
#[component]
pub fn Avatar(id: Uuid, name: String, #[prop(optional)] small: bool) -> impl IntoView {
    let class = class("avatar", &id, if small { "sm" } else { "" });
    view! { <span class=class aria-hidden="true">{initials(&name)}</span> }
}

/// A page. Decoration: its name stands beside it.
#[component]
pub fn Tile(id: Uuid, name: String, #[prop(optional, into)] size: String) -> impl IntoView {
    let class = class("tile", &id, &size);
    view! { <span class=class aria-hidden="true">{initials(&name)}</span> }
}
