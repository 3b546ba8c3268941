//! Membership: who is on a page, in which role, and taking it away.

use domain::{AccountId, PageId, PageRole};

use crate::{Backend, Result, Viewer};

impl Backend {
    /// For the hub's rights: asked at every subscribe and publish.
    pub async fn is_member(&self, _account: AccountId, _page: PageId) -> Result<bool> {
        unimplemented!()
    }

    /// Page admins and admins of the place; everyone may remove themselves. Cuts their sockets on every node.
    pub async fn remove_member(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _account: AccountId,
    ) -> Result<()> {
        unimplemented!()
    }

    /// Page admins and admins of the place.
    pub async fn set_role(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _account: AccountId,
        _role: PageRole,
    ) -> Result<()> {
        unimplemented!()
    }
}
