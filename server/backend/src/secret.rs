//! What must never reach a log or an answer: no `Serialize`, no readable `Debug`.

use std::fmt;

use sha2::{Digest, Sha256};

#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// For the one place that sends it: a cookie, a link, a login.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored instead: SHA-256. Tokens have 256 random bits, so no salt and no slow hash is needed.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
