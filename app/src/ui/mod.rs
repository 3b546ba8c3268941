//! Parts of the screen that know no noun: icons, avatars, dialogs, fields, times.

mod avatar;
mod away;
mod copy;
mod dialog;
mod field;
mod icon;
mod menu;
mod time;

pub use avatar::{Avatar, Tile};
pub use away::{Missing, ToSignIn, Turned};
pub use copy::{Copied, CopyLink, copy};
pub use dialog::{Confirm, Dialog};
pub use field::{Field, Notice, Trouble};
pub use icon::{Glyph, Icon};
pub use menu::{Menu, closes_by_itself};
pub use time::ago;

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::Problem;

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

/// Asks again every few seconds as long as the answer says that something is going on.
pub fn refresh_while<T>(
    resource: Resource<T>,
    going_on: impl Fn(&T) -> bool + Send + Sync + 'static,
) where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    const EVERY: std::time::Duration = std::time::Duration::from_secs(3);
    Effect::new(move |_| {
        let going_on = resource.read().as_ref().is_some_and(&going_on);
        if going_on {
            set_timeout(
                move || {
                    // The view may have gone meanwhile.
                    if !resource.is_disposed() {
                        resource.refetch();
                    }
                },
                EVERY,
            );
        }
    });
}
