//! Invitations: inviting people to a page, what became of each, and the page behind the link.

#[cfg(feature = "ssr")]
mod accept;
pub mod api;
mod chips;
mod invite;
mod list;

#[cfg(feature = "ssr")]
pub use accept::invitation_page;
#[cfg(feature = "ssr")]
pub use invite::invite_page;
pub use invite::{InviteButton, InviteDialog};
pub use list::Invitations;
