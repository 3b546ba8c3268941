//! Images: sent, shown, looked at.

pub mod api;
