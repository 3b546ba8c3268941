//! The browser's entry: brings to life what the server has rendered. Nothing else lives here.
#![cfg(target_arch = "wasm32")]
// Views are types that nest as deep as the markup does.
#![recursion_limit = "512"]

use app::App;

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
