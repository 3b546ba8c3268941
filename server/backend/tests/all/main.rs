//! The backend as its callers see it, on both databases. One program: what it is linked with is large.

#![allow(clippy::unwrap_used, reason = "a test ends where its ground gives way")]

#[macro_use]
mod support;

mod calls;
mod chat;
mod emailjs;
mod image_files;
mod images;
mod index;
mod invitations;
mod inviting;
mod marks;
mod members;
mod messages;
mod nodes;
mod outbox;
mod pages;
mod people;
mod pictures;
mod place;
mod posting;
mod room;
mod search;
mod seed;
mod sessions;
mod sign_in;
mod smtp;
mod storage;
mod uploads;
