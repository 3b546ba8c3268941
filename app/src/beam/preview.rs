//! Before a call: how one looks and sounds, with what, and whether at all.

use domain::PageId;
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    call::{Beam, Stage},
    choice::Choices,
    devices,
    own::Own,
    sign::{self, turning},
};
use crate::ui::{Dialog, Trouble, click, effect, maybe, words};

#[component]
pub(super) fn Preview(beam: Beam) -> impl IntoView {
    let open = RwSignal::new(false);
    // The page stays in the title while the dialog closes.
    let page = RwSignal::new(None::<PageId>);
    effect(move || {
        let wanted = beam.preview.get();
        if wanted.is_some() {
            page.set(wanted);
        }
        open.set(wanted.is_some());
    });
    Effect::new(move |before: Option<bool>| {
        let open = open.get();
        if !open && before == Some(true) {
            beam.preview.set(None);
            // Closed without joining: the lights go out.
            if beam.session().is_none() && !beam.joining.get_untracked() {
                beam.own.close();
            }
        }
        open
    });
    let title = move || {
        let name = page
            .get()
            .map_or(String::new(), |page| beam.page_name(page));
        format!("Call on {name}")
    };
    view! {
        <Dialog open=open title=Signal::derive(title) wide=true>
            <Ready beam=beam page=page.get_untracked()/>
        </Dialog>
    }
}

#[component]
fn Ready(beam: Beam, page: Option<PageId>) -> impl IntoView {
    let own = beam.own;
    spawn_local(begin(beam));
    let join = move || {
        if let Some(page) = page {
            beam.join(page);
        }
    };
    let chosen = own.chosen;
    let muted = move || chosen.with(|chosen| chosen.muted);
    let elsewhere = move || {
        let Some(page) = beam.stage.with(Stage::page) else {
            return String::new();
        };
        let name = beam.page_name(page);
        format!("You leave the call on {name} when you join.")
    };
    view! {
        <div class="preview">
            <Mirror own=own/>
            <div class="preview-acts">
                <button
                    type="button"
                    class="ctl"
                    aria-pressed=words(move || muted().to_string())
                    title="Join muted"
                    aria-label="Join muted"
                    on:click=click(move || own.choose(|chosen| chosen.muted = !chosen.muted))
                >
                    {turning(muted, (sign::MUTED, sign::MICROPHONE))}
                </button>
                <button
                    type="button"
                    class="ctl"
                    aria-pressed=words(move || own.camera.with(Option::is_none).to_string())
                    title="Join without camera"
                    aria-label="Join without camera"
                    on:click=click(move || beam.toggle_preview_camera())
                >
                    {turning(move || own.camera.with(Option::is_some), (sign::CAMERA, sign::NO_CAMERA))}
                </button>
            </div>
        </div>
        <div class="choices"><Choices beam=beam/></div>
        <div class="lacks" role="status">
            <p>{words(move || own.no_camera.get().unwrap_or_default())}</p>
            <p>{words(move || own.no_voice.get().unwrap_or_default())}</p>
        </div>
        <p class="muted small">{words(elsewhere)}</p>
        <Trouble words=beam.trouble/>
        <div class="actions">
            <button type="button" class="btn" autofocus disabled=beam.joining on:click=click(join)>
                {words(move || if beam.joining.get() { "Joining…" } else { "Join" }.into())}
            </button>
        </div>
    }
}

/// The camera as last time; the microphone in any case, so that its level can be seen.
async fn begin(beam: Beam) {
    beam.own.open().await;
    beam.opened_late().await;
}

/// Myself, as in a mirror.
#[component]
fn Mirror(own: Own) -> impl IntoView {
    let video = NodeRef::<html::Video>::new();
    effect(move || {
        if let Some(video) = video.get() {
            let stream = own.camera.with(|camera| devices::alone(camera.as_ref()?));
            video.set_src_object(stream.as_ref());
        }
    });
    let off = move || own.camera.with(Option::is_none);
    view! {
        <video class="mirror" node_ref=video autoplay muted playsinline aria-label="Your camera" hidden=maybe(move || off().then(String::new))></video>
        <p class="mirror nothing" hidden=maybe(move || (!off()).then(String::new))>"Your camera is off"</p>
    }
}
