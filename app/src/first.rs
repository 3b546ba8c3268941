//! What the first view of an address is made of. The server asks for it before it renders, and sends it along, so that
//! the browser begins with the same.

use domain::{
    AccountSummary, CallWays, Identity, Invitation, Mailbox, PageListing, PageSummary, Room,
};
use serde::{Deserialize, Serialize};

use crate::Problem;

/// The id of the element that carries it.
pub const ELEMENT: &str = "first";

/// My pages; and the room, where the address is a page's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Member {
    pub me: Identity,
    pub pages: Vec<PageListing>,
    pub room: Option<Result<Room, Problem>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Admin {
    pub me: Identity,
    pub desk: Desk,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Desk {
    Pages {
        pages: Vec<PageSummary>,
        /// Mail stays here, which whoever begins should know before they invite.
        kept: bool,
    },
    People(Vec<AccountSummary>),
    Invitations(Vec<Invitation>),
    Mail(Mailbox),
    Calls(CallWays),
}

/// What the server rendered this page from.
#[cfg(not(feature = "ssr"))]
pub fn read<T: serde::de::DeserializeOwned>() -> Option<T> {
    let element = leptos::prelude::document().get_element_by_id(ELEMENT)?;
    let read = serde_json::from_slice(element.text_content()?.as_bytes());
    read.inspect_err(|error| leptos::logging::error!("{error}"))
        .ok()
}

#[cfg(feature = "ssr")]
mod load {
    use backend::{Backend, Viewer};
    use domain::{CallWays, MailTransport, Refusal};

    use super::{Admin, Desk, Member};
    use crate::Problem;

    impl Member {
        /// `page`: as it stands in the address.
        pub async fn load(
            backend: &Backend,
            viewer: &Viewer,
            page: Option<&str>,
        ) -> Result<Self, Problem> {
            let room = match page.map(str::parse) {
                None => None,
                Some(Ok(page)) => Some(backend.room(viewer, page).await.map_err(Problem::from)),
                Some(Err(_)) => Some(Err(Refusal::NotFound.into())),
            };
            Ok(Self {
                me: viewer.identity(),
                pages: backend.my_pages(viewer).await?,
                room,
            })
        }
    }

    impl Admin {
        pub async fn pages(backend: &Backend, viewer: &Viewer) -> Result<Self, Problem> {
            let pages = backend.page_summaries(viewer).await?;
            let kept = pages.is_empty()
                && backend.mailbox(viewer).await?.transport == MailTransport::Mailbox;
            Ok(Self::at(viewer, Desk::Pages { pages, kept }))
        }

        pub async fn people(backend: &Backend, viewer: &Viewer) -> Result<Self, Problem> {
            let people = backend.people(viewer).await?;
            Ok(Self::at(viewer, Desk::People(people)))
        }

        pub async fn invitations(backend: &Backend, viewer: &Viewer) -> Result<Self, Problem> {
            let invitations = backend.invitations(viewer, None).await?;
            Ok(Self::at(viewer, Desk::Invitations(invitations)))
        }

        pub async fn mail(backend: &Backend, viewer: &Viewer) -> Result<Self, Problem> {
            let mailbox = backend.mailbox(viewer).await?;
            Ok(Self::at(viewer, Desk::Mail(mailbox)))
        }

        pub fn calls(viewer: &Viewer, ways: CallWays) -> Self {
            Self::at(viewer, Desk::Calls(ways))
        }

        fn at(viewer: &Viewer, desk: Desk) -> Self {
            Self {
                me: viewer.identity(),
                desk,
            }
        }
    }
}
