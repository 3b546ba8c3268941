//! Signing in by email: a link, or the six digits in the same mail.

use domain::{Email, SignInCode};

use crate::{Backend, Result, SessionToken};

impl Backend {
    /// Sends a link and a code if the account exists; the answer and its time do not tell.
    /// `peer` is the address the request came from, for the limits.
    pub async fn request_sign_in(&self, _email: &Email, _peer: &str) -> Result<()> {
        unimplemented!()
    }

    /// Whose link this is (their email), without using it up. `LinkUnknown` or `LinkExpired` otherwise.
    pub async fn check_sign_in(&self, _token: &str) -> Result<String> {
        unimplemented!()
    }

    pub async fn sign_in_with_link(&self, _token: &str) -> Result<SessionToken> {
        unimplemented!()
    }

    /// Five wrong tries end the code.
    pub async fn sign_in_with_code(
        &self,
        _email: &Email,
        _code: &SignInCode,
        _peer: &str,
    ) -> Result<SessionToken> {
        unimplemented!()
    }

    /// For `stoa sign-in-link`: a link, without any mail. `None` if there is no such account.
    pub async fn sign_in_link(&self, _email: &Email) -> Result<Option<String>> {
        unimplemented!()
    }
}
