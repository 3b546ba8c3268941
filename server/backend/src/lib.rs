//! Everything that remembers: database, mail, outbox, bus, clock. Knows neither Leptos nor axum.
//! Whoever asks is a [`Viewer`]; every lookup is made through the viewer, and what is not theirs is "not found".

mod access;
mod accounts;
mod broker;
mod bus;
mod clock;
mod db;
mod error;
mod history;
mod invitations;
mod limits;
mod mail;
mod marks;
mod members;
mod mentions;
mod messages;
mod outbox;
mod pages;
mod people;
mod place;
mod presence;
mod random;
mod reactions;
mod recent;
mod room;
mod secret;
mod seed;
mod sessions;
mod settings;
mod sign_in;
mod start;
mod sweeper;
mod upstream;
mod writer;

pub use bus::{Bus, Listener};
pub use clock::Clock;
pub use error::{Error, Failure, Result};
pub use invitations::Accepted;
pub use messages::Posting;
pub use random::Random;
pub use secret::Secret;
pub use seed::{Seed, SeededAccount, SeededPage, Seeding};
pub use sessions::{SessionToken, Viewer};
pub use settings::{EmailJs, MailSettings, Settings};
pub use start::{Backend, StartError};
