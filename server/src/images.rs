//! Images over HTTP: files in, as they are sent, and out, as browsers ask for them.

mod data;
mod range;
mod serve;
mod text;
mod upload;

pub(crate) use data::{LARGEST as LARGEST_DATA, upload as upload_data};
pub(crate) use serve::serve;
pub(crate) use upload::{LARGEST, PATIENCE, upload};
