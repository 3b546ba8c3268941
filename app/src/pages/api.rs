//! What the browser may ask about pages, members and messages. Each is a public endpoint: who asks, call, map.

use domain::{
    AccountId, Around, Found, History, ImageAlt, Member, Message, MessageId, Page, PageId,
    PageListing, PageRole, PageSummary, Room, Seen, Timestamp,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use crate::Problem;
#[cfg(feature = "ssr")]
use crate::ssr::{Next, backend, finish, signed_in};
#[cfg(feature = "ssr")]
use backend::{Posting, Search};
#[cfg(feature = "ssr")]
use domain::{About, Caption, Emoji, PageName};

/// So many messages when nobody says how many.
#[cfg(feature = "ssr")]
const USUAL: u32 = 50;

/// The number the page gave to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    pub seq: i64,
}

/// A form that also works before wasm has loaded; goes on at the new page.
#[server(prefix = "/api", endpoint = "create_page")]
pub async fn create_page(name: String, #[server(default)] about: String) -> Result<Page, Problem> {
    let done: Result<_, Problem> = async {
        let viewer = signed_in().await?;
        let (name, about) = (PageName::parse(&name)?, About::parse(&about)?);
        Ok(backend().create_page(&viewer, name, about).await?)
    }
    .await;
    let typed = [("name", &*name), ("about", &*about)];
    finish(done, "create_page", "/admin/new", &typed, |page| {
        Next::Go(format!("/p/{}", page.id))
    })
}

#[server(prefix = "/api", endpoint = "update_page", input = Json)]
pub async fn update_page(page: PageId, name: String, about: String) -> Result<Page, Problem> {
    let viewer = signed_in().await?;
    let (name, about) = (PageName::parse(&name)?, About::parse(&about)?);
    Ok(backend().update_page(&viewer, page, name, about).await?)
}

#[server(prefix = "/api", endpoint = "archive_page", input = Json)]
pub async fn archive_page(page: PageId, archived: bool) -> Result<Page, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().archive_page(&viewer, page, archived).await?)
}

#[server(prefix = "/api", endpoint = "delete_page", input = Json)]
pub async fn delete_page(page: PageId, typed: String) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().delete_page(&viewer, page, &typed).await?)
}

#[server(prefix = "/api", endpoint = "my_pages", input = Json)]
pub async fn my_pages() -> Result<Vec<PageListing>, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().my_pages(&viewer).await?)
}

#[server(prefix = "/api", endpoint = "page_summaries", input = Json)]
pub async fn page_summaries() -> Result<Vec<PageSummary>, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().page_summaries(&viewer).await?)
}

#[server(name = OpenRoom, prefix = "/api", endpoint = "room", input = Json)]
pub async fn room(page: PageId) -> Result<Room, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().room(&viewer, page).await?)
}

#[server(name = ListMembers, prefix = "/api", endpoint = "members", input = Json)]
pub async fn members(page: PageId) -> Result<Vec<Member>, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().members(&viewer, page).await?)
}

#[server(prefix = "/api", endpoint = "post_message", input = Json)]
pub async fn post_message(
    page: PageId,
    id: MessageId,
    body: String,
    #[server(default)] reply: Option<MessageId>,
    #[server(default)] mentions: Vec<AccountId>,
    #[server(default)] images: Vec<ImageAlt>,
) -> Result<Posted, Problem> {
    let viewer = signed_in().await?;
    let posting = Posting {
        id,
        body: Caption::parse(&body)?,
        reply,
        mentions,
        images,
    };
    let seq = backend().post_message(&viewer, page, posting).await?;
    Ok(Posted { seq })
}

#[server(prefix = "/api", endpoint = "edit_message", input = Json)]
pub async fn edit_message(
    page: PageId,
    id: MessageId,
    body: String,
    #[server(default)] mentions: Vec<AccountId>,
) -> Result<Message, Problem> {
    let viewer = signed_in().await?;
    let body = Caption::parse(&body)?;
    Ok(backend()
        .edit_message(&viewer, page, id, body, mentions)
        .await?)
}

#[server(prefix = "/api", endpoint = "delete_message", input = Json)]
pub async fn delete_message(page: PageId, id: MessageId) -> Result<Message, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().delete_message(&viewer, page, id).await?)
}

/// Puts my reaction there, or takes it away.
#[server(prefix = "/api", endpoint = "react", input = Json)]
pub async fn react(
    page: PageId,
    id: MessageId,
    emoji: String,
    on: bool,
) -> Result<Message, Problem> {
    let viewer = signed_in().await?;
    let emoji = Emoji::parse(&emoji)?;
    Ok(backend().react(&viewer, page, id, emoji, on).await?)
}

#[server(name = ReadMessageInfo, prefix = "/api", endpoint = "message_info", input = Json)]
pub async fn message_info(page: PageId, id: MessageId) -> Result<Vec<Seen>, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().message_info(&viewer, page, id).await?)
}

/// The messages around this number.
#[server(prefix = "/api", endpoint = "messages_around", input = Json)]
pub async fn messages_around(
    page: PageId,
    seq: i64,
    limit: Option<u32>,
) -> Result<Around, Problem> {
    let viewer = signed_in().await?;
    let limit = limit.unwrap_or(USUAL).clamp(1, 200);
    Ok(backend().messages_around(&viewer, page, seq, limit).await?)
}

/// What was found, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    pub found: Vec<Found>,
    pub more: bool,
}

#[server(name = SearchMessages, prefix = "/api", endpoint = "search", input = Json)]
pub async fn search(
    words: String,
    page: Option<PageId>,
    from: Option<AccountId>,
    before: Option<Timestamp>,
) -> Result<Results, Problem> {
    let viewer = signed_in().await?;
    let search = Search {
        words,
        page,
        from,
        before,
        limit: 30,
    };
    let (found, more) = backend().search(&viewer, search).await?;
    Ok(Results { found, more })
}

/// Either what came `before` a number, or what changed `after` one; neither gives the newest.
#[server(prefix = "/api", endpoint = "messages", input = Json)]
pub async fn messages(
    page: PageId,
    before: Option<i64>,
    after: Option<i64>,
    limit: Option<u32>,
) -> Result<History, Problem> {
    let viewer = signed_in().await?;
    let (backend, limit) = (backend(), limit.unwrap_or(USUAL).clamp(1, 200));
    let history = match after {
        Some(after) => backend.messages_after(&viewer, page, after, limit).await?,
        None => {
            backend
                .messages_before(&viewer, page, before, limit)
                .await?
        }
    };
    Ok(history)
}

/// How far this device has got the messages, and how far they were read.
#[server(prefix = "/api", endpoint = "mark", input = Json)]
pub async fn mark(page: PageId, delivered: i64, read: i64) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().mark(&viewer, page, delivered, read).await?)
}

#[server(prefix = "/api", endpoint = "remove_member", input = Json)]
pub async fn remove_member(page: PageId, account: AccountId) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().remove_member(&viewer, page, account).await?)
}

#[server(prefix = "/api", endpoint = "set_role", input = Json)]
pub async fn set_role(page: PageId, account: AccountId, role: PageRole) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().set_role(&viewer, page, account, role).await?)
}
