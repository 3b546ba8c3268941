//! What somebody may do on a page. Every lookup begins here; to strangers a page does not exist.

use domain::{Page, PageId, PageRole, Refusal};
use uuid::Uuid;

use crate::{
    Result, Viewer,
    db::{Conn, fetch_optional},
};

/// A page as this viewer stands to it, read at this moment: what a session remembers may be seconds old.
pub(crate) struct Access {
    pub(crate) page: Page,
    pub(crate) counter: i64,
    /// Counts the changes of its members.
    pub(crate) roster: i64,
    /// The viewer's role, if they are a member.
    pub(crate) role: Option<PageRole>,
    /// The number up to which the viewer has read.
    pub(crate) read: i64,
    /// The number up to which a device of the viewer has got the messages.
    pub(crate) delivered: i64,
    place_admin: bool,
}

#[derive(sqlx::FromRow)]
struct AccessRow {
    name: String,
    about: String,
    archived: Option<i64>,
    counter: i64,
    roster: i64,
    role: Option<String>,
    read_seq: Option<i64>,
    delivered_seq: Option<i64>,
    admin: bool,
}

#[derive(sqlx::FromRow)]
pub(crate) struct PageRow {
    id: Uuid,
    name: String,
    about: String,
    archived: Option<i64>,
}

impl From<PageRow> for Page {
    fn from(row: PageRow) -> Self {
        Self {
            id: PageId(row.id),
            name: row.name,
            about: row.about,
            archived: row.archived.is_some(),
        }
    }
}

/// `NotFound` unless the viewer is a member or an admin of the place.
pub(crate) async fn access(conn: &mut Conn, viewer: &Viewer, page: PageId) -> Result<Access> {
    let row: Option<AccessRow> = fetch_optional!(
        conn,
        "SELECT p.name, p.about, p.archived, p.counter, p.roster, m.role, m.read_seq,
           m.delivered_seq, a.admin
         FROM pages p
         JOIN accounts a ON a.id = $2
         LEFT JOIN members m ON m.page = p.id AND m.account = a.id
         WHERE p.id = $1 AND p.deleted IS NULL AND NOT a.disabled",
        page.0,
        viewer.account.0
    )?;
    let row = row.ok_or(Refusal::NotFound)?;
    let role = row.role.as_deref().and_then(PageRole::parse);
    if role.is_none() && !row.admin {
        return Err(Refusal::NotFound.into());
    }
    Ok(Access {
        page: Page {
            id: page,
            name: row.name,
            about: row.about,
            archived: row.archived.is_some(),
        },
        counter: row.counter,
        roster: row.roster,
        role,
        read: row.read_seq.unwrap_or(0),
        delivered: row.delivered_seq.unwrap_or(0),
        place_admin: row.admin,
    })
}

impl Access {
    /// Members only: admins of the place manage every page, but read only their own.
    pub(crate) fn member(self) -> Result<(Self, PageRole), Refusal> {
        let role = self.role.ok_or(Refusal::NotFound)?;
        Ok((self, role))
    }

    /// Invite, rename, remove.
    pub(crate) fn may_manage(&self) -> bool {
        self.place_admin || self.role == Some(PageRole::Admin)
    }

    pub(crate) fn manager(self) -> Result<Self, Refusal> {
        self.may_manage().then_some(self).ok_or(Refusal::AdminsOnly)
    }

    /// Archive, restore, delete.
    pub(crate) fn place_admin(self) -> Result<Self, Refusal> {
        self.place_admin.then_some(self).ok_or(Refusal::AdminsOnly)
    }

    pub(crate) fn open(self) -> Result<Self, Refusal> {
        (!self.page.archived)
            .then_some(self)
            .ok_or(Refusal::Archived)
    }
}
