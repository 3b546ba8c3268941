//! What stands over the field: which message is edited or answered.

use leptos::prelude::*;

use crate::{
    pages::{bubble::summary, talk::Talk},
    ui::{Glyph, Icon},
};

#[component]
pub fn Editing(talk: Talk) -> impl IntoView {
    view! {
        <div class="mending">
            <Icon glyph=Glyph::Edit/>
            <span class="grow">"Editing your message"</span>
            <button type="button" class="icon" aria-label="Cancel" on:click=move |_| talk.editing.set(None)>
                <Icon glyph=Glyph::Close/>
            </button>
        </div>
    }
}

#[component]
pub fn Answering(talk: Talk) -> impl IntoView {
    move || {
        talk.replying.get().map(|message| {
            let class = format!("mending answering hue-{}", domain::hue(&message.author.0));
            view! {
                <div class=class>
                    <Icon glyph=Glyph::Reply/>
                    <div class="grow">
                        <b>{message.author_name.clone()}</b>
                        <span class="line" dir="auto">{summary(&message.body, message.images.len())}</span>
                    </div>
                    <button
                        type="button"
                        class="icon"
                        aria-label="Cancel reply"
                        on:click=move |_| talk.replying.set(None)
                    >
                        <Icon glyph=Glyph::Close/>
                    </button>
                </div>
            }
        })
    }
}
