//! Forms that are posted by the browser itself, where scripts have not loaded or there are none: what they come back
//! with.

use serde::{Deserialize, Serialize};

use crate::Problem;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub form: String,
    /// Why it was refused; `None`: it was taken, and there is something to say.
    pub problem: Option<Problem>,
    pub typed: Vec<(String, String)>,
}

impl Sent {
    pub fn typed(sent: Option<&Self>, name: &str) -> String {
        let found = sent.and_then(|sent| sent.typed.iter().find(|(typed, _)| typed == name));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    pub fn words(sent: Option<&Self>) -> Option<String> {
        sent?.problem.as_ref().map(ToString::to_string)
    }

    /// The address that a code to sign in was mailed to.
    #[cfg(feature = "ssr")]
    pub fn mailed(sent: Option<&Self>) -> Option<String> {
        let sent = sent.filter(|sent| sent.form == "sign_in")?;
        let code_was_tried = sent.typed.iter().any(|(name, _)| name == "code");
        (sent.problem.is_none() || code_was_tried).then(|| Self::typed(Some(sent), "email"))
    }
}
