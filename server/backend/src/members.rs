//! Membership: who is on a page, in which role, and taking it away.

use domain::{AccountId, Event, Member, Page, PageId, PageRole, Refusal, Timestamp, Topic};
use uuid::Uuid;

use crate::{
    Backend, Result, Viewer,
    access::access,
    db::{Conn, execute, fetch_all, fetch_one, fetch_optional},
    marks,
    recent::Members,
    writer::Tx,
};

impl Backend {
    /// For the hub's rights: asked at every subscribe and publish.
    pub async fn is_member(&self, account: AccountId, page: PageId) -> Result<bool> {
        let mut conn = self.0.db.read().await?;
        let row: Option<(i64,)> = fetch_optional!(
            conn,
            "SELECT m.joined FROM members m JOIN accounts a ON a.id = m.account
             WHERE m.page = $1 AND m.account = $2 AND NOT a.disabled",
            page.0,
            account.0
        )?;
        Ok(row.is_some())
    }

    /// All of them, by name. Members only, else `NotFound`.
    pub async fn members(&self, viewer: &Viewer, page: PageId) -> Result<Vec<Member>> {
        let mut conn = self.0.db.read().await?;
        access(&mut conn, viewer, page).await?.member()?;
        listed(&mut conn, page, i64::MAX).await
    }

    /// Page admins and admins of the place; everyone may remove themselves. Cuts their sockets on every node.
    pub async fn remove_member(
        &self,
        viewer: &Viewer,
        page: PageId,
        account: AccountId,
    ) -> Result<()> {
        may_change(&mut self.0.db.read().await?, viewer, page, account, true).await?;
        let (viewer, now) = (viewer.clone(), self.now());
        let work = self.0.db.write_page(page.0, move |tx| {
            let viewer = viewer.clone();
            Box::pin(async move {
                may_change(tx, &viewer, page, account, true).await?;
                execute!(
                    tx,
                    "DELETE FROM members WHERE page = $1 AND account = $2",
                    page.0,
                    account.0
                )?;
                marks::forget(tx, page, account).await?;
                count_change(tx, page).await?;
                tx.publish(Topic::Page(page), Event::Left { account });
                tx.publish(Topic::Account(account), Event::Removed { page });
                tx.cut(account, now);
                Ok(())
            })
        });
        work.await?;
        self.tell_marks(page);
        Ok(())
    }

    /// Page admins and admins of the place.
    pub async fn set_role(
        &self,
        viewer: &Viewer,
        page: PageId,
        account: AccountId,
        role: PageRole,
    ) -> Result<()> {
        may_change(&mut self.0.db.read().await?, viewer, page, account, false).await?;
        let viewer = viewer.clone();
        let work = self.0.db.write_page(page.0, move |tx| {
            let viewer = viewer.clone();
            Box::pin(async move {
                let member = may_change(tx, &viewer, page, account, false).await?;
                if member.role == role {
                    return Ok(());
                }
                execute!(
                    tx,
                    "UPDATE members SET role = $1 WHERE page = $2 AND account = $3",
                    role.as_str(),
                    page.0,
                    account.0
                )?;
                count_change(tx, page).await?;
                tx.publish(Topic::Page(page), Event::Role { account, role });
                Ok(())
            })
        });
        work.await
    }
}

/// The member, if this viewer may change or (with `leaving`, also oneself) remove them.
async fn may_change(
    conn: &mut Conn,
    viewer: &Viewer,
    page: PageId,
    account: AccountId,
    leaving: bool,
) -> Result<Member> {
    let access = access(conn, viewer, page).await?;
    if !(leaving && viewer.account == account) {
        access.manager()?;
    }
    find(conn, page, account)
        .await?
        .ok_or(Refusal::NotFound.into())
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    account: Uuid,
    name: String,
    role: String,
    joined: i64,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            account: AccountId(row.account),
            name: row.name,
            role: PageRole::parse(&row.role).unwrap_or(PageRole::Member),
            joined: Timestamp(row.joined),
        }
    }
}

/// This account as a member of this page, if it is one.
pub(crate) async fn find(
    conn: &mut Conn,
    page: PageId,
    account: AccountId,
) -> Result<Option<Member>> {
    let row: Option<MemberRow> = fetch_optional!(
        conn,
        "SELECT m.account, a.name, m.role, m.joined
         FROM members m JOIN accounts a ON a.id = m.account
         WHERE m.page = $1 AND m.account = $2",
        page.0,
        account.0
    )?;
    Ok(row.map(Member::from))
}

/// All of them, by name.
async fn listed(conn: &mut Conn, page: PageId, most: i64) -> Result<Vec<Member>> {
    let rows: Vec<MemberRow> = fetch_all!(
        conn,
        "SELECT m.account, a.name, m.role, m.joined
         FROM members m JOIN accounts a ON a.id = m.account
         WHERE m.page = $1 ORDER BY a.name, m.account LIMIT $2",
        page.0,
        most
    )?;
    Ok(rows.into_iter().map(Member::from).collect())
}

/// As many members as a first view lists.
const FIRST: i64 = 50;

/// The first members by name, and how many there are.
pub(crate) async fn first(conn: &mut Conn, page: PageId) -> Result<Members> {
    let (count,): (i64,) =
        fetch_one!(conn, "SELECT COUNT(*) FROM members WHERE page = $1", page.0)?;
    Ok((listed(conn, page, FIRST).await?, count as usize))
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
        "INSERT INTO members (page, account, role, joined, read_seq, delivered_seq)
         SELECT id, $2, $3, $4, counter, counter FROM pages WHERE id = $1
         ON CONFLICT (page, account) DO NOTHING",
        page.id.0,
        account.0,
        role.as_str(),
        now.0
    )?;
    if joined > 0 {
        count_change(tx, page.id).await?;
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

/// Whoever keeps the page's members in memory sees that they are others now.
async fn count_change(conn: &mut Conn, page: PageId) -> Result<()> {
    execute!(
        conn,
        "UPDATE pages SET roster = roster + 1 WHERE id = $1",
        page.0
    )?;
    Ok(())
}
