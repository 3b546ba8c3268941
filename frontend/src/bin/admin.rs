//! The admin's views: brings to life what the server has rendered.
// Views are types that nest as deep as the markup does.
#![recursion_limit = "512"]

#[cfg(target_arch = "wasm32")]
fn main() {
    use app::{AdminApp, first};
    use leptos::{mount::hydrate_body, prelude::*};

    console_error_panic_hook::set_once();
    if let Some(first) = first::read::<first::Admin>() {
        hydrate_body(move || view! { <AdminApp first=first/> });
    }
}

/// Nothing: this is a program for browsers.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
