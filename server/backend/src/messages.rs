//! Messages: posted once however often they are sent, edited, read back, marked as read.

use domain::{Body, History, Message, MessageId, PageId};

use crate::{Backend, Result, Viewer};

impl Backend {
    /// Returns the message's number. Posting the same id again with the same author and page returns the first
    /// number and changes nothing; `IdTaken` if it is somebody else's. The event is published after the commit.
    pub async fn post_message(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _id: MessageId,
        _body: Body,
    ) -> Result<i64> {
        unimplemented!()
    }

    /// The author only. Returns the message in its new state.
    pub async fn edit_message(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _id: MessageId,
        _body: Body,
    ) -> Result<Message> {
        unimplemented!()
    }

    /// Up to `limit` (1–200) messages with `seq < before`, the newest of them, in order.
    /// `before: None` gives the newest.
    pub async fn messages_before(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _before: Option<i64>,
        _limit: u32,
    ) -> Result<History> {
        unimplemented!()
    }

    /// Up to `limit` (1–200) messages with `changed > after`, in the order of `changed`. When `more` is set,
    /// `counter` is the `changed` of the last one, so that asking again from `counter` continues.
    pub async fn messages_after(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _after: i64,
        _limit: u32,
    ) -> Result<History> {
        unimplemented!()
    }

    /// Moves my read mark forward, never back; tells my other devices.
    pub async fn mark_read(&self, _viewer: &Viewer, _page: PageId, _seq: i64) -> Result<()> {
        unimplemented!()
    }
}
