//! Parts of a view that change by themselves. Each kind of closure that a view holds is compiled with everything that
//! brings it to life, some 4 KB; texts and attributes are of one kind here.

use std::sync::{Arc, Mutex};

use leptos::{prelude::*, tachys::reactive_graph::SharedReactiveFunction};

/// A text, or an attribute that is always there.
pub fn words(words: impl FnMut() -> String + Send + 'static) -> SharedReactiveFunction<String> {
    Arc::new(Mutex::new(words))
}

/// An attribute that is there or not.
pub fn maybe(
    value: impl FnMut() -> Option<String> + Send + 'static,
) -> SharedReactiveFunction<Option<String>> {
    Arc::new(Mutex::new(value))
}

/// A view, built anew each time the condition comes true.
pub fn when<V: IntoView + 'static>(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn() -> V + Send + 'static,
) -> impl IntoView {
    let condition = Memo::new(move |_| condition());
    move || condition.get().then(&view)
}

/// Runs when what it reads has changed.
pub fn effect(run: impl FnMut() + 'static) {
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(move |_| run());
}

/// For `on:click`.
pub fn click(clicked: impl FnMut() + 'static) -> Box<dyn FnMut(web_sys::MouseEvent)> {
    let mut clicked: Box<dyn FnMut()> = Box::new(clicked);
    Box::new(move |_| clicked())
}
