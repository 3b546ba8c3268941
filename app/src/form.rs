//! Forms that work before wasm has loaded, and without scripts: what the server sends them back with.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Problem;

/// What a form that was posted by the browser itself comes back with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub form: String,
    /// Why it was refused; `None`: it was taken, and there is something to say.
    pub problem: Option<Problem>,
    pub typed: Vec<(String, String)>,
}

impl Sent {
    /// What the form of this name was just sent back with. On the first view only.
    pub fn of(form: &'static str) -> Option<Self> {
        let sent = SharedValue::new(move || {
            #[cfg(feature = "ssr")]
            return crate::ssr::sent_back(form);
            // In the browser a form is never sent by itself.
            #[cfg(not(feature = "ssr"))]
            return (None::<Self>, form).0;
        });
        sent.into_inner()
    }

    pub fn typed(sent: Option<&Self>, name: &str) -> String {
        let found = sent.and_then(|sent| sent.typed.iter().find(|(typed, _)| typed == name));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    pub fn words(sent: Option<&Self>) -> Option<String> {
        sent?.problem.as_ref().map(ToString::to_string)
    }
}

/// Why the form was not taken: what the action says, else what it was sent back with.
pub fn why<T>(
    value: impl Fn() -> Option<Result<T, Problem>> + Send + Sync + 'static,
    sent: Option<&Sent>,
) -> Signal<Option<String>>
where
    T: 'static,
{
    let before = Sent::words(sent);
    Signal::derive(move || match value() {
        Some(done) => done.err().map(|problem| problem.to_string()),
        None => before.clone(),
    })
}

/// Once the action has succeeded, loads this address anew: who is signed in has changed, everything is read again.
pub fn then_load<T>(
    value: impl Fn() -> Option<Result<T, Problem>> + Send + Sync + 'static,
    to: impl Fn(T) -> String + 'static,
) where
    T: 'static,
{
    Effect::new(move |_| {
        if let Some(Ok(done)) = value() {
            let _ = window().location().assign(&to(done));
        }
    });
}
