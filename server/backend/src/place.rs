//! The place itself: its name, and its first start by a link that works once.

use domain::{Email, PageName, PersonName};

use crate::{Backend, Result, SessionToken};

impl Backend {
    /// The place's name, once it is set up.
    pub async fn place_name(&self) -> Result<Option<String>> {
        unimplemented!()
    }

    /// A new set-up link (the ones before stop working); `None` when the place is set up.
    pub async fn setup_link(&self) -> Result<Option<String>> {
        unimplemented!()
    }

    /// Whether this set-up token works. Refused with `SetUpAlready` or `LinkUnknown`.
    pub async fn check_setup(&self, _token: &str) -> Result<()> {
        unimplemented!()
    }

    /// Makes the place, its first admin and their session, in one transaction.
    pub async fn set_up(
        &self,
        _token: &str,
        _place: PageName,
        _name: PersonName,
        _email: Email,
    ) -> Result<SessionToken> {
        unimplemented!()
    }
}
