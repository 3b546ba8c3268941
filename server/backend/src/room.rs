//! The first view of a page, read in one go.

use domain::{PageId, Room};

use crate::{Backend, Result, Viewer};

impl Backend {
    /// Members only, else `NotFound`. The history holds the newest 50 messages, and reaches further back
    /// (20 before the first unread one, 500 in all at most) when there are unread ones.
    pub async fn room(&self, _viewer: &Viewer, _page: PageId) -> Result<Room> {
        unimplemented!()
    }
}
