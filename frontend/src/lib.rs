//! The browser's entries: each brings to life what the server has rendered. Nothing else lives here.
#![cfg(target_arch = "wasm32")]
// Views are types that nest as deep as the markup does.
#![recursion_limit = "512"]

use app::first;
use leptos::{mount::hydrate_body, prelude::*};
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(feature = "member")]
#[wasm_bindgen]
pub fn member() {
    console_error_panic_hook::set_once();
    if let Some(first) = first::read::<first::Member>() {
        hydrate_body(move || view! { <app::MemberApp first=first/> });
    }
}

#[cfg(feature = "admin")]
#[wasm_bindgen]
pub fn admin() {
    console_error_panic_hook::set_once();
    if let Some(first) = first::read::<first::Admin>() {
        hydrate_body(move || view! { <app::AdminApp first=first/> });
    }
}
