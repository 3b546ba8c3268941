//! Joining by an invitation's link.

use std::sync::Arc;

use domain::{AccountId, Page, PageRole, PersonName, Refusal, Timestamp};

use super::link::{Followed, follow};
use crate::{
    Backend, Result, SessionToken, Viewer,
    accounts::{self, Account},
    db::execute,
    members, sessions,
    writer::Tx,
};

pub struct Accepted {
    pub page: Page,
    /// A new session, unless the viewer's own goes on.
    pub session: Option<SessionToken>,
}

/// What somebody wants who presses `Join the page`. Ids and tokens are made before the transaction.
struct Joining {
    token: String,
    name: Option<PersonName>,
    viewer: Option<Viewer>,
    as_viewer: bool,
    account: AccountId,
    session: SessionToken,
    now: Timestamp,
}

impl Backend {
    /// Joins as the invited address (an existing account of it keeps its name, and must be signed in if the link was
    /// copied: such a link does not prove whose it is). If the viewer is signed in and
    /// `as_viewer` is set, the viewer's own account joins instead. A second use by the one who joined gives the page again.
    pub async fn accept_invitation(
        &self,
        token: &str,
        name: Option<PersonName>,
        viewer: Option<&Viewer>,
        as_viewer: bool,
    ) -> Result<Accepted> {
        let now = self.now();
        let mut conn = self.0.db.read().await?;
        let link = follow(&mut conn, token, now).await?;
        drop(conn);
        let page = link.ok_or(Refusal::LinkUnknown)?.page.id;
        let joining = Arc::new(Joining {
            token: token.to_owned(),
            name,
            viewer: viewer.cloned(),
            as_viewer,
            account: AccountId::new(now, self.0.random.id()?),
            session: self.0.random.token()?,
            now,
        });
        let accept = || {
            let joining = Arc::clone(&joining);
            self.0.db.write_page(page.0, move |tx| {
                let joining = Arc::clone(&joining);
                Box::pin(async move { joining.accept(tx).await })
            })
        };
        let (page, opened) = match accept().await {
            // The same address has just joined another page: now it has an account.
            Err(error) if error.is_unique_violation() => accept().await,
            done => done,
        }?;
        self.tell_marks(page.id);
        Ok(Accepted {
            page,
            session: opened.then(|| joining.session.clone()),
        })
    }
}

impl Joining {
    /// The page, and whether a session was opened.
    async fn accept(&self, tx: &mut Tx) -> Result<(Page, bool)> {
        let link = follow(tx, &self.token, self.now).await?;
        let link = link.ok_or(Refusal::LinkUnknown)?;
        if let Some(viewer) = &self.viewer
            && members::find(tx, link.page.id, viewer.account)
                .await?
                .is_some()
        {
            return Ok((link.page, false));
        }
        link.works()?;
        self.claim(tx, &link).await?;
        let (account, name) = self.account(tx, &link).await?;
        // Every invitation of this address to this page has come to its end with this one.
        execute!(
            tx,
            "UPDATE invitations SET joined = $1, joined_as = $2
             WHERE page = $3 AND email = $4 AND revoked IS NULL AND (joined IS NULL OR id = $5)",
            self.now.0,
            account.0,
            link.page.id.0,
            link.stored.email.as_str(),
            link.stored.id.0
        )?;
        members::join(tx, &link.page, account, &name, PageRole::Member, self.now).await?;
        let own = |viewer: &Viewer| viewer.account == account;
        if self.viewer.as_ref().is_some_and(own) {
            return Ok((link.page, false));
        }
        sessions::open(tx, &self.session, account, self.now).await?;
        Ok((link.page, true))
    }

    /// Of two who use one link at the same moment, on whatever nodes, one goes on.
    async fn claim(&self, tx: &mut Tx, link: &Followed) -> Result<()> {
        let claimed = execute!(
            tx,
            "UPDATE invitations SET joined = $1
             WHERE id = $2 AND joined IS NULL AND revoked IS NULL AND expires > $1",
            self.now.0,
            link.stored.id.0
        )?;
        if claimed == 0 {
            return Err(Refusal::LinkUnknown.into());
        }
        Ok(())
    }

    /// Who joins: the viewer, whoever has the invited address, or somebody new.
    async fn account(&self, tx: &mut Tx, link: &Followed) -> Result<(AccountId, String)> {
        let enabled = |account: Account| (!account.disabled).then_some((account.id, account.name));
        if self.as_viewer {
            let viewer = self.viewer.as_ref().ok_or(Refusal::SignedOut)?;
            let account = accounts::find(tx, viewer.account).await?;
            return Ok(account.and_then(enabled).ok_or(Refusal::SignedOut)?);
        }
        let email = &link.stored.email;
        if let Some(account) = accounts::find_by_email(tx, email).await? {
            let (id, name) = enabled(account).ok_or(Refusal::LinkUnknown)?;
            let is_viewer = self
                .viewer
                .as_ref()
                .is_some_and(|viewer| viewer.account == id);
            // Else whoever may copy a link could come in as anybody they invite.
            if link.copied && !is_viewer {
                return Err(Refusal::SignedOut.into());
            }
            return Ok((id, name));
        }
        let max = PersonName::MAX;
        let name = self.name.as_ref().ok_or(Refusal::Name { max })?;
        accounts::insert(tx, self.account, email, name, false, self.now).await?;
        Ok((self.account, name.as_str().to_owned()))
    }
}
