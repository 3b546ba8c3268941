//! Pages as their members meet them: the sidebar, the conversation, the details; and the admin's table of them.

mod admin;
pub mod api;
mod bubble;
mod composer;
mod details;
mod hand;
mod info;
mod late;
pub mod lines;
mod listings;
mod menu;
mod naming;
mod outbox;
mod prose;
mod receipt;
mod room;
mod scroll;
mod search;
mod sheet;
mod shelf;
mod sidebar;
mod span;
pub mod store;
mod table;
mod talk;
mod timeline;
mod zone;

pub use admin::Pages;
#[cfg(feature = "ssr")]
pub use admin::new_page;
pub use room::MemberApp;
pub(crate) use shelf::Shelf;
pub(crate) use talk::{Talk, message_id, new_id};
pub use zone::now;
