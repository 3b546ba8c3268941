//! Inviting, and what the inviter does with an invitation afterwards.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    AddressList, Email, InvitationId, InviteOutcome, InviteVerdict, Note, PageId, Refusal,
    Timestamp, WrongAddress,
};
use uuid::Uuid;

use super::{Fresh, Inviting, Reached, find, insert_link, managed, replace_mail};
use crate::{
    Backend, Result, Viewer,
    access::access,
    accounts,
    db::{Conn, execute, fetch_optional},
    limits::Counted,
    outbox,
};

/// One address that is to be invited.
struct Prepared {
    id: InvitationId,
    fresh: Fresh,
}

impl Backend {
    /// Page admins and admins of the place. `addresses` as typed or pasted.
    pub async fn invite(
        &self,
        viewer: &Viewer,
        page: PageId,
        addresses: &str,
        note: Note,
    ) -> Result<InviteOutcome> {
        let now = self.now();
        let mut list = AddressList::parse(addresses);
        let mut conn = self.0.db.read().await?;
        let access = access(&mut conn, viewer, page).await?.manager()?.open()?;
        if list.good.len() > Self::ADDRESSES {
            let max = Self::ADDRESSES;
            return Err(Refusal::TooManyAddresses { max }.into());
        }
        if list.good.is_empty() && list.wrong.is_empty() {
            return Err(Refusal::Email("Please give an email address.".into()).into());
        }
        name_disabled(&mut conn, &mut list).await?;
        let mut fresh = Vec::new();
        for email in &list.good {
            if verdict(&mut conn, page, email, now).await? == InviteVerdict::Invited {
                fresh.push(email);
            }
        }
        drop(conn);
        self.count_invitations(viewer, &fresh, now)?;
        let by = Inviting {
            name: &viewer.name,
            email: &viewer.email,
            page: &access.page.name,
            note: note.as_str(),
        };
        let expires = now.plus_secs(Self::INVITATION_SECONDS);
        let mut prepared = BTreeMap::new();
        for email in fresh {
            let id = InvitationId::new(now, self.0.random.id()?);
            let fresh = self.fresh_invitation(&by, email, expires)?;
            prepared.insert(email.clone(), Prepared { id, fresh });
        }
        let all = Arc::new((viewer.clone(), list.good, prepared, note));
        let work = self.0.db.write_page(page.0, move |tx| {
            let all = Arc::clone(&all);
            Box::pin(async move {
                let (viewer, addresses, prepared, note) = &*all;
                lock(tx, page).await?;
                access_again(tx, viewer, page).await?;
                let mut verdicts = Vec::with_capacity(addresses.len());
                for email in addresses {
                    let mut verdict = verdict(tx, page, email, now).await?;
                    match prepared.get(email) {
                        Some(new) if verdict == InviteVerdict::Invited => {
                            insert(tx, viewer, page, email, note, new, now).await?;
                        }
                        // It has just become free: whoever asks again gets it.
                        None if verdict == InviteVerdict::Invited => {
                            verdict = InviteVerdict::AlreadyInvited;
                        }
                        _ => {}
                    }
                    verdicts.push((email.clone(), verdict));
                }
                Ok(verdicts)
            })
        });
        let addresses = work.await?;
        self.wake_outbox();
        Ok(InviteOutcome {
            addresses,
            wrong: list.wrong,
        })
    }

    /// A new link by mail; the ones before stop working; 7 days again.
    pub async fn resend_invitation(&self, viewer: &Viewer, id: InvitationId) -> Result<()> {
        let mut conn = self.0.db.read().await?;
        let (stored, page) = managed(&mut conn, viewer, id).await?;
        drop(conn);
        if page.archived {
            return Err(Refusal::Archived.into());
        }
        if stored.joined || stored.revoked {
            return Err(Refusal::LinkUnknown.into());
        }
        let now = self.now();
        self.count_invitations(viewer, &[&stored.email], now)?;
        let by = Inviting {
            name: &viewer.name,
            email: &viewer.email,
            page: &page.name,
            note: &stored.note,
        };
        let expires = now.plus_secs(Self::INVITATION_SECONDS);
        let fresh = self.fresh_invitation(&by, &stored.email, expires)?;
        let all = Arc::new((viewer.clone(), fresh));
        let work = self.0.db.write_page(page.id.0, move |tx| {
            let all = Arc::clone(&all);
            Box::pin(async move {
                let (viewer, fresh) = &*all;
                let (stored, _) = managed(tx, viewer, id).await?;
                if !renew(tx, id, now).await? {
                    return Err(Refusal::LinkUnknown.into());
                }
                execute!(
                    tx,
                    "DELETE FROM invitation_links WHERE invitation = $1",
                    id.0
                )?;
                insert_link(tx, &fresh.token, id, Reached::ByMail, now).await?;
                replace_mail(tx, &stored, &fresh.mail).await
            })
        });
        work.await?;
        self.wake_outbox();
        Ok(())
    }

    /// A further link for the same invitation, to be passed on by hand; the mailed one goes on working.
    pub async fn copy_invitation_link(&self, viewer: &Viewer, id: InvitationId) -> Result<String> {
        let token = self.0.random.token()?;
        let link = self.invitation_link(&token);
        let page = {
            let mut conn = self.0.db.read().await?;
            managed(&mut conn, viewer, id).await?.1
        };
        if page.archived {
            return Err(Refusal::Archived.into());
        }
        let (viewer, now) = (viewer.clone(), self.now());
        let work = self.0.db.write_page(page.id.0, move |tx| {
            let (viewer, token) = (viewer.clone(), token.clone());
            Box::pin(async move {
                let (stored, _) = managed(tx, &viewer, id).await?;
                if stored.joined || stored.revoked {
                    return Err(Refusal::LinkUnknown.into());
                }
                if stored.expires <= now {
                    return Err(Refusal::LinkExpired.into());
                }
                insert_link(tx, &token, id, Reached::ByHand, now).await
            })
        });
        work.await?;
        Ok(link)
    }

    /// Its links stop working at once, and its mail is taken back if it has not gone out.
    pub async fn revoke_invitation(&self, viewer: &Viewer, id: InvitationId) -> Result<()> {
        let page = {
            let mut conn = self.0.db.read().await?;
            managed(&mut conn, viewer, id).await?.1
        };
        let (viewer, now) = (viewer.clone(), self.now());
        let work = self.0.db.write_page(page.id.0, move |tx| {
            let viewer = viewer.clone();
            Box::pin(async move {
                let (stored, _) = managed(tx, &viewer, id).await?;
                execute!(
                    tx,
                    "UPDATE invitations SET revoked = $1
                     WHERE id = $2 AND joined IS NULL AND revoked IS NULL",
                    now.0,
                    id.0
                )?;
                match stored.mail {
                    Some(mail) => outbox::cancel(tx, mail).await,
                    None => Ok(()),
                }
            })
        });
        work.await
    }

    /// From an expired link: a new one goes to the invited address, at most once an hour. Revoked ones get none.
    /// The answer is the same whatever becomes of it.
    pub async fn ask_for_new_link(&self, token: &str) -> Result<()> {
        let now = self.now();
        let mut conn = self.0.db.read().await?;
        let Some(asked) = super::link::follow(&mut conn, token, now).await? else {
            return Ok(());
        };
        drop(conn);
        let stored = &asked.stored;
        let live = !stored.joined && !stored.revoked && !asked.page.archived;
        if !live || !asked.expired || now.secs_since(stored.created) < ASKED_EVERY {
            return Ok(());
        }
        let expires = now.plus_secs(Self::INVITATION_SECONDS);
        let by = Inviting {
            name: &stored.inviter,
            email: &stored.inviter_email,
            page: &asked.page.name,
            note: &stored.note,
        };
        let fresh = Arc::new(self.fresh_invitation(&by, &stored.email, expires)?);
        let (id, page, before) = (stored.id, stored.page, stored.mail);
        let work = self.0.db.write_page(page.0, move |tx| {
            let fresh = Arc::clone(&fresh);
            Box::pin(async move {
                lock(tx, page).await?;
                // Somebody else may have asked, or revoked it, in this moment.
                let stored = find(tx, id).await?.filter(|stored| stored.mail == before);
                let Some(stored) = stored else {
                    return Ok(());
                };
                if !renew(tx, id, now).await? {
                    return Ok(());
                }
                // Expired links stay known as such, but none of them comes back to life.
                execute!(
                    tx,
                    "UPDATE invitation_links SET created = $1 WHERE invitation = $2 AND created > $1",
                    now.minus_secs(Self::INVITATION_SECONDS).0,
                    id.0
                )?;
                insert_link(tx, &fresh.token, id, Reached::ByMail, now).await?;
                replace_mail(tx, &stored, &fresh.mail).await
            })
        });
        work.await?;
        self.wake_outbox();
        Ok(())
    }

    fn count_invitations(
        &self,
        viewer: &Viewer,
        addresses: &[&Email],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut counted: Vec<(Counted, u32)> = Vec::new();
        let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        counted.push((Counted::Inviting(viewer.account.0), count));
        let mut domains: BTreeMap<&str, u32> = BTreeMap::new();
        for email in addresses {
            counted.push((Counted::InvitedAddress(email.as_str().to_owned()), 1));
            *domains.entry(email.domain()).or_default() += 1;
        }
        let domain =
            |(domain, count): (&str, u32)| (Counted::InvitedDomain(domain.to_owned()), count);
        counted.extend(domains.into_iter().map(domain));
        self.0.limits.take_all(&counted, now)
    }
}

/// Seconds between two new links that were asked for.
const ASKED_EVERY: i64 = 3600;

/// Two admins on two nodes must not invite one address at the same moment.
async fn lock(conn: &mut Conn, page: PageId) -> Result<()> {
    execute!(
        conn,
        "UPDATE pages SET created = created WHERE id = $1",
        page.0
    )?;
    Ok(())
}

async fn access_again(conn: &mut Conn, viewer: &Viewer, page: PageId) -> Result<()> {
    access(conn, viewer, page).await?.manager()?.open()?;
    Ok(())
}

/// A link would lead them nowhere, and they would wonder why.
async fn name_disabled(conn: &mut Conn, list: &mut AddressList) -> Result<()> {
    for email in std::mem::take(&mut list.good) {
        let account = accounts::find_by_email(conn, &email).await?;
        if account.is_some_and(|account| account.disabled) {
            list.wrong.push(WrongAddress {
                text: email.into(),
                why: "This person's account is disabled.".into(),
            });
        } else {
            list.good.push(email);
        }
    }
    Ok(())
}

/// `Invited` is to say: may be.
async fn verdict(
    conn: &mut Conn,
    page: PageId,
    email: &Email,
    now: Timestamp,
) -> Result<InviteVerdict> {
    let member: Option<(i64,)> = fetch_optional!(
        conn,
        "SELECT m.joined FROM members m JOIN accounts a ON a.id = m.account
         WHERE m.page = $1 AND a.email = $2",
        page.0,
        email.as_str()
    )?;
    if member.is_some() {
        return Ok(InviteVerdict::AlreadyMember);
    }
    let open: Option<(Uuid,)> = fetch_optional!(
        conn,
        "SELECT i.id FROM invitations i LEFT JOIN mails m ON m.id = i.mail
         WHERE i.page = $1 AND i.email = $2 AND i.joined IS NULL AND i.revoked IS NULL
           AND i.expires > $3 AND (m.state IS NULL OR m.state NOT IN ('failed', 'cancelled'))
         LIMIT 1",
        page.0,
        email.as_str(),
        now.0
    )?;
    Ok(match open {
        Some(_) => InviteVerdict::AlreadyInvited,
        None => InviteVerdict::Invited,
    })
}

async fn insert(
    conn: &mut Conn,
    viewer: &Viewer,
    page: PageId,
    email: &Email,
    note: &Note,
    new: &Prepared,
    now: Timestamp,
) -> Result<()> {
    new.fresh.mail.insert(conn).await?;
    execute!(
        conn,
        "INSERT INTO invitations (id, page, email, note, invited_by, created, expires, mail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id.0,
        page.0,
        email.as_str(),
        note.as_str(),
        viewer.account.0,
        now.0,
        now.plus_secs(Backend::INVITATION_SECONDS).0,
        new.fresh.mail.id.0
    )?;
    insert_link(conn, &new.fresh.token, new.id, Reached::ByMail, now).await
}

/// Seven days again. False if it has been used or revoked.
async fn renew(conn: &mut Conn, id: InvitationId, now: Timestamp) -> Result<bool> {
    let renewed = execute!(
        conn,
        "UPDATE invitations SET created = $1, expires = $2, opened = NULL
         WHERE id = $3 AND joined IS NULL AND revoked IS NULL",
        now.0,
        now.plus_secs(Backend::INVITATION_SECONDS).0,
        id.0
    )?;
    Ok(renewed > 0)
}
