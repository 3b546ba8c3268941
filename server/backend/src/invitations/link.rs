//! Following an invitation's link: what it shows, and that a person has it open.

use domain::{AccountId, InvitationId, InvitationView, Page, Refusal, Timestamp, initials};
use uuid::Uuid;

use super::{Stored, find};
use crate::{
    Backend, Result, Secret, Viewer,
    access::PageRow,
    accounts,
    db::{Conn, execute, fetch_all, fetch_optional},
    members,
};

/// Faces on an invitation, at most.
const FACES: i64 = 8;

/// What a link leads to. Its page is there.
pub(super) struct Followed {
    pub(super) stored: Stored,
    pub(super) page: Page,
    pub(super) expired: bool,
    /// Passed on by hand, so that whoever has it need not read the invited address.
    pub(super) copied: bool,
}

/// `None` if no invitation has this link.
pub(super) async fn follow(
    conn: &mut Conn,
    token: &str,
    now: Timestamp,
) -> Result<Option<Followed>> {
    let hash = Secret::new(token.to_owned()).hash();
    let link: Option<(Uuid, i64, bool)> = fetch_optional!(
        conn,
        "SELECT invitation, created, copied FROM invitation_links WHERE hash = $1",
        hash
    )?;
    let Some((id, created, copied)) = link else {
        return Ok(None);
    };
    let Some(stored) = find(conn, InvitationId(id)).await? else {
        return Ok(None);
    };
    let page: Option<PageRow> = fetch_optional!(
        conn,
        "SELECT id, name, about, archived FROM pages WHERE id = $1 AND deleted IS NULL",
        stored.page.0
    )?;
    let Some(page) = page else {
        return Ok(None);
    };
    // A link lives no longer than its invitation, nor than one that is renewed: see `ask_for_new_link`.
    let link_expires = Timestamp(created).plus_secs(Backend::INVITATION_SECONDS);
    Ok(Some(Followed {
        expired: now >= stored.expires || now >= link_expires,
        copied,
        stored,
        page: page.into(),
    }))
}

impl Followed {
    /// Why nobody can join by it now, if so.
    pub(super) fn works(&self) -> Result<(), Refusal> {
        if self.stored.joined || self.stored.revoked || self.page.archived {
            return Err(Refusal::LinkUnknown);
        }
        if self.expired {
            return Err(Refusal::LinkExpired);
        }
        Ok(())
    }
}

impl Backend {
    /// What the link shows to this viewer. Changes nothing.
    pub async fn invitation_view(
        &self,
        token: &str,
        viewer: Option<&Viewer>,
    ) -> Result<InvitationView> {
        let mut conn = self.0.db.read().await?;
        let Some(link) = follow(&mut conn, token, self.now()).await? else {
            return Ok(InvitationView::Gone);
        };
        if let Some(viewer) = viewer
            && members::find(&mut conn, link.page.id, viewer.account)
                .await?
                .is_some()
        {
            return Ok(InvitationView::Member { page: link.page });
        }
        match link.works() {
            Err(Refusal::LinkExpired) => return Ok(InvitationView::Expired),
            Err(_) => return Ok(InvitationView::Gone),
            Ok(()) => {}
        }
        let known = accounts::find_by_email(&mut conn, &link.stored.email).await?;
        if known.as_ref().is_some_and(|account| account.disabled) {
            return Ok(InvitationView::Gone);
        }
        let faces: Vec<(Uuid, String)> = fetch_all!(
            conn,
            "SELECT m.account, a.name FROM members m JOIN accounts a ON a.id = m.account
             WHERE m.page = $1 ORDER BY m.joined, m.account LIMIT $2",
            link.page.id.0,
            FACES
        )?;
        let face = |(account, name): (Uuid, String)| (AccountId(account), initials(&name));
        let other = viewer.filter(|viewer| viewer.email != link.stored.email.as_str());
        Ok(InvitationView::Open {
            page_name: link.page.name,
            page: link.page.id,
            invited_by: link.stored.inviter,
            note: link.stored.note,
            members: faces.into_iter().map(face).collect(),
            email: link.stored.email,
            signed_in_as: other.map(Viewer::identity),
            known_name: known.map(|account| account.name),
            expires: link.stored.expires,
        })
    }

    /// A person (a browser that runs scripts) has it open: noted once. Unknown tokens are passed over in silence.
    pub async fn note_invitation_opened(&self, token: &str) -> Result<()> {
        let now = self.now();
        let mut conn = self.0.db.read().await?;
        let link = follow(&mut conn, token, now).await?;
        drop(conn);
        let Some(link) = link.filter(|link| link.works().is_ok()) else {
            return Ok(());
        };
        let id = link.stored.id;
        let work = self.0.db.write(move |tx| {
            Box::pin(async move {
                execute!(
                    tx,
                    "UPDATE invitations SET opened = $1 WHERE id = $2 AND opened IS NULL",
                    now.0,
                    id.0
                )
            })
        });
        work.await.map(drop)
    }
}
