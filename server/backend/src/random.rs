//! Randomness: ids, tokens, codes. The operating system's, behind a handle.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::SignInCode;

use crate::{Failure, secret::Secret};

#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

impl Random {
    fn bytes<const N: usize>(self) -> Result<[u8; N], Failure> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map_err(|e| Failure::Other(format!("no randomness: {e}")))?;
        Ok(bytes)
    }

    /// The random part of a version 7 UUID.
    pub fn id(self) -> Result<[u8; 10], Failure> {
        self.bytes()
    }

    /// What tells one run of a node from every other.
    pub(crate) fn node(self) -> Result<[u8; 16], Failure> {
        self.bytes()
    }

    /// 256 bits, in 43 URL-safe characters.
    pub fn token(self) -> Result<Secret, Failure> {
        Ok(Secret::new(URL_SAFE_NO_PAD.encode(self.bytes::<32>()?)))
    }

    pub fn code(self) -> Result<SignInCode, Failure> {
        Ok(SignInCode::from_random(u32::from_le_bytes(self.bytes()?)))
    }
}
