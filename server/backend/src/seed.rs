//! Fills an empty place for trials and benchmarks.

use domain::{AccountId, PageId};
use serde::Serialize;

use crate::{Backend, Result};

#[derive(Clone, Copy, Debug)]
pub struct Seeding {
    pub members: u32,
    pub messages: u32,
}

#[derive(Serialize)]
pub struct Seed {
    pub pages: Vec<SeededPage>,
    pub accounts: Vec<SeededAccount>,
}

#[derive(Serialize)]
pub struct SeededPage {
    pub id: PageId,
    pub name: String,
}

/// With its session's cookie in clear: a seeded place is for trials only.
#[derive(Serialize)]
pub struct SeededAccount {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    pub admin: bool,
    /// `stoa_session=…`
    pub cookie: String,
}

impl Backend {
    /// One page with so many members (the first an admin) and messages. Refuses a place that is in use.
    pub async fn seed(&self, _seeding: Seeding) -> Result<Seed> {
        unimplemented!()
    }
}
