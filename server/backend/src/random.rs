//! Randomness: ids, tokens, codes. The operating system's, behind a handle.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::SignInCode;

use crate::{Failure, secret::Secret};

#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

impl Random {
    /// The random part of a version 7 UUID.
    pub fn id(self) -> Result<[u8; 10], Failure> {
        bytes()
    }

    /// What tells one run of a node, or one question of it, from every other.
    #[expect(
        clippy::unused_self,
        reason = "whoever has no handle has no randomness"
    )]
    pub(crate) fn node(self) -> Result<[u8; 16], Failure> {
        bytes()
    }

    /// 256 bits, in 43 URL-safe characters.
    pub fn token(self) -> Result<Secret, Failure> {
        Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>()?)))
    }

    pub fn code(self) -> Result<SignInCode, Failure> {
        Ok(SignInCode::from_random(u32::from_le_bytes(bytes()?)))
    }
}

fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Failure::Other(format!("no randomness: {e}")))?;
    Ok(bytes)
}
