//! The inviter's and the admin's list of invitations.

use domain::{
    Email, Invitation, InvitationId, InvitationLife, MailState, PageId, Refusal, Timestamp,
};
use uuid::Uuid;

use crate::{Backend, Result, Viewer, access::access, accounts, db::fetch_all};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    page: Uuid,
    page_name: String,
    email: String,
    invited_by: String,
    created: i64,
    expires: i64,
    opened: Option<i64>,
    revoked: Option<i64>,
    joined: Option<i64>,
    joined_name: Option<String>,
    mail: Option<String>,
    said: Option<String>,
}

impl Row {
    fn at(self, now: Timestamp) -> Result<Invitation, Refusal> {
        let joined = self.joined.map(Timestamp);
        let life = InvitationLife {
            expires: Timestamp(self.expires),
            revoked: self.revoked.is_some(),
            opened: self.opened.map(Timestamp),
            joined: self.joined_name.zip(joined),
            mail: self
                .mail
                .as_deref()
                .and_then(MailState::parse)
                .unwrap_or(MailState::Waiting),
            said: self.said,
        };
        Ok(Invitation {
            id: InvitationId(self.id),
            page: PageId(self.page),
            page_name: self.page_name,
            email: Email::parse(&self.email)?,
            invited_by: self.invited_by,
            created: Timestamp(self.created),
            expires: life.expires,
            state: life.state(now),
        })
    }
}

/// `$which` is the condition that picks the page, if there is one.
macro_rules! rows {
    ($conn:expr, $which:literal $(, $bind:expr)*) => {
        fetch_all!(
            $conn,
            concat!(
                "SELECT i.id, i.page, p.name AS page_name, i.email, a.name AS invited_by,
                   i.created, i.expires, i.opened, i.revoked, i.joined, j.name AS joined_name,
                   m.state AS mail, m.said
                 FROM invitations i
                 JOIN pages p ON p.id = i.page AND p.deleted IS NULL
                 JOIN accounts a ON a.id = i.invited_by
                 LEFT JOIN accounts j ON j.id = i.joined_as
                 LEFT JOIN mails m ON m.id = i.mail ",
                $which,
                " ORDER BY i.created DESC, i.id DESC LIMIT 1000"
            )
            $(, $bind)*
        )
    };
}

impl Backend {
    /// Of one page (page admins), or of all (admins of the place), newest first, 1,000 at most.
    pub async fn invitations(
        &self,
        viewer: &Viewer,
        page: Option<PageId>,
    ) -> Result<Vec<Invitation>> {
        let mut conn = self.0.db.read().await?;
        let rows: Vec<Row> = if let Some(page) = page {
            access(&mut conn, viewer, page).await?.manager()?;
            rows!(conn, "WHERE i.page = $1", page.0)?
        } else {
            accounts::require_admin(&mut conn, viewer).await?;
            rows!(conn, "")?
        };
        let now = self.now();
        let invitations: Result<Vec<Invitation>, Refusal> =
            rows.into_iter().map(|row| row.at(now)).collect();
        Ok(invitations?)
    }
}
