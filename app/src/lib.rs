//! The app on both sides: pages, components, and the server functions they call. Rendered by the server first,
//! brought to life in the browser after.

// Views are types that nest as deep as the markup does.
#![recursion_limit = "512"]
#![cfg_attr(
    feature = "ssr",
    allow(
        dead_code,
        unused_imports,
        reason = "what is loaded late is rendered in browsers only; for them it is checked"
    )
)]
#![allow(
    unreachable_pub,
    reason = "the component macro writes public items, modules stay private"
)]

mod beam;
mod database;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod door;
pub mod first;
mod form;
pub mod images;
pub mod invitations;
mod live;
pub mod pages;
pub mod people;
mod problem;
#[cfg(feature = "ssr")]
pub mod ssr;
mod ui;

#[cfg(feature = "ssr")]
pub use document::{Frame, admin_document, door_document, member_document};
#[cfg(feature = "ssr")]
pub use door::Door;
#[cfg(feature = "ssr")]
pub use form::Sent;
pub use pages::MemberApp;
pub use people::AdminApp;
pub use problem::Problem;
#[cfg(feature = "ssr")]
pub use ssr::Peer;
