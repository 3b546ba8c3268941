//! Images: chosen and sent, shown in bubbles, looked at.

mod album;
pub mod api;
mod blur;
mod gallery;
mod kept;
mod lightbox;
mod parcels;
mod picked;
mod strip;
mod touch;
mod tray;
mod upload;

pub use album::Album;
pub use gallery::{GalleryDialog, Shared};
pub use lightbox::Lightbox;
pub use parcels::Parcels;
pub use strip::Strip;
pub use tray::{AttachButton, Tray};
