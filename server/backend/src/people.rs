//! The admin's view of people, and one's own profile.

use domain::{AccountId, AccountSummary, PersonName};

use crate::{Backend, Result, Viewer};

impl Backend {
    /// Admins of the place only.
    pub async fn people(&self, _viewer: &Viewer) -> Result<Vec<AccountSummary>> {
        unimplemented!()
    }

    /// Admins of the place only. The last admin cannot be unmade.
    pub async fn set_admin(
        &self,
        _viewer: &Viewer,
        _account: AccountId,
        _admin: bool,
    ) -> Result<()> {
        unimplemented!()
    }

    /// Admins of the place only. Disabling ends every session and cuts the sockets; memberships stay.
    pub async fn set_disabled(
        &self,
        _viewer: &Viewer,
        _account: AccountId,
        _disabled: bool,
    ) -> Result<()> {
        unimplemented!()
    }

    /// One's own account, or an admin of the place for anyone.
    pub async fn sign_out_everywhere(&self, _viewer: &Viewer, _account: AccountId) -> Result<()> {
        unimplemented!()
    }

    pub async fn rename_me(&self, _viewer: &Viewer, _name: PersonName) -> Result<()> {
        unimplemented!()
    }
}
