//! Images over HTTP: files in, as they are sent, and out, as browsers ask for them.

mod range;
mod serve;
mod upload;

pub(crate) use serve::serve;
pub(crate) use upload::{LARGEST, PATIENCE, upload};
