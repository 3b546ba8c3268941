//! People: the first start, signing in and out, one's own profile, and the admin of people and mail.

mod admin;
pub mod api;
mod frame;
mod mail;
mod menu;
mod set_up;
mod sign_in;

pub use admin::PeoplePage;
pub use frame::{AdminFrame, Card, Here};
pub use mail::MailPage;
pub use menu::AccountMenu;
pub use set_up::SetUpPage;
pub use sign_in::{SignInLinkPage, SignInPage};
