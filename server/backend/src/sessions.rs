//! Sessions: a random token in a cookie, its hash in the database.

use domain::{AccountId, Identity};

use crate::{Backend, Result, Secret};

/// The cookie's value. Exposed once, where the cookie is set.
pub type SessionToken = Secret;

/// Who asks. Made from a session only; every lookup goes through it.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub account: AccountId,
    pub name: String,
    pub email: String,
    /// An admin of the whole place.
    pub admin: bool,
    pub(crate) session: Vec<u8>,
}

impl Viewer {
    pub fn identity(&self) -> Identity {
        Identity {
            account: self.account,
            name: self.name.clone(),
            email: self.email.clone(),
            admin: self.admin,
        }
    }
}

impl Backend {
    /// Lifetime of a session's cookie in seconds; it slides with use.
    pub const SESSION_SECONDS: i64 = 180 * 86_400;

    /// `None` for a token that is unknown or expired, and for a disabled account.
    pub async fn viewer(&self, _token: &str) -> Result<Option<Viewer>> {
        unimplemented!()
    }

    /// Ends this session and cuts its sockets.
    pub async fn sign_out(&self, _viewer: &Viewer) -> Result<()> {
        unimplemented!()
    }
}
