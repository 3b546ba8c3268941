//! People: the first start, signing in and out, one's own profile, and the admin of people and mail.

mod admin;
pub mod api;
mod calls;
mod frame;
mod mail;
mod menu;
#[cfg(feature = "ssr")]
mod set_up;
#[cfg(feature = "ssr")]
mod sign_in;

pub use frame::AdminApp;
#[cfg(feature = "ssr")]
pub use frame::card;
pub use menu::{AccountMenu, MyNameDialog};
#[cfg(feature = "ssr")]
pub use set_up::set_up_page;
#[cfg(feature = "ssr")]
pub use sign_in::{code_page, sign_in_link_page, sign_in_page};
