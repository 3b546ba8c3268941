//! The admin's view of people, and one's own profile.

use std::collections::HashMap;

use domain::{AccountId, AccountSummary, Event, PageId, PersonName, Refusal, Timestamp, Topic};
use uuid::Uuid;

use crate::{
    Backend, Result, Viewer, accounts,
    db::{execute, fetch_all, fetch_one},
    writer::Tx,
};

impl Backend {
    /// Admins of the place only.
    pub async fn people(&self, viewer: &Viewer) -> Result<Vec<AccountSummary>> {
        let mut conn = self.0.db.read().await?;
        accounts::require_admin(&mut conn, viewer).await?;
        let rows: Vec<PersonRow> = fetch_all!(
            conn,
            "SELECT id, name, email, admin, disabled, last_seen FROM accounts ORDER BY name, id"
        )?;
        let memberships: Vec<(Uuid, Uuid, String)> = fetch_all!(
            conn,
            "SELECT m.account, p.id, p.name FROM members m JOIN pages p ON p.id = m.page
             ORDER BY p.name, p.id"
        )?;
        let mut pages: HashMap<Uuid, Vec<(PageId, String)>> = HashMap::new();
        for (account, page, name) in memberships {
            pages.entry(account).or_default().push((PageId(page), name));
        }
        let summary = |row: PersonRow| AccountSummary {
            id: AccountId(row.id),
            name: row.name,
            email: row.email,
            admin: row.admin,
            disabled: row.disabled,
            last_seen: row.last_seen.map(Timestamp),
            pages: pages.remove(&row.id).unwrap_or_default(),
        };
        Ok(rows.into_iter().map(summary).collect())
    }

    /// Admins of the place only. The last admin cannot be unmade.
    pub async fn set_admin(&self, viewer: &Viewer, account: AccountId, admin: bool) -> Result<()> {
        accounts::require_admin(&mut self.0.db.read().await?, viewer).await?;
        let viewer = viewer.clone();
        let work = self.0.db.write(move |tx| {
            let viewer = viewer.clone();
            Box::pin(async move {
                lock_admins(tx).await?;
                accounts::require_admin(tx, &viewer).await?;
                let found = execute!(
                    tx,
                    "UPDATE accounts SET admin = $1 WHERE id = $2",
                    admin,
                    account.0
                )?;
                if found == 0 {
                    return Err(Refusal::NotFound.into());
                }
                keep_an_admin(tx).await?;
                tx.forget(account);
                Ok(())
            })
        });
        work.await
    }

    /// Admins of the place only. Disabling ends every session and cuts the sockets; memberships stay.
    pub async fn set_disabled(
        &self,
        viewer: &Viewer,
        account: AccountId,
        disabled: bool,
    ) -> Result<()> {
        accounts::require_admin(&mut self.0.db.read().await?, viewer).await?;
        let (viewer, now) = (viewer.clone(), self.now());
        let work = self.0.db.write(move |tx| {
            let viewer = viewer.clone();
            Box::pin(async move {
                lock_admins(tx).await?;
                accounts::require_admin(tx, &viewer).await?;
                let found = execute!(
                    tx,
                    "UPDATE accounts SET disabled = $1 WHERE id = $2",
                    disabled,
                    account.0
                )?;
                if found == 0 {
                    return Err(Refusal::NotFound.into());
                }
                keep_an_admin(tx).await?;
                if disabled {
                    end_sessions(tx, account, now).await?;
                }
                Ok(())
            })
        });
        work.await
    }

    /// One's own account, or an admin of the place for anyone.
    pub async fn sign_out_everywhere(&self, viewer: &Viewer, account: AccountId) -> Result<()> {
        if viewer.account != account {
            let mut conn = self.0.db.read().await?;
            accounts::require_admin(&mut conn, viewer).await?;
            let known = accounts::find(&mut conn, account).await?;
            known.ok_or(Refusal::NotFound)?;
        }
        let now = self.now();
        let work = self
            .0
            .db
            .write(move |tx| Box::pin(async move { end_sessions(tx, account, now).await }));
        work.await
    }

    pub async fn rename_me(&self, viewer: &Viewer, name: PersonName) -> Result<()> {
        let account = viewer.account;
        let work = self.0.db.write(move |tx| {
            let name = name.clone();
            Box::pin(async move {
                execute!(
                    tx,
                    "UPDATE accounts SET name = $1 WHERE id = $2",
                    name.as_str(),
                    account.0
                )?;
                tx.forget(account);
                Ok(())
            })
        });
        work.await
    }
}

/// Sessions, links and codes to come in by, and live sockets.
async fn end_sessions(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<()> {
    execute!(tx, "DELETE FROM sessions WHERE account = $1", account.0)?;
    execute!(tx, "DELETE FROM sign_ins WHERE account = $1", account.0)?;
    tx.publish(Topic::Account(account), Event::SignedOut);
    tx.cut(account, now);
    Ok(())
}

/// Two admins who unmake each other at the same moment must not both succeed: PostgreSQL runs writers side by
/// side, so each of them takes this row first.
async fn lock_admins(tx: &mut Tx) -> Result<()> {
    execute!(tx, "UPDATE place SET set_up = set_up WHERE one = 1")?;
    Ok(())
}

async fn keep_an_admin(tx: &mut Tx) -> Result<()> {
    let (admins,): (i64,) = fetch_one!(
        tx,
        "SELECT COUNT(*) FROM accounts WHERE admin AND NOT disabled"
    )?;
    if admins == 0 {
        return Err(Refusal::LastAdmin.into());
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    id: Uuid,
    name: String,
    email: String,
    admin: bool,
    disabled: bool,
    last_seen: Option<i64>,
}
