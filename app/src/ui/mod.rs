//! Parts of the screen that know no noun: icons, avatars, dialogs, fields, times.

mod address;
mod avatar;
mod away;
mod copy;
mod dialog;
mod field;
mod icon;
mod menu;
mod order;
mod part;
mod time;

#[cfg(feature = "ssr")]
pub use address::Address;
pub use address::address;
pub use avatar::{Avatar, Tile};
pub use away::Away;
pub use copy::{Copied, CopyLink, copy};
pub use dialog::{Confirm, Dialog};
pub use field::{Field, Notice, Trouble};
pub use icon::{Glyph, Icon};
pub use menu::{Menu, closes_by_itself};
pub use order::ordered;
pub use part::{click, effect, maybe, when, words};
pub use time::ago;

use leptos::prelude::*;

use crate::Problem;

/// The mark that the page answers to more than plain forms and links. Once, at the root of an app.
pub fn alive() {
    effect(|| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
}

/// What the browser's tab says, from the first change on: the server has said it before.
pub fn tab_title(words: impl Fn() -> String + 'static) {
    effect(move || document().set_title(&words()));
}

/// What stands in the field of this name in a form that is being sent.
pub fn value_of(event: &web_sys::SubmitEvent, name: &str) -> String {
    use wasm_bindgen::JsCast;
    event
        .target()
        .and_then(|form| form.dyn_into::<web_sys::HtmlFormElement>().ok())
        .and_then(|form| web_sys::FormData::new_with_form(&form).ok())
        .and_then(|data| data.get(name).as_string())
        .unwrap_or_default()
}

/// Does something that was clicked, says what went wrong, and calls `then` when it went well.
pub fn act<T: 'static>(
    trouble: RwSignal<Option<String>>,
    doing: impl Future<Output = Result<T, Problem>> + 'static,
    then: impl FnOnce(T) + 'static,
) {
    leptos::task::spawn_local(async move {
        match doing.await {
            Ok(done) => {
                trouble.set(None);
                then(done);
            }
            Err(problem) => trouble.set(Some(problem.to_string())),
        }
    });
}

/// What is shown, asked for anew without losing what has not changed: the first answer came with the page.
pub fn fresh<T, F>(
    first: T,
    trouble: RwSignal<Option<String>>,
    ask: impl Fn() -> F + Send + Sync + 'static,
) -> (RwSignal<T>, Callback<()>)
where
    T: Clone + PartialEq + Send + Sync + 'static,
    F: Future<Output = Result<T, Problem>> + 'static,
{
    let shown = RwSignal::new(first);
    let again = Callback::new(move |()| {
        act(trouble, ask(), move |new| {
            // The view may have gone meanwhile.
            if shown.try_get_untracked().is_some_and(|old| old != new) {
                shown.set(new);
            }
        });
    });
    (shown, again)
}

/// Every few seconds while somebody looks and something is going on.
pub fn again_while(again: Callback<()>, going_on: impl Fn() -> bool + Send + Sync + 'static) {
    const EVERY: std::time::Duration = std::time::Duration::from_secs(3);
    let going_on = StoredValue::new(going_on);
    effect(move || {
        let tick = move || {
            if !document().hidden() && going_on.with_value(|going_on| going_on()) {
                again.run(());
            }
        };
        if let Ok(timer) = set_interval_with_handle(tick, EVERY) {
            on_cleanup(move || timer.clear());
        }
    });
}
