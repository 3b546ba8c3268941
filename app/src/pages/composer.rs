//! Where a message is written or mended: Enter sends, Shift+Enter breaks the line, composing never sends.

use domain::Body;
use leptos::{ev::KeyboardEvent, html, prelude::*, task::spawn_local};

use super::talk::Talk;
use crate::ui::{Glyph, Icon};

/// An input method is at work: its Enter chooses a word (some browsers tell by this code only).
const COMPOSING: u32 = 229;

#[component]
#[expect(
    clippy::too_many_lines,
    reason = "one field and its keys; the markup is half of it"
)]
pub(super) fn Composer(talk: Talk) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    let trouble = RwSignal::new(None::<String>);

    let send = move || {
        let Some(element) = field.get_untracked() else {
            return;
        };
        let text = element.value();
        if let Some(message) = talk.editing.get_untracked() {
            match Body::parse(&text) {
                Ok(body) if body.as_str() == message.body => talk.editing.set(None),
                Ok(body) => spawn_local(async move {
                    match talk.edit(message.id, &body).await {
                        Ok(()) => talk.editing.set(None),
                        Err(problem) => trouble.set(Some(problem.to_string())),
                    }
                }),
                Err(refusal) => trouble.set(Some(refusal.to_string())),
            }
            return;
        }
        if text.trim().is_empty() {
            return;
        }
        match Body::parse(&text) {
            Ok(body) => {
                trouble.set(None);
                put(&element, "");
                talk.say(&body);
            }
            Err(refusal) => trouble.set(Some(refusal.to_string())),
        }
    };

    let pressed = move |event: KeyboardEvent| {
        if event.is_composing() || event.key_code() == COMPOSING {
            return;
        }
        match event.key().as_str() {
            "Enter" if !event.shift_key() && (event.ctrl_key() || !touches()) => {
                event.prevent_default();
                send();
            }
            "ArrowUp" if is_empty(field) && talk.editing.with_untracked(Option::is_none) => {
                event.prevent_default();
                talk.edit_last();
            }
            "Escape" => talk.editing.set(None),
            _ => {}
        }
    };

    // From the second run on: the first one would empty what was typed before the wasm came.
    Effect::new(move |before: Option<bool>| {
        let editing = talk.editing.get();
        let is_editing = editing.is_some();
        if let (Some(before), Some(element)) = (before, field.get_untracked()) {
            match editing {
                Some(message) => put(&element, &message.body),
                None if before => put(&element, ""),
                None => {}
            }
            trouble.set(None);
            let _ = element.focus();
        }
        is_editing
    });
    Effect::new(move |_| {
        if let Some(element) = field.get() {
            grow(&element);
        }
    });

    let label = move || {
        if talk.editing.with(Option::is_some) {
            "Save"
        } else {
            "Send"
        }
    };
    view! {
        <Show when=move || talk.editing.with(Option::is_some)>
            <div class="mending">
                <Icon glyph=Glyph::Edit/>
                <span>"Editing your message"</span>
                <button type="button" class="icon" aria-label="Cancel" on:click=move |_| talk.editing.set(None)>
                    <Icon glyph=Glyph::Close/>
                </button>
            </div>
        </Show>
        <div class="trouble-line" role="alert">{move || trouble.get()}</div>
        <form class="compose" on:submit=move |event| event.prevent_default()>
            <textarea
                node_ref=field
                class="field"
                aria-label="Message"
                placeholder=move || talk.page.with(|page| format!("Message {}", page.name))
                rows="1"
                dir="auto"
                autocomplete="off"
                on:keydown=pressed
                on:input=move |_| {
                    if let Some(element) = field.get_untracked() {
                        grow(&element);
                    }
                }
            ></textarea>
            // Not a submit button: before the wasm is there, a form that is sent would lose the text.
            <button type="button" class="send" aria-label=label on:click=move |_| send()>
                <Icon glyph=Glyph::Send/>
            </button>
        </form>
    }
}

fn is_empty(field: NodeRef<html::Textarea>) -> bool {
    field
        .get_untracked()
        .is_some_and(|element| element.value().is_empty())
}

fn put(element: &web_sys::HtmlTextAreaElement, text: &str) {
    element.set_value(text);
    grow(element);
}

/// As high as its text; the stylesheet ends it at eight lines.
fn grow(element: &web_sys::HtmlTextAreaElement) {
    let style = web_sys::HtmlElement::style(element);
    let _ = style.set_property("height", "auto");
    // The border is not part of the scroll height.
    let border = element.offset_height() - element.client_height();
    let height = element.scroll_height() + border;
    let _ = style.set_property("height", &format!("{height}px"));
}

/// On a touch screen Enter breaks the line; the button sends.
fn touches() -> bool {
    window()
        .match_media("(pointer: coarse)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}
