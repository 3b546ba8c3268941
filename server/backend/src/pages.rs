//! Pages: made, renamed, archived, deleted; the lists of them.

use domain::{
    About, CallLog, Event, Page, PageId, PageListing, PageName, PageRole, PageSummary, Refusal,
    Timestamp, Topic,
};
use uuid::Uuid;

use crate::{
    Backend, Result, Viewer,
    access::{PageRow, access},
    accounts,
    db::{execute, fetch_all, fetch_optional},
    images, members, outbox,
};

/// Messages, or marks, deleted in one transaction: others who write wait for it.
const CLEARED: i64 = 5_000;

impl Backend {
    /// Admins of the place only. The maker is the page's first member and its admin.
    pub async fn create_page(&self, viewer: &Viewer, name: PageName, about: About) -> Result<Page> {
        accounts::require_admin(&mut self.0.db.read().await?, viewer).await?;
        let now = self.now();
        let page = Page {
            id: PageId::new(now, self.0.random.id()?),
            name: name.into(),
            about: about.into(),
            archived: false,
        };
        let work = {
            let (page, viewer) = (page.clone(), viewer.clone());
            self.0.db.write(move |tx| {
                let (page, viewer) = (page.clone(), viewer.clone());
                Box::pin(async move {
                    accounts::require_admin(tx, &viewer).await?;
                    execute!(
                        tx,
                        "INSERT INTO pages (id, name, about, created, created_by, activity)
                         VALUES ($1, $2, $3, $4, $5, $4)",
                        page.id.0,
                        &page.name,
                        &page.about,
                        now.0,
                        viewer.account.0
                    )?;
                    let (account, role) = (viewer.account, PageRole::Admin);
                    members::join(tx, &page, account, &viewer.name, role, now).await
                })
            })
        };
        work.await?;
        Ok(page)
    }

    /// Page admins and admins of the place. Everyone on the page sees it at once.
    pub async fn update_page(
        &self,
        viewer: &Viewer,
        page: PageId,
        name: PageName,
        about: About,
    ) -> Result<Page> {
        access(&mut self.0.db.read().await?, viewer, page)
            .await?
            .manager()?;
        let viewer = viewer.clone();
        let work = self.0.db.write_page(page.0, move |tx| {
            let (viewer, name, about) = (viewer.clone(), name.clone(), about.clone());
            Box::pin(async move {
                let access = access(tx, &viewer, page).await?.manager()?;
                execute!(
                    tx,
                    "UPDATE pages SET name = $1, about = $2 WHERE id = $3",
                    name.as_str(),
                    about.as_str(),
                    page.0
                )?;
                let page = Page {
                    name: name.into(),
                    about: about.into(),
                    ..access.page
                };
                tx.publish(Topic::Page(page.id), Event::Page(page.clone()));
                Ok(page)
            })
        });
        work.await
    }

    /// An archived page is read only. Admins of the place only.
    pub async fn archive_page(
        &self,
        viewer: &Viewer,
        page: PageId,
        archived: bool,
    ) -> Result<Page> {
        access(&mut self.0.db.read().await?, viewer, page)
            .await?
            .place_admin()?;
        let (viewer, now) = (viewer.clone(), self.now());
        let work = self.0.db.write_page(page.0, move |tx| {
            let viewer = viewer.clone();
            Box::pin(async move {
                let access = access(tx, &viewer, page).await?.place_admin()?;
                if access.page.archived == archived {
                    return Ok(access.page);
                }
                execute!(
                    tx,
                    "UPDATE pages SET archived = $1 WHERE id = $2",
                    archived.then_some(now.0),
                    page.0
                )?;
                let page = Page {
                    archived,
                    ..access.page
                };
                tx.publish(Topic::Page(page.id), Event::Page(page.clone()));
                Ok(page)
            })
        });
        work.await
    }

    /// For good. `typed` must be the page's name. Admins of the place only.
    pub async fn delete_page(&self, viewer: &Viewer, page: PageId, typed: &str) -> Result<()> {
        let found = access(&mut self.0.db.read().await?, viewer, page)
            .await?
            .place_admin()?;
        if found.page.name != typed.trim() {
            return Err(Refusal::NameDoesNotMatch.into());
        }
        let (viewer, now, typed) = (viewer.clone(), self.now(), typed.trim().to_owned());
        let work = self.0.db.write_page(page.0, move |tx| {
            let (viewer, typed) = (viewer.clone(), typed.clone());
            Box::pin(async move {
                let found = access(tx, &viewer, page).await?.place_admin()?;
                if found.page.name != typed {
                    return Err(Refusal::NameDoesNotMatch.into());
                }
                execute!(
                    tx,
                    "UPDATE pages SET deleted = $1 WHERE id = $2",
                    now.0,
                    page.0
                )?;
                let members: Vec<(Uuid,)> = fetch_all!(
                    tx,
                    "DELETE FROM members WHERE page = $1 RETURNING account",
                    page.0
                )?;
                outbox::cancel_invitations(tx, page).await?;
                execute!(tx, "DELETE FROM invitations WHERE page = $1", page.0)?;
                tx.publish(Topic::Page(page), Event::Deleted { page });
                for (member,) in members {
                    let topic = Topic::Account(domain::AccountId(member));
                    tx.publish(topic, Event::Removed { page });
                }
                Ok(())
            })
        });
        work.await?;
        self.clear_deleted_pages().await?;
        self.0.images.freed.notify_one();
        Ok(())
    }

    /// Takes away what deleted pages have left, in steps that let others write in between.
    pub(crate) async fn clear_deleted_pages(&self) -> Result<()> {
        loop {
            let mut conn = self.0.db.read().await?;
            let page: Option<(Uuid, Option<i64>, bool, bool)> = fetch_optional!(
                conn,
                "SELECT p.id, (SELECT MIN(m.seq) FROM messages m WHERE m.page = p.id),
                   EXISTS (SELECT 1 FROM marks k WHERE k.page = p.id),
                   EXISTS (SELECT 1 FROM images i WHERE i.page = p.id)
                 FROM pages p WHERE p.deleted IS NOT NULL ORDER BY p.id LIMIT 1"
            )?;
            drop(conn);
            let Some((page, first, marked, shown)) = page else {
                return Ok(());
            };
            let now = self.now();
            let work = self.0.db.write_page(page, move |tx| {
                Box::pin(async move {
                    if shown {
                        return images::forget_of(tx, page, CLEARED, now).await;
                    }
                    match first {
                        Some(first) => execute!(
                            tx,
                            "DELETE FROM messages WHERE page = $1 AND seq < $2",
                            page,
                            first + CLEARED
                        ),
                        None if marked => execute!(
                            tx,
                            "DELETE FROM marks WHERE page = $1 AND (account, kind, seq) IN
                               (SELECT account, kind, seq FROM marks WHERE page = $1 LIMIT $2)",
                            page,
                            CLEARED
                        ),
                        None => execute!(
                            tx,
                            "DELETE FROM pages WHERE id = $1 AND deleted IS NOT NULL",
                            page
                        ),
                    }
                })
            });
            work.await?;
        }
    }

    /// The sidebar: pages I am a member of, the latest activity first; archived ones last.
    pub async fn my_pages(&self, viewer: &Viewer) -> Result<Vec<PageListing>> {
        let mut conn = self.0.db.read().await?;
        // The unread ones are counted among the first 1,000 behind the mark: more is shown as "99+" anyway.
        let rows: Vec<ListingRow> = fetch_all!(
            conn,
            "SELECT p.id, p.name, p.about, p.archived, p.counter, m.read_seq, l.body, l.image_count, l.at,
               CASE WHEN l.deleted IS NULL THEN l.call END AS call,
               w.name AS author,
               (SELECT COUNT(*) FROM (
                  SELECT u.author, u.deleted FROM messages u
                  WHERE u.page = m.page AND u.seq > m.read_seq ORDER BY u.seq LIMIT 1000
                ) AS behind WHERE behind.author <> m.account AND behind.deleted IS NULL) AS unread,
               EXISTS (SELECT 1 FROM mentions x
                 WHERE x.account = m.account AND x.page = m.page AND x.seq > m.read_seq)
                 AS mentioned
             FROM members m
             JOIN pages p ON p.id = m.page
             LEFT JOIN messages l ON l.page = m.page AND l.seq =
               (SELECT n.seq FROM messages n WHERE n.page = m.page ORDER BY n.seq DESC LIMIT 1)
             LEFT JOIN accounts w ON w.id = l.author
             WHERE m.account = $1
             ORDER BY CASE WHEN p.archived IS NULL THEN 0 ELSE 1 END, p.activity DESC, p.id",
            viewer.account.0
        )?;
        let now = self.now();
        let with_call = |row| {
            let listing = PageListing::from(row);
            let in_call = self.0.in_call.on(listing.page.id, now);
            PageListing { in_call, ..listing }
        };
        Ok(rows.into_iter().map(with_call).collect())
    }

    /// The admin's table: every page of the place. Admins of the place only.
    pub async fn page_summaries(&self, viewer: &Viewer) -> Result<Vec<PageSummary>> {
        let mut conn = self.0.db.read().await?;
        accounts::require_admin(&mut conn, viewer).await?;
        let rows: Vec<SummaryRow> = fetch_all!(
            conn,
            "SELECT p.id, p.name, p.about, p.archived, p.messages, p.activity,
               (SELECT COUNT(*) FROM members m WHERE m.page = p.id) AS members,
               (SELECT COUNT(DISTINCT i.email) FROM invitations i
                WHERE i.page = p.id AND i.joined IS NULL AND i.revoked IS NULL AND i.expires > $1)
                 AS invited,
               (SELECT CAST(COALESCE(SUM(b.kept), 0) AS BIGINT)
                FROM images i JOIN blobs b ON b.id = i.blob WHERE i.page = p.id) AS image_bytes
             FROM pages p WHERE p.deleted IS NULL ORDER BY p.activity DESC, p.id",
            self.now().0
        )?;
        Ok(rows.into_iter().map(PageSummary::from).collect())
    }
}

#[derive(sqlx::FromRow)]
struct ListingRow {
    #[sqlx(flatten)]
    page: PageRow,
    counter: i64,
    read_seq: i64,
    body: Option<String>,
    image_count: Option<i64>,
    at: Option<i64>,
    call: Option<String>,
    author: Option<String>,
    unread: i64,
    mentioned: bool,
}

impl From<ListingRow> for PageListing {
    fn from(row: ListingRow) -> Self {
        Self {
            page: row.page.into(),
            last: match row.call.and_then(|call| serde_json::from_str(&call).ok()) {
                // In nobody's name.
                Some(call) => Some((String::new(), CallLog::words(&call))),
                None => row.author.zip(row.body),
            },
            last_images: row.image_count.unwrap_or(0) as usize,
            last_at: row.at.map(Timestamp),
            in_call: 0,
            counter: row.counter,
            read: row.read_seq,
            unread: row.unread,
            mentioned: row.mentioned,
        }
    }
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    #[sqlx(flatten)]
    page: PageRow,
    members: i64,
    invited: i64,
    messages: i64,
    activity: i64,
    image_bytes: i64,
}

impl From<SummaryRow> for PageSummary {
    fn from(row: SummaryRow) -> Self {
        Self {
            page: row.page.into(),
            members: row.members,
            invited: row.invited,
            messages: row.messages,
            image_bytes: row.image_bytes,
            last_activity: Timestamp(row.activity),
        }
    }
}
