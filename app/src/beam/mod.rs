//! Calls, as a browser makes them. Only [`Bell`] is in the first bundle; [`Calls`] and all it shows is loaded late.

mod acts;
mod api;
mod bar;
mod bell;
mod call;
mod choice;
mod devices;
mod grid;
mod heard;
mod join;
mod keep;
mod link;
#[cfg(test)]
mod made_up;
mod mute;
mod own;
mod permission;
mod preview;
mod quality;
mod relays;
mod ring;
mod rtc;
mod sdp;
mod seats;
mod session;
mod sign;
mod stage;
mod tabs;
mod tile;
mod tone;
mod trial;

pub use bell::Bell;
pub use stage::Calls;
pub use trial::{Trial, Way};
