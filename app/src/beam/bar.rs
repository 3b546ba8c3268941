//! The buttons below the stage.

use leptos::prelude::*;

use super::{
    call::Beam,
    choice::Choices,
    sign::{self, sign, turning},
};
use crate::ui::{Dialog, click, words};

/// A button that is on or off, and says so.
#[component]
fn Switch(
    label: &'static str,
    #[prop(into)] on: Signal<bool>,
    /// When it is on, and when not.
    signs: (&'static str, &'static str),
    turn: Callback<()>,
    #[prop(optional, into)] class: String,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=format!("ctl {class}")
            aria-label=label
            title=label
            aria-pressed=words(move || on.get().to_string())
            on:click=click(move || turn.run(()))
        >
            {turning(move || on.get(), signs)}
        </button>
    }
}

#[component]
pub(super) fn Bar(beam: Beam) -> impl IntoView {
    let devices = RwSignal::new(false);
    let camera = Signal::derive(move || beam.own.camera.with(Option::is_some));
    view! {
        <div class="beam-bar" role="group" aria-label="Call">
            <Switch
                label="Mute"
                on=beam.muted
                signs=(sign::MUTED, sign::MICROPHONE)
                turn=Callback::new(move |()| beam.toggle_mute())
            />
            <Switch
                label="Camera"
                on=camera
                signs=(sign::CAMERA, sign::NO_CAMERA)
                class="inverse"
                turn=Callback::new(move |()| beam.toggle_camera())
            />
            <Switch
                label="Share screen"
                on=beam.sharing
                signs=(sign::SCREEN, sign::SCREEN)
                class="large-only"
                turn=Callback::new(move |()| beam.toggle_screen())
            />
            <Switch
                label="Raise hand"
                on=beam.hand
                signs=(sign::HAND, sign::HAND)
                class="large-only"
                turn=Callback::new(move |()| beam.toggle_hand())
            />
            <button
                type="button"
                class="ctl large-only"
                aria-label="Devices"
                title="Devices"
                aria-haspopup="dialog"
                on:click=click(move || devices.set(true))
            >
                {sign(sign::DEVICES)}
            </button>
            <button type="button" class="ctl end" aria-label="Leave" title="Leave" on:click=click(move || beam.leave())>
                {sign(sign::LEAVE)}
            </button>
        </div>
        <Dialog open=devices title="Devices">
            <div class="choices"><Choices beam=beam/></div>
        </Dialog>
    }
}
