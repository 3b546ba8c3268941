//! Accounts as stored: rows in, domain types out.

use domain::{AccountId, Email, PersonName, Refusal, Timestamp};
use uuid::Uuid;

use crate::{
    Result, Viewer,
    db::{Conn, execute, fetch_optional},
};

/// An account as other modules need it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) admin: bool,
    pub(crate) disabled: bool,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: Uuid,
    name: String,
    email: String,
    admin: bool,
    disabled: bool,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: AccountId(row.id),
            name: row.name,
            email: row.email,
            admin: row.admin,
            disabled: row.disabled,
        }
    }
}

pub(crate) async fn find(conn: &mut Conn, id: AccountId) -> Result<Option<Account>> {
    let row: Option<AccountRow> = fetch_optional!(
        conn,
        "SELECT id, name, email, admin, disabled FROM accounts WHERE id = $1",
        id.0
    )?;
    Ok(row.map(Account::from))
}

pub(crate) async fn find_by_email(conn: &mut Conn, email: &Email) -> Result<Option<Account>> {
    let row: Option<AccountRow> = fetch_optional!(
        conn,
        "SELECT id, name, email, admin, disabled FROM accounts WHERE email = $1",
        email.as_str()
    )?;
    Ok(row.map(Account::from))
}

/// A new account. Fails with a unique violation if the address has one.
pub(crate) async fn insert(
    conn: &mut Conn,
    id: AccountId,
    email: &Email,
    name: &PersonName,
    admin: bool,
    now: Timestamp,
) -> Result<()> {
    execute!(
        conn,
        "INSERT INTO accounts (id, email, name, admin, created) VALUES ($1, $2, $3, $4, $5)",
        id.0,
        email.as_str(),
        name.as_str(),
        admin,
        now.0
    )?;
    Ok(())
}

/// `AdminsOnly` unless the viewer is an admin of the place at this moment.
pub(crate) async fn require_admin(conn: &mut Conn, viewer: &Viewer) -> Result<()> {
    match find(conn, viewer.account).await? {
        Some(account) if account.admin && !account.disabled => Ok(()),
        _ => Err(Refusal::AdminsOnly.into()),
    }
}
