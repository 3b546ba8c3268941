//! Pages: made, renamed, archived, deleted; the lists of them.

use domain::{About, Page, PageId, PageListing, PageName, PageSummary};

use crate::{Backend, Result, Viewer};

impl Backend {
    /// Admins of the place only. The maker is the page's first member and its admin.
    pub async fn create_page(
        &self,
        _viewer: &Viewer,
        _name: PageName,
        _about: About,
    ) -> Result<Page> {
        unimplemented!()
    }

    /// Page admins and admins of the place. Everyone on the page sees it at once.
    pub async fn update_page(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _name: PageName,
        _about: About,
    ) -> Result<Page> {
        unimplemented!()
    }

    /// An archived page is read only. Admins of the place only.
    pub async fn archive_page(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _archived: bool,
    ) -> Result<Page> {
        unimplemented!()
    }

    /// For good. `typed` must be the page's name. Admins of the place only.
    pub async fn delete_page(&self, _viewer: &Viewer, _page: PageId, _typed: &str) -> Result<()> {
        unimplemented!()
    }

    /// The sidebar: pages I am a member of, the latest activity first; archived ones last.
    pub async fn my_pages(&self, _viewer: &Viewer) -> Result<Vec<PageListing>> {
        unimplemented!()
    }

    /// The admin's table: every page of the place. Admins of the place only.
    pub async fn page_summaries(&self, _viewer: &Viewer) -> Result<Vec<PageSummary>> {
        unimplemented!()
    }
}
