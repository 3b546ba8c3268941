//! One person on stage, or one screen: a picture or initials, a name, and what is to be known of them.

use domain::{Caller, SessionId, Source, hue, initials};
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

use super::{
    call::Beam,
    devices,
    seats::Tile,
    sign::{self, turning},
};
use crate::ui::{Menu, click, effect, maybe, when, words};

#[component]
pub(super) fn Cam(beam: Beam, tile: Tile) -> impl IntoView {
    let session = tile.session;
    let caller = Memo::new(move |_| beam.caller(session));
    let mine = move || beam.me.get() == Some(session);
    let place = Memo::new(move |_| beam.scene.with(|scene| scene.place(tile)));
    let speaks = Memo::new(move |_| {
        let speaker = beam
            .call
            .with(|call| call.as_ref().and_then(|call| call.speaker));
        speaker == Some(session) && !tile.screen
    });
    let shows = Memo::new(move |_| match (tile.screen, mine()) {
        (true, _) => true,
        (false, true) => beam.own.camera.with(Option::is_some),
        (false, false) => caller.with(|caller| caller.as_ref().is_some_and(|it| it.camera)),
    });
    let class = move || {
        let kind = if tile.screen { "cam shared" } else { "cam" };
        let hue = caller.with(|it| it.as_ref().map_or(0, |it| hue(&it.account.0)));
        let speaking = if speaks.get() { " speaking" } else { "" };
        let mirrored = if mine() { " mine" } else { "" };
        format!("{kind} hue-{hue}{speaking}{mirrored}")
    };
    let element = NodeRef::<html::Li>::new();
    effect(move || {
        let (place, Some(element)) = (place.get(), element.get()) else {
            return;
        };
        let style = web_sys::HtmlElement::style(&element);
        for (name, length) in [
            ("left", place.left),
            ("top", place.top),
            ("width", place.width),
            ("height", place.height),
        ] {
            let _ = style.set_property(name, &format!("{length:.1}px"));
        }
    });
    let is = move |what: fn(&Caller) -> bool| {
        !tile.screen && caller.with(|caller| caller.as_ref().is_some_and(what))
    };
    let label = move || {
        caller.with(|caller| {
            caller
                .as_ref()
                .map_or(String::new(), |it| name(it, tile, mine()))
        })
    };
    view! {
        <li
            class=words(class)
            node_ref=element
        >
            <span class="avatar" aria-hidden="true" hidden=maybe(move || shows.get().then(String::new))>
                {words(move || caller.with(|it| it.as_ref().map_or(String::new(), |it| initials(&it.name))))}
            </span>
            <Picture beam=beam tile=tile shows=shows/>
            <span class="cam-name">
                {turning(move || speaks.get(), (sign::SPEAKING, ""))}
                {turning(move || is(|it| it.hand.is_some()), (sign::HAND, ""))}
                {turning(move || is(|it| it.muted), (sign::MUTED, ""))}
                <span class="unseen">{words(move || if speaks.get() { "Speaking: " } else { "" }.into())}</span>
                <span dir="auto">{words(label)}</span>
            </span>
            {(!tile.screen).then(|| view! { <State beam=beam session=session caller=caller/> })}
            {when(move || beam.manages.get() && !mine() && !tile.screen, move || view! {
                <Others beam=beam session=session caller=caller/>
            })}
        </li>
    }
}

fn name(caller: &Caller, tile: Tile, mine: bool) -> String {
    if tile.screen {
        return format!("{}’s screen", caller.name);
    }
    let mut words = if mine {
        "You".to_owned()
    } else {
        caller.name.clone()
    };
    if caller.muted {
        words += ", muted";
    }
    if caller.hand.is_some() {
        words += ", hand raised";
    }
    words
}

#[component]
fn Picture(beam: Beam, tile: Tile, shows: Memo<bool>) -> impl IntoView {
    let video = NodeRef::<html::Video>::new();
    let slot = Memo::new(move |_| {
        beam.slots.with(|slots| {
            let wanted = (Some(tile.session), tile.source());
            let mut slots = slots.iter();
            let slot = slots.find(|slot| (slot.session, slot.source) == wanted)?;
            Some(slot.mid.clone())
        })
    });
    effect(move || {
        let Some(video) = video.get() else { return };
        let mine = beam.me.get() == Some(tile.session) && tile.source() == Source::Camera;
        let stream = if !shows.get() {
            None
        } else if mine {
            beam.own
                .camera
                .with(|camera| devices::alone(camera.as_ref()?))
        } else {
            let mid = slot.get();
            mid.and_then(|mid| beam.session()?.peer().shown(&mid))
        };
        if video.src_object() != stream {
            video.set_src_object(stream.as_ref());
            if stream.is_some() {
                // Without sound it is always allowed; where it is not, the attribute has begun it already, and a tile
                // that goes meanwhile plays nothing.
                if let Ok(playing) = video.play() {
                    spawn_local(async move {
                        let _ = JsFuture::from(playing).await;
                    });
                }
            }
        }
    });
    view! {
        <video node_ref=video autoplay muted playsinline aria-hidden="true" hidden=maybe(move || (!shows.get()).then(String::new))></video>
    }
}

/// Trouble with this one, in words.
#[component]
fn State(beam: Beam, session: SessionId, caller: Memo<Option<Caller>>) -> impl IntoView {
    let said = move || {
        let still = beam.still.with(|still| still.contains(&session));
        caller.with(|caller| match caller {
            Some(caller) if caller.away => "Connection lost, waiting…".to_owned(),
            Some(caller) if still && caller.camera => "Weak connection".to_owned(),
            _ => String::new(),
        })
    };
    view! { <span class="cam-state" role="status">{words(said)}</span> }
}

/// What an admin may do to somebody else.
#[component]
fn Others(beam: Beam, session: SessionId, caller: Memo<Option<Caller>>) -> impl IntoView {
    let name = caller.with_untracked(|it| it.as_ref().map_or(String::new(), |it| it.name.clone()));
    let muted = move || caller.with(|it| it.as_ref().is_some_and(|it| it.muted));
    view! {
        <Menu label=format!("Actions for {name}")>
            <button type="button" disabled=muted on:click=click(move || beam.mute_other(session))>
                {format!("Mute {name}")}
            </button>
            <button type="button" class="danger" on:click=click(move || beam.remove_other(session))>
                "Remove from the call"
            </button>
        </Menu>
    }
}
