//! `key=value` words.

use std::{collections::BTreeMap, str::FromStr};

use anyhow::{Context, Result};

pub(crate) struct Arguments(BTreeMap<String, String>);

impl Arguments {
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self> {
        words
            .map(|word| {
                let (key, value) = word
                    .split_once('=')
                    .with_context(|| format!("`{word}` is not key=value"))?;
                Ok((key.to_owned(), value.to_owned()))
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    pub(crate) fn text(&self, key: &str) -> Result<&str> {
        self.0
            .get(key)
            .map(String::as_str)
            .with_context(|| format!("`{key}=` is missing"))
    }

    pub(crate) fn number<T: FromStr>(&self, key: &str) -> Result<T> {
        self.text(key)?
            .parse()
            .ok()
            .with_context(|| format!("`{key}` is not a number that fits"))
    }
}
