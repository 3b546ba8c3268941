//! Boots the real program, as a user would, and asks it over HTTP and MQTT: no browser, no part replaced.

#![allow(
    clippy::unwrap_used,
    reason = "also the functions that tests share are tests"
)]

mod calls;
mod first_start;
mod full_disk;
mod hostile;
mod images;
mod live;
mod malformed;
mod running;
mod same_site;
mod seeded;
mod settings;
mod stopping;
mod surface;
mod torture;
mod vanished;
