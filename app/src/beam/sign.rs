//! The signs on the buttons of a call, on the grid of the other icons. Apart from those: the first bundle has no need of them.

use leptos::prelude::*;

use crate::ui::words;

pub(super) const MICROPHONE: &str = r#"<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.500 11.500a6.500 6.500 0 0013 0M12 18v3"/>"#;
pub(super) const MUTED: &str = r#"<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.500 11.500a6.500 6.500 0 0013 0M12 18v3M4 4l16 16"/>"#;
pub(super) const CAMERA: &str =
    r#"<rect x="3" y="6" width="12" height="12" rx="3"/><path d="M15 11l6-3.500v9L15 13"/>"#;
pub(super) const NO_CAMERA: &str = r#"<rect x="3" y="6" width="12" height="12" rx="3"/><path d="M15 11l6-3.500v9L15 13M3 3l18 18"/>"#;
pub(super) const SCREEN: &str = r#"<rect x="3" y="5" width="18" height="12" rx="2.500"/><path d="M12 14V9M9.500 11.200L12 8.800l2.500 2.400M8 20h8"/>"#;
pub(super) const HAND: &str = r#"<path d="M7 12V7a1.500 1.500 0 013 0v4V5a1.500 1.500 0 013 0v6-4.500a1.500 1.500 0 013 0V13c0 5-2.200 8-5.500 8S6 19 4.500 15.500c-.7-1.700 1-2.600 2.500-.5"/>"#;
pub(super) const DEVICES: &str = r#"<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>"#;
pub(super) const LEAVE: &str = r#"<path d="M4 14c4.500-4.500 11.500-4.500 16 0l-2.200 2.400-3.300-1.600v-2.300a11 11 0 00-5 0v2.300l-3.300 1.600z"/>"#;
pub(super) const SPEAKING: &str =
    r#"<path d="M5 10v4M9.500 7v10M14 5v14M18.500 9v6" stroke-width="2.400"/>"#;
pub(super) const FOLD: &str = r#"<rect x="3" y="5" width="18" height="14" rx="2.500"/><path d="M12.500 12.500h5v3.500h-5z"/>"#;
pub(super) const UNFOLD: &str = r#"<path d="M14 5h5v5M19 5l-6 6M10 19H5v-5M5 19l6-6"/>"#;

/// One of two, as the other changes.
pub(super) fn turning(
    on: impl Fn() -> bool + Send + Sync + 'static,
    signs: (&'static str, &'static str),
) -> impl IntoView {
    let on = Signal::derive(on);
    view! {
        <svg
            class="glyph"
            viewBox="0 0 24 24"
            aria-hidden="true"
            inner_html=words(move || if on.get() { signs.0 } else { signs.1 }.to_owned())
        ></svg>
    }
}

/// Decoration: whatever it stands in has the name.
pub(super) fn sign(strokes: &'static str) -> impl IntoView {
    view! { <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" inner_html=strokes></svg> }
}
