//! Choosing among devices, before a call and in it.

use leptos::prelude::*;
use web_sys::MediaDeviceKind;

use super::{
    call::Beam,
    devices::{Listed, Meter},
    rtc::get,
};
use crate::ui::{effect, maybe};

/// One of them, by its name.
#[component]
fn Choice(
    label: &'static str,
    kind: MediaDeviceKind,
    beam: Beam,
    #[prop(into)] chosen: Signal<String>,
    choose: Callback<String>,
) -> impl IntoView {
    let options = move || {
        let chosen = chosen.get();
        let devices = beam.own.listed.get();
        let devices: Vec<Listed> = devices.into_iter().filter(|it| it.kind == kind).collect();
        let known = devices.iter().any(|device| device.id == chosen);
        let option = move |(at, device): (usize, Listed)| {
            let selected = device.id == chosen || (!known && at == 0);
            let name = match device.label.as_str() {
                "" => format!("{label} {}", at + 1),
                name => name.to_owned(),
            };
            view! { <option value=device.id selected=selected>{name}</option> }
        };
        devices.into_iter().enumerate().map(option).collect_view()
    };
    let none = move || {
        !beam
            .own
            .listed
            .with(|all| all.iter().any(|it| it.kind == kind))
    };
    view! {
        <label class="choice">
            <span>{label}</span>
            // Its own name: in a label's text what is chosen would be part of it.
            <select
                class="input"
                aria-label=label
                disabled=maybe(move || none().then(String::new))
                on:change:target=move |event| choose.run(event.target().value())
            >
                {options}
            </select>
        </label>
    }
}

#[component]
pub(super) fn Choices(beam: Beam) -> impl IntoView {
    let own = beam.own;
    let microphone = Callback::new(move |id| {
        own.choose(|chosen| chosen.microphone = id);
        beam.change_voice();
    });
    let camera = Callback::new(move |id| {
        own.choose(|chosen| {
            chosen.camera = id;
            chosen.without_camera = false;
        });
        beam.open_chosen_camera();
    });
    let speaker = Callback::new(move |id| beam.change_speaker(id));
    // Where the browser can send sound to one of several.
    let can_choose =
        web_sys::HtmlAudioElement::new().is_ok_and(|sound| get(&sound, "setSinkId").is_function());
    let chosen = own.chosen;
    view! {
        <Choice
            label="Camera"
            kind=MediaDeviceKind::Videoinput
            beam=beam
            chosen=Signal::derive(move || chosen.with(|it| it.camera.clone()))
            choose=camera
        />
        <Choice
            label="Microphone"
            kind=MediaDeviceKind::Audioinput
            beam=beam
            chosen=Signal::derive(move || chosen.with(|it| it.microphone.clone()))
            choose=microphone
        />
        <Level beam=beam/>
        {can_choose.then(|| view! {
            <Choice
                label="Speaker"
                kind=MediaDeviceKind::Audiooutput
                beam=beam
                chosen=Signal::derive(move || chosen.with(|it| it.speaker.clone()))
                choose=speaker
            />
        })}
    }
}

/// How loud my microphone is, while somebody looks.
#[component]
fn Level(beam: Beam) -> impl IntoView {
    let level = RwSignal::new(0.0);
    let meter = StoredValue::new_local(None::<Meter>);
    effect(move || {
        level.set(0.0);
        let made = beam.own.voice.with(|voice| {
            let told = move |now: f64| {
                level.try_update(|level| *level = now.max(*level * 0.7));
            };
            Meter::begin(voice.as_ref()?, told)
        });
        meter.set_value(made);
    });
    on_cleanup(move || {
        meter.try_set_value(None);
    });
    view! {
        <label class="choice level">
            <span>"Level"</span>
            <meter min="0" max="1" aria-label="Microphone level" prop:value=move || level.get()></meter>
        </label>
    }
}
