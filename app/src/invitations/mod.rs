//! Invitations: inviting people to a page, what became of each, and the page behind the link.

mod accept;
pub mod api;
mod chips;
mod invite;
mod list;
mod opened;

pub use accept::AcceptPage;
pub use invite::{InviteButton, InviteDialog, InvitePage};
pub use list::InvitationsPage;
