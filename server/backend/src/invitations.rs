//! Invitations: permission, a random token (its hash stored), expiry and the outgoing mail in one transaction;
//! looking at a link (changes nothing), and joining by it (account, membership and session in one transaction).

use domain::{
    Invitation, InvitationId, InvitationView, InviteOutcome, Note, Page, PageId, PersonName,
};

use crate::{Backend, Result, SessionToken, Viewer};

pub struct Accepted {
    pub page: Page,
    /// A new session, unless the viewer's own goes on.
    pub session: Option<SessionToken>,
}

impl Backend {
    pub const INVITATION_SECONDS: i64 = 7 * 86_400;
    /// At most so many addresses at a time.
    pub const ADDRESSES: usize = 100;

    /// Page admins and admins of the place. `addresses` as typed or pasted.
    pub async fn invite(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _addresses: &str,
        _note: Note,
    ) -> Result<InviteOutcome> {
        unimplemented!()
    }

    /// Of one page (page admins), or of all (admins of the place), newest first.
    pub async fn invitations(
        &self,
        _viewer: &Viewer,
        _page: Option<PageId>,
    ) -> Result<Vec<Invitation>> {
        unimplemented!()
    }

    /// A new link by mail; the ones before stop working; 7 days again.
    pub async fn resend_invitation(&self, _viewer: &Viewer, _id: InvitationId) -> Result<()> {
        unimplemented!()
    }

    /// A further link for the same invitation, to be passed on by hand; the mailed one goes on working.
    pub async fn copy_invitation_link(
        &self,
        _viewer: &Viewer,
        _id: InvitationId,
    ) -> Result<String> {
        unimplemented!()
    }

    pub async fn revoke_invitation(&self, _viewer: &Viewer, _id: InvitationId) -> Result<()> {
        unimplemented!()
    }

    /// What the link shows to this viewer. Changes nothing.
    pub async fn invitation_view(
        &self,
        _token: &str,
        _viewer: Option<&Viewer>,
    ) -> Result<InvitationView> {
        unimplemented!()
    }

    /// A person (a browser that runs scripts) has it open: noted once. Unknown tokens are passed over in silence.
    pub async fn note_invitation_opened(&self, _token: &str) -> Result<()> {
        unimplemented!()
    }

    /// Joins as the invited address (an existing account of it keeps its name). If the viewer is signed in and
    /// `as_viewer` is set, the viewer's own account joins instead. A second use by the one who joined gives the page again.
    pub async fn accept_invitation(
        &self,
        _token: &str,
        _name: Option<PersonName>,
        _viewer: Option<&Viewer>,
        _as_viewer: bool,
    ) -> Result<Accepted> {
        unimplemented!()
    }

    /// From an expired link: a new one goes to the invited address, at most once an hour. Revoked ones get none.
    pub async fn ask_for_new_link(&self, _token: &str) -> Result<()> {
        unimplemented!()
    }
}
