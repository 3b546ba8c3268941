//! Where the load stands: the addresses, the page, the people (from `stoa seed`), and how numbers are summed up.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{arguments::Arguments, wire::Way};

#[derive(Deserialize)]
pub(crate) struct Seed {
    pages: Vec<SeededPage>,
    pub(crate) accounts: Vec<Account>,
}

#[derive(Deserialize)]
struct SeededPage {
    id: String,
}

#[derive(Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) cookie: String,
}

impl Seed {
    pub(crate) fn read(arguments: &Arguments) -> Result<Self> {
        let file = arguments.text("seed")?;
        serde_json::from_slice(&fs::read(file).context(file.to_owned())?).context(file.to_owned())
    }

    pub(crate) fn page(&self) -> Result<&str> {
        let page = self.pages.first().context("the seed has no page")?;
        Ok(&page.id)
    }

    /// The first of the people as browsers connect, each with what they listen to: the page.
    pub(crate) fn ways(&self, address: &str, count: usize) -> Result<Vec<(Way, String)>> {
        let page = self.page()?;
        let way = |account: &Account| {
            let way = Way {
                address: address.to_owned(),
                path: Some("/mqtt".to_owned()),
                client: account.id.clone(),
                cookie: Some(account.cookie.clone()),
                username: None,
            };
            (way, format!("p/{page}/e"))
        };
        Ok(self.accounts.iter().take(count).map(way).collect())
    }
}

/// p50, p95, p99 and the greatest of these seconds, in milliseconds.
pub(crate) fn percentiles(mut seconds: Vec<f64>) -> Value {
    seconds.sort_unstable_by(f64::total_cmp);
    let at = |part: f64| {
        let index = (seconds.len() as f64 * part) as usize;
        let value = seconds.get(index).or(seconds.last()).copied();
        (value.unwrap_or(f64::NAN) * 1e6).round() / 1e3
    };
    json!({
        "count": seconds.len(),
        "p50_ms": at(0.5),
        "p95_ms": at(0.95),
        "p99_ms": at(0.99),
        "max_ms": at(1.0),
    })
}

/// xorshift64*: enough to spread requests. Another one each time, because ids of messages come from it.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        // The standard library's only source of randomness.
        Self(RandomState::new().hash_one(0) | 1)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        (self.roll() >> 11) % end.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_milliseconds() {
        let seconds = (1..=100).map(|number| f64::from(number) / 1000.0).collect();
        let summed = percentiles(seconds);
        assert_eq!(summed["p50_ms"], 51.0);
        assert_eq!(summed["p95_ms"], 96.0);
        assert_eq!(summed["p99_ms"], 100.0);
        assert_eq!(summed["count"], 100);
    }
}
