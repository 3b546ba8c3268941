//! Where a message is written or mended: Enter sends, Shift+Enter breaks the line, composing never sends.

mod draft;
pub(super) mod names;
mod over;

use std::sync::Arc;

use domain::{Caption, Mention, Message};
use leptos::{ev::KeyboardEvent, html, prelude::*, task::spawn_local};

use self::names::{Names, Taken};
pub(super) use self::over::{Answering, Editing};
use super::{
    late::{Late, late},
    naming::named,
    talk::Talk,
};
use crate::{
    images::AttachButton,
    ui::{Glyph, Icon, click, effect, maybe, when, words},
};

/// An input method is at work: its Enter chooses a word (some browsers tell by this code only).
const COMPOSING: u32 = 229;

/// The field, and what belongs to what stands in it.
#[derive(Clone, Copy)]
struct Writing {
    talk: Talk,
    field: NodeRef<html::Textarea>,
    names: Names,
    /// Who was chosen to be named.
    chosen: StoredValue<Vec<Mention>>,
    trouble: RwSignal<Option<String>>,
}

impl Writing {
    fn send(self) {
        let Some(element) = self.field.get_untracked() else {
            return;
        };
        let (talk, trouble, text) = (self.talk, self.trouble, element.value());
        let editing = talk.editing.get_untracked();
        let images = match &editing {
            Some(message) => message.images.len(),
            None => usize::from(talk.tray.filled.get_untracked()),
        };
        if editing.is_none() && images == 0 && text.trim().is_empty() {
            return;
        }
        let body = Caption::parse(&text).and_then(|body| body.beside(images).map(|()| body));
        let body = match body {
            Ok(body) => body,
            Err(refusal) => return trouble.set(Some(refusal.to_string())),
        };
        let mentions = self
            .chosen
            .with_value(|chosen| named(body.as_str(), chosen));
        match editing {
            Some(message) if body.as_str() == message.body => talk.editing.set(None),
            Some(message) => spawn_local(async move {
                match talk.edit(message.id, &body, &mentions).await {
                    Ok(()) => {
                        talk.editing.try_set(None);
                    }
                    Err(problem) => {
                        trouble.try_set(Some(problem.to_string()));
                    }
                }
            }),
            None => {
                trouble.set(None);
                self.put("", Vec::new());
                draft::forget(talk);
                if images > 0 {
                    talk.tray.send(body.as_str().to_owned(), mentions);
                } else {
                    talk.say(&body, mentions);
                }
            }
        }
    }

    fn put(self, text: &str, chosen: Vec<Mention>) {
        if let Some(element) = self.field.get_untracked() {
            element.set_value(text);
            grow(&element);
        }
        self.chosen.set_value(chosen);
    }

    fn typed(self) {
        let Some(element) = self.field.get_untracked() else {
            return;
        };
        grow(&element);
        self.names.look(self.talk, &element);
        if self.talk.editing.with_untracked(Option::is_some) {
            return;
        }
        let text = element.value();
        draft::keep(self.talk, &text);
        if text.trim().is_empty() {
            self.talk.stop_typing();
        } else {
            self.talk.type_on();
        }
    }

    fn name(self, mention: Mention) {
        if let Some(element) = self.field.get_untracked() {
            self.names.complete(&element, &mention);
            grow(&element);
            self.chosen.update_value(|chosen| chosen.push(mention));
            draft::keep(self.talk, &element.value());
        }
    }

    fn pressed(self, event: &KeyboardEvent) {
        if event.is_composing() || event.key_code() == COMPOSING {
            return;
        }
        let talk = self.talk;
        let key = event.key();
        match self.names.pressed(&key) {
            Taken::Not => {}
            Taken::Moved => return event.prevent_default(),
            Taken::Chosen(mention) => {
                event.prevent_default();
                return self.name(mention);
            }
        }
        match key.as_str() {
            "Enter" if !event.shift_key() && (event.ctrl_key() || !touches()) => {
                event.prevent_default();
                self.send();
            }
            "ArrowUp" if self.is_empty() && talk.editing.with_untracked(Option::is_none) => {
                event.prevent_default();
                talk.edit_last();
            }
            "Escape" => {
                talk.editing.set(None);
                talk.replying.set(None);
            }
            _ => {}
        }
    }

    fn is_empty(self) -> bool {
        self.field
            .get_untracked()
            .is_some_and(|element| element.value().is_empty())
    }

    /// The text follows what is edited, and comes back when that is over.
    fn follow(self) {
        let talk = self.talk;
        // From the second run on: the first one would empty what was typed before the wasm came.
        Effect::new(move |before: Option<Option<Arc<Message>>>| {
            let editing = talk.editing.get();
            if let Some(before) = before
                && before.is_some() | editing.is_some()
            {
                match &editing {
                    Some(message) => self.put(&message.body, message.mentions.clone()),
                    None => self.put(&draft::kept(talk), Vec::new()),
                }
                self.trouble.set(None);
                self.focus();
            }
            editing
        });
        Effect::new(move |before: Option<bool>| {
            let replying = talk.replying.get().is_some();
            if before == Some(false) && replying {
                self.focus();
            }
            replying
        });
        effect(move || {
            if let Some(element) = self.field.get() {
                if element.value().is_empty() {
                    element.set_value(&draft::kept(talk));
                }
                grow(&element);
            }
        });
        on_cleanup(move || talk.stop_typing());
    }

    fn focus(self) {
        if let Some(element) = self.field.get_untracked() {
            let _ = element.focus();
        }
    }
}

#[component]
pub(super) fn Composer(talk: Talk) -> impl IntoView {
    let writing = Writing {
        talk,
        field: NodeRef::new(),
        names: Names::new(),
        chosen: StoredValue::new(Vec::new()),
        trouble: talk.trouble,
    };
    writing.follow();
    let label = move || {
        if talk.editing.with(Option::is_some) {
            "Save".to_owned()
        } else {
            "Send".to_owned()
        }
    };
    view! {
        {when(move || talk.editing.with(Option::is_some), move || late(Late::Editing(talk)))}
        {when(move || talk.replying.with(Option::is_some), move || late(Late::Answering(talk)))}
        <div class="trouble-line" role="alert">{words(move || talk.trouble.get().unwrap_or_default())}</div>
        {when(move || talk.tray.used.get(), move || late(Late::Strip(talk)))}
        <form class="compose" on:submit=move |event| event.prevent_default()>
            {when(move || writing.names.is_open(), move || {
                late(Late::Names(writing.names, Callback::new(move |mention| writing.name(mention))))
            })}
            {when(move || talk.editing.with(Option::is_none), move || view! { <AttachButton tray=talk.tray/> })}
            <textarea
                node_ref=writing.field
                on:paste=move |event| talk.tray.pasted(event.as_ref())
                class="field"
                aria-label="Message"
                placeholder=words(move || talk.page.with(|page| format!("Message {}", page.name)))
                rows="1"
                dir="auto"
                autocomplete="off"
                aria-autocomplete="list"
                aria-controls=maybe(move || writing.names.is_open().then(|| "names".into()))
                aria-activedescendant=maybe(move || writing.names.active())
                on:keydown=move |event| writing.pressed(&event)
                on:input=move |_| writing.typed()
                on:blur=move |_| {
                    writing.names.close();
                    talk.stop_typing();
                }
            ></textarea>
            // Not a submit button: before the wasm is there, a form that is sent would lose the text.
            <button type="button" class="send" aria-label=words(label) on:click=click(move || writing.send())>
                <Icon glyph=Glyph::Send/>
            </button>
        </form>
    }
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
