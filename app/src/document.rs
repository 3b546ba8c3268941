//! The document around everything, as the server sends it. No noun lives here.

use leptos::prelude::*;
use serde::Serialize;

use crate::{Door, MemberApp, first, people::AdminApp};

/// What each answer has of its own, besides its view.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The hash of the built files, which is part of their address.
    pub assets: &'static str,
    /// Scripts without it do not run.
    pub nonce: String,
}

/// My pages, or one of them.
pub fn member_document(first: first::Member, frame: &Frame) -> String {
    let title = match &first.room {
        Some(Ok(room)) => format!("{} · Stoa", room.page.name),
        Some(Err(_)) => "Not found · Stoa".into(),
        None => "Stoa".into(),
    };
    let scripts = bring_to_life("member", &first, frame);
    document(&title, &scripts, frame, view! { <MemberApp first=first/> })
}

pub fn admin_document(first: first::Admin, frame: &Frame) -> String {
    let title = format!("{} · Stoa", first.desk.title());
    let scripts = bring_to_life("admin", &first, frame);
    document(&title, &scripts, frame, view! { <AdminApp first=first/> })
}

/// For people who are not in yet, and for forms on a page of their own: no wasm.
pub fn door_document(door: Door, frame: &Frame) -> String {
    let (assets, nonce) = (frame.assets, &frame.nonce);
    let script = format!(r#"<script src="/v/{assets}/door.js" nonce="{nonce}" defer></script>"#);
    let title = door.title();
    document(&title, &script, frame, door.view())
}

/// The wasm of this bundle, and what it begins with.
fn bring_to_life(bundle: &str, first: &impl Serialize, Frame { assets, nonce }: &Frame) -> String {
    let js = format!("/v/{assets}/{bundle}/{bundle}.js");
    let wasm = format!("/v/{assets}/{bundle}/{bundle}_bg.wasm");
    // Nothing in it can end the element that holds it.
    let json = serde_json::to_string(first)
        .unwrap_or_default()
        .replace('<', "\\u003c");
    format!(
        r#"<link rel="modulepreload" href="{js}" nonce="{nonce}"><link rel="preload" href="{wasm}" as="fetch" type="application/wasm" crossorigin="anonymous"><script type="application/json" id="{id}">{json}</script><script type="module" nonce="{nonce}">import init from '{js}';init({{module_or_path:'{wasm}'}})</script>"#,
        id = first::ELEMENT,
    )
}

fn document(title: &str, scripts: &str, frame: &Frame, body: impl IntoView) -> String {
    let root = format!("/v/{}", frame.assets);
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    let head = format!(
        r##"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"><meta name="color-scheme" content="light dark"><meta name="theme-color" media="(prefers-color-scheme: light)" content="#f5f2ec"><meta name="theme-color" media="(prefers-color-scheme: dark)" content="#121518"><link rel="stylesheet" href="{root}/stoa.css"><link rel="icon" type="image/svg+xml" href="{root}/icon.svg"><link rel="apple-touch-icon" href="{root}/icon-180.png"><link rel="manifest" href="{root}/site.webmanifest">{scripts}</head><body>"##
    );
    let body = body.into_view();
    let mut html = String::with_capacity(head.len() + body.html_len() + 20);
    html += &head;
    html += &body.to_html();
    html += "</body></html>";
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_first_data_ends_its_element() {
        let frame = Frame {
            assets: "x",
            nonce: "n".into(),
        };
        let scripts = bring_to_life("member", &"</script><script>alert(1)</script>", &frame);
        assert_eq!(scripts.matches("</script").count(), 2, "{scripts}");
    }
}
