//! Icons: strokes on a 24 × 24 grid, in the colour of the text around them.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    Stoa,
    Info,
    Send,
    Back,
    Close,
    More,
    Down,
    Mail,
    People,
    Pages,
    Invite,
    Check,
    Clock,
    Warning,
    Edit,
    Checks,
    Reply,
    Copy,
    Bin,
    Search,
    Image,
    Call,
}

impl Glyph {
    const fn strokes(self) -> &'static str {
        match self {
            Self::Stoa => {
                r#"<path d="M3 20.5h18M4 7.5h16M12 3L4 7.5h16z"/><path d="M6.5 8v12M12 8v12M17.5 8v12"/>"#
            }
            Self::Info => r#"<circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 8h.01"/>"#,
            Self::Send => r#"<path d="M5 12h13M12 6l6 6-6 6"/>"#,
            Self::Back => r#"<path d="M15 5l-7 7 7 7"/>"#,
            Self::Close => r#"<path d="M6 6l12 12M18 6L6 18"/>"#,
            Self::More => r#"<path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="3"/>"#,
            Self::Down => r#"<path d="M12 5v13M6 12l6 6 6-6"/>"#,
            Self::Mail => {
                r#"<rect x="3" y="5.5" width="18" height="13" rx="3"/><path d="M4 8l8 5.5L20 8"/>"#
            }
            Self::People => {
                r#"<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 19c.6-3.4 3.2-5 6.5-5s5.9 1.6 6.5 5M16 5.500a3.5 3.5 0 010 6M18 14.500c2 .7 3.2 2.2 3.5 4.5"/>"#
            }
            Self::Pages => {
                r#"<rect x="4" y="4" width="16" height="7" rx="2.5"/><rect x="4" y="13.5" width="16" height="6.5" rx="2.5"/>"#
            }
            Self::Invite => {
                r#"<circle cx="10" cy="8.5" r="3.5"/><path d="M3.5 19c.6-3.4 3.2-5 6.5-5 1.5 0 2.9.3 4 1M18 14v6M15 17h6"/>"#
            }
            Self::Check => r#"<path d="M5 12.500l4.5 4.500L19 7.5"/>"#,
            Self::Clock => r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7.500V12l3 2"/>"#,
            Self::Warning => r#"<path d="M12 4l9 16H3z"/><path d="M12 10v4.500M12 17.200h.01"/>"#,
            Self::Checks => r#"<path d="M2 12.500l4.5 4.500L15 7.500M11 16l1 1L21.500 7.500"/>"#,
            Self::Reply => r#"<path d="M10 6l-6 6 6 6M4.500 12H14a6 6 0 016 6v1"/>"#,
            Self::Copy => {
                r#"<rect x="8" y="8" width="12" height="12" rx="3"/><path d="M16 8V6a2 2 0 00-2-2H6a2 2 0 00-2 2v8a2 2 0 002 2h2"/>"#
            }
            Self::Bin => {
                r#"<path d="M5 7h14M9.500 7V4.500h5V7M7 7l.8 12.500h8.4L17 7M10.500 11v5M13.500 11v5"/>"#
            }
            Self::Search => r#"<circle cx="11" cy="11" r="6.500"/><path d="M16 16l4.500 4.500"/>"#,
            Self::Image => {
                r#"<rect x="4" y="5" width="16" height="14" rx="3"/><circle cx="9" cy="10" r="1.5"/><path d="M5 17l4.500-4 3 2.500 3-3.500 4 4.500"/>"#
            }
            Self::Call => {
                r#"<rect x="3" y="6" width="12" height="12" rx="3"/><path d="M15 11l6-3.500v9L15 13"/>"#
            }
            Self::Edit => r#"<path d="M4 20l1-4.500L16 4.500l3.5 3.500L8.5 19z"/>"#,
        }
    }
}

/// Decoration: whatever it stands in has the name.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    view! { <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" inner_html=glyph.strokes()></svg> }
}
