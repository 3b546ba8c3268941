//! What was shared on a page: the newest beside the conversation, all of it in a dialog.

use domain::{ImageId, PageImage};
use leptos::prelude::*;

use super::{album::Thumb, api};
use crate::{
    pages::Talk,
    ui::{Dialog, Trouble, act, click, effect},
};

const A_TIME: u32 = 60;

/// The newest of what is loaded.
#[component]
pub fn Shared(talk: Talk, all: Callback<()>) -> impl IntoView {
    let look = Callback::new(move |id| talk.looking.set(Some(id)));
    move || {
        let images = talk.pictures.get();
        (!images.is_empty()).then(|| {
            let images = images.into_iter();
            view! {
                <h2>"Shared images"</h2>
                <div class="gallery">
                    {images.map(|image| view! { <Thumb image=image look=look/> }).collect_view()}
                </div>
                <p class="everyone">
                    <button type="button" class="quiet" on:click=click(move || all.run(()))>"Show all images"</button>
                </p>
            }
        })
    }
}

#[component]
pub fn GalleryDialog(talk: Talk, open: RwSignal<bool>) -> impl IntoView {
    view! { <Dialog open=open title="Shared images" wide=true><Gallery talk=talk open=open/></Dialog> }
}

#[component]
fn Gallery(talk: Talk, open: RwSignal<bool>) -> impl IntoView {
    let trouble = RwSignal::new(None);
    let found = RwSignal::new(Vec::<PageImage>::new());
    let more = RwSignal::new(true);
    let further = move || {
        let before = found.with_untracked(|found| found.last().map(|last| last.seq));
        act(
            trouble,
            api::page_images(talk.id, before, A_TIME),
            move |next| {
                let _ = more.try_set(next.len() >= A_TIME as usize);
                let _ = found.try_update(|found| found.extend(next));
            },
        );
    };
    effect(further);
    let look = Callback::new(move |id: ImageId| {
        open.set(false);
        talk.looking.set(Some(id));
    });
    view! {
        <Trouble words=trouble/>
        <div class="gallery all">
            <For
                each=move || found.get()
                key=|found| found.image.id
                children=move |found| view! { <Thumb image=found.image look=look/> }
            />
        </div>
        <Show when=move || more.get()>
            <p class="everyone"><button type="button" class="btn ghost" on:click=click(further)>"Older ones"</button></p>
        </Show>
    }
}
