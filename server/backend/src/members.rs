//! Membership: who is on a page, in which role, and taking it away.

use domain::{AccountId, Event, Member, Page, PageId, PageRole, Timestamp, Topic};

use crate::{
    Backend, Result, Viewer,
    db::{Conn, execute, fetch_optional},
    writer::Tx,
};

impl Backend {
    /// For the hub's rights: asked at every subscribe and publish.
    pub async fn is_member(&self, _account: AccountId, _page: PageId) -> Result<bool> {
        unimplemented!()
    }

    /// Page admins and admins of the place; everyone may remove themselves. Cuts their sockets on every node.
    pub async fn remove_member(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _account: AccountId,
    ) -> Result<()> {
        unimplemented!()
    }

    /// Page admins and admins of the place.
    pub async fn set_role(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _account: AccountId,
        _role: PageRole,
    ) -> Result<()> {
        unimplemented!()
    }
}

/// This account's role on this page, if it is a member.
pub(crate) async fn role(
    conn: &mut Conn,
    page: PageId,
    account: AccountId,
) -> Result<Option<PageRole>> {
    let row: Option<(String,)> = fetch_optional!(
        conn,
        "SELECT role FROM members WHERE page = $1 AND account = $2",
        page.0,
        account.0
    )?;
    Ok(row.and_then(|(role,)| PageRole::parse(&role)))
}

/// Makes the account a member and tells the page and the account. Nothing happens if it is one already.
/// What was said before is read: a newcomer begins without unread messages.
pub(crate) async fn join(
    tx: &mut Tx,
    page: &Page,
    account: AccountId,
    name: &str,
    role: PageRole,
    now: Timestamp,
) -> Result<()> {
    let joined = execute!(
        tx,
        "INSERT INTO members (page, account, role, joined, read_seq)
         SELECT id, $2, $3, $4, counter FROM pages WHERE id = $1
         ON CONFLICT (page, account) DO NOTHING",
        page.id.0,
        account.0,
        role.as_str(),
        now.0
    )?;
    if joined > 0 {
        let member = Member {
            account,
            name: name.to_owned(),
            role,
            joined: now,
        };
        tx.publish(Topic::Page(page.id), Event::Joined(member));
        tx.publish(Topic::Account(account), Event::Added { page: page.clone() });
    }
    Ok(())
}
