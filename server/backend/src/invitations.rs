//! Invitations: permission, a random token (its hash stored), expiry and the outgoing mail in one transaction;
//! looking at a link (changes nothing), and joining by it (account, membership and session in one transaction).

mod accept;
mod invite;
mod link;
mod list;

use domain::{Email, InvitationId, Page, PageId, Refusal, Timestamp};
use uuid::Uuid;

pub use accept::Accepted;

use crate::{
    Backend, Result, Secret, Viewer,
    access::access,
    db::{Conn, execute, fetch_optional},
    mail::{self, Kind},
    outbox::{self, NewMail},
};

impl Backend {
    pub const INVITATION_SECONDS: i64 = 7 * 86_400;
    /// At most so many addresses at a time.
    pub const ADDRESSES: usize = 100;
}

/// A link and, if it is to be sent, the mail it is in. Made outside of the transaction.
struct Fresh {
    token: Secret,
    mail: NewMail,
}

/// From whom to what: the same for all addresses of one invitation.
struct Inviting<'a> {
    name: &'a str,
    email: &'a str,
    page: &'a str,
    note: &'a str,
}

impl Backend {
    fn fresh_invitation(&self, by: &Inviting<'_>, to: &Email, expires: Timestamp) -> Result<Fresh> {
        let token = self.0.random.token()?;
        let letter = mail::invitation(&mail::Invited {
            to,
            inviter: by.name,
            inviter_email: by.email,
            page: by.page,
            note: by.note,
            link: &self.invitation_link(&token),
            expires,
        });
        let mail = self.new_mail(Kind::Invitation, to, &letter)?;
        Ok(Fresh { token, mail })
    }

    fn invitation_link(&self, token: &Secret) -> String {
        format!("{}/invite/{}", self.0.settings.public_url, token.expose())
    }
}

/// An invitation as stored, whoever may see it.
struct Stored {
    id: InvitationId,
    page: PageId,
    email: Email,
    note: String,
    inviter: String,
    inviter_email: String,
    /// When it was made, or its link was last mailed anew.
    created: Timestamp,
    expires: Timestamp,
    revoked: bool,
    joined: bool,
    mail: Option<Uuid>,
}

#[derive(sqlx::FromRow)]
struct StoredRow {
    id: Uuid,
    page: Uuid,
    email: String,
    note: String,
    inviter: String,
    inviter_email: String,
    created: i64,
    expires: i64,
    revoked: Option<i64>,
    joined: Option<i64>,
    mail: Option<Uuid>,
}

impl TryFrom<StoredRow> for Stored {
    type Error = Refusal;
    fn try_from(row: StoredRow) -> Result<Self, Refusal> {
        Ok(Self {
            id: InvitationId(row.id),
            page: PageId(row.page),
            email: Email::parse(&row.email)?,
            note: row.note,
            inviter: row.inviter,
            inviter_email: row.inviter_email,
            created: Timestamp(row.created),
            expires: Timestamp(row.expires),
            revoked: row.revoked.is_some(),
            joined: row.joined.is_some(),
            mail: row.mail,
        })
    }
}

async fn find(conn: &mut Conn, id: InvitationId) -> Result<Option<Stored>> {
    let row: Option<StoredRow> = fetch_optional!(
        conn,
        "SELECT i.id, i.page, i.email, i.note, a.name AS inviter, a.email AS inviter_email,
           i.created, i.expires, i.revoked, i.joined, i.mail
         FROM invitations i JOIN accounts a ON a.id = i.invited_by
         WHERE i.id = $1",
        id.0
    )?;
    Ok(row.map(Stored::try_from).transpose()?)
}

/// The invitation and its page, for somebody who manages that page. `NotFound` to everybody else who is not on it.
async fn managed(conn: &mut Conn, viewer: &Viewer, id: InvitationId) -> Result<(Stored, Page)> {
    let stored = find(conn, id).await?.ok_or(Refusal::NotFound)?;
    let access = access(conn, viewer, stored.page).await?.manager()?;
    Ok((stored, access.page))
}

/// How a link gets to whoever is invited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    ByMail,
    ByHand,
}

async fn insert_link(
    conn: &mut Conn,
    token: &Secret,
    invitation: InvitationId,
    reached: Reached,
    now: Timestamp,
) -> Result<()> {
    execute!(
        conn,
        "INSERT INTO invitation_links (hash, invitation, created, copied) VALUES ($1, $2, $3, $4)",
        token.hash(),
        invitation.0,
        now.0,
        reached == Reached::ByHand
    )?;
    Ok(())
}

/// Takes back the mail that is waiting, if one is, and lets this one take its place.
async fn replace_mail(conn: &mut Conn, stored: &Stored, mail: &NewMail) -> Result<()> {
    if let Some(before) = stored.mail {
        outbox::cancel(conn, before).await?;
    }
    mail.insert(conn).await?;
    execute!(
        conn,
        "UPDATE invitations SET mail = $1 WHERE id = $2",
        mail.id.0,
        stored.id.0
    )?;
    Ok(())
}
