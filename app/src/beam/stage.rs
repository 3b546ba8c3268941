//! All that is seen of calls: the stage beside the chat, the same as a small window on other pages, and what rings.

use domain::PageId;
use leptos::{either::Either, html, prelude::*};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::ResizeObserver;

use super::{
    Bell,
    bar::Bar,
    call::{Beam, Stage},
    preview::Preview,
    ring::Ringing,
    sign::{self, sign},
    tile::Cam,
};
use crate::ui::{Glyph, Icon, click, effect, maybe, words};

/// Begins with the first call in this tab and stays, whatever page is shown.
#[component]
pub fn Calls(bell: Bell) -> impl IntoView {
    let beam = Beam::new(bell);
    beam.listen();
    beam.keep_looking();
    beam.own.watch(move || beam.devices_changed());
    // A rejoin is no new stage.
    let stage = Memo::new(move |_| beam.stage.get());
    view! {
        {move || beam.ring.get().map(|ring| view! { <Ringing beam=beam ring=ring/> })}
        <Preview beam=beam/>
        {move || match stage.get() {
            Stage::Nowhere => None,
            Stage::In(page) => Some(Either::Left(view! { <OnStage beam=beam page=page/> })),
            Stage::Frame(page, url) => {
                Some(Either::Right(view! { <Elsewhere beam=beam page=page url=url/> }))
            }
        }}
        <Said beam=beam/>
        <p class="unseen" role="status">{words(move || beam.aloud.get())}</p>
    }
}

/// What went wrong, also after the stage has gone.
#[component]
fn Said(beam: Beam) -> impl IntoView {
    let said = Memo::new(move |_| {
        let trouble = beam.trouble.get();
        trouble.filter(|_| beam.preview.with(Option::is_none))
    });
    view! {
        <div class="beam-said" hidden=maybe(move || said.with(Option::is_none).then(String::new))>
            <p role="alert">{words(move || said.get().unwrap_or_default())}</p>
            <button type="button" class="icon" aria-label="Close" on:click=click(move || beam.trouble.set(None))>
                <Icon glyph=Glyph::Close/>
            </button>
        </div>
    }
}

#[component]
fn OnStage(beam: Beam, page: PageId) -> impl IntoView {
    let tiles = move || {
        beam.scene.with(|scene| {
            scene
                .tiles
                .iter()
                .map(|(tile, _)| *tile)
                .collect::<Vec<_>>()
        })
    };
    let cams = NodeRef::<html::Ul>::new();
    measure(cams, beam.size);
    let section = NodeRef::<html::Section>::new();
    effect(move || {
        // The dialog it came from is gone, and so is the button that opened that.
        if let Some(section) = section.get() {
            let _ = section.focus();
        }
    });
    let said = move || match (beam.troubled.get(), beam.sharing.get()) {
        (true, _) => "Reconnecting…".to_owned(),
        (false, true) => "You share your screen".to_owned(),
        (false, false) => String::new(),
    };
    view! {
        <section
            class=words(frame_class(beam))
            aria-label=words(move || format!("Call on {}", beam.page_name(page)))
            tabindex="-1"
            node_ref=section
        >
            <Head beam=beam page=page/>
            <ul class="cams" aria-label="People in the call" node_ref=cams>
                <For each=tiles key=|tile| *tile children=move |tile| view! { <Cam beam=beam tile=tile/> }/>
            </ul>
            <Turn beam=beam/>
            <div class="beam-lines">
                <p role="status">{words(said)}</p>
                <button
                    type="button"
                    class="btn"
                    hidden=maybe(move || (!beam.silenced.get()).then(String::new))
                    on:click=click(move || beam.let_hear())
                >
                    "Turn on sound"
                </button>
            </div>
            <Bar beam=beam/>
        </section>
    }
}

fn frame_class(beam: Beam) -> impl FnMut() -> String + Send {
    move || {
        if beam.is_small() {
            "beam small"
        } else {
            "beam"
        }
        .into()
    }
}

#[component]
fn Head(beam: Beam, page: PageId) -> impl IntoView {
    let line = move || {
        let (count, since) = beam.call.with(|call| {
            let call = call.as_ref();
            call.map_or((0, None), |call| (call.callers.len(), Some(call.since)))
        });
        let now = beam.clock.get();
        let long = since.map_or(0, |since| now.secs_since(since).max(0));
        format!("{count} in the call · {}", clock(long))
    };
    view! {
        <header class="beam-head">
            <div class="grow">
                <h2 dir="auto">{words(move || beam.page_name(page))}</h2>
                <small>{words(line)}</small>
            </div>
            <small class="quality">{words(move || beam.quality.get().words().into())}</small>
            <Fold beam=beam page=page/>
        </header>
    }
}

/// `12:41`, `1:02:03`.
fn clock(seconds: i64) -> String {
    let (minutes, rest) = (seconds / 60, seconds % 60);
    match minutes / 60 {
        0 => format!("{minutes}:{rest:02}"),
        hours => format!("{hours}:{:02}:{rest:02}", minutes % 60),
    }
}

/// Between the stage and the small window. From another page it is the way back.
#[component]
fn Fold(beam: Beam, page: PageId) -> impl IntoView {
    let back = move || {
        view! {
            <a
                class="icon"
                href=format!("/p/{page}")
                aria-label="Back to the call"
                title="Back to the call"
                on:click=click(move || beam.folded.set(false))
            >
                {sign(sign::UNFOLD)}
            </a>
        }
    };
    let fold = move || {
        view! {
            <button
                type="button"
                class="icon"
                aria-label="Make the call small"
                title="Make the call small"
                on:click=click(move || beam.folded.set(true))
            >
                {sign(sign::FOLD)}
            </button>
        }
    };
    move || {
        if beam.is_small() {
            Either::Left(back())
        } else {
            Either::Right(fold())
        }
    }
}

/// From one page of tiles to the next.
#[component]
fn Turn(beam: Beam) -> impl IntoView {
    let pages = Memo::new(move |_| beam.scene.with(|scene| (scene.page, scene.pages)));
    let to = move |by: isize| {
        let (page, pages) = pages.get_untracked();
        let next = page.saturating_add_signed(by).min(pages - 1);
        beam.turned.set(next);
    };
    // A page that is gone is not turned back to when more people come.
    effect(move || {
        let (page, _) = pages.get();
        if !beam.is_small() && beam.turned.get_untracked() > page {
            beam.turned.set(page);
        }
    });
    let several = Memo::new(move |_| pages.with(|(_, pages)| *pages > 1));
    let first = move || (pages.with(|(page, _)| *page == 0)).to_string();
    let last = move || (pages.with(|(page, pages)| page + 1 == *pages)).to_string();
    let place = move || pages.with(|(page, pages)| format!("{} of {pages}", page + 1));
    // Disabled in words only: whoever turns by keyboard stays where they are.
    move || {
        several.get().then(|| {
            view! {
                <nav class="turn" aria-label="Pages of people">
                    <button type="button" class="icon" aria-label="Previous people" aria-disabled=words(first) on:click=click(move || to(-1))>
                        <Icon glyph=Glyph::Back/>
                    </button>
                    <span role="status">{words(place)}</span>
                    <button type="button" class="icon next" aria-label="More people" aria-disabled=words(last) on:click=click(move || to(1))>
                        <Icon glyph=Glyph::Back/>
                    </button>
                </nav>
            }
        })
    }
}

/// A call of another provider, in the same place.
#[component]
fn Elsewhere(beam: Beam, page: PageId, url: String) -> impl IntoView {
    view! {
        <section class=words(frame_class(beam)) aria-label=words(move || format!("Call on {}", beam.page_name(page)))>
            <header class="beam-head">
                <div class="grow"><h2 dir="auto">{words(move || beam.page_name(page))}</h2></div>
                <Fold beam=beam page=page/>
            </header>
            <iframe
                class="cams"
                src=url
                title="Call"
                allow="camera; microphone; display-capture; fullscreen; autoplay; speaker-selection"
            ></iframe>
            <div class="beam-bar">
                <button type="button" class="ctl end" aria-label="Leave" title="Leave" on:click=click(move || beam.leave())>
                    {sign(sign::LEAVE)}
                </button>
            </div>
        </section>
    }
}

/// Keeps the size of an element, as long as it is there.
fn measure(element: NodeRef<html::Ul>, size: RwSignal<(f64, f64)>) {
    let watching = StoredValue::new_local(None);
    effect(move || {
        let Some(element) = element.get() else { return };
        let measured: web_sys::Element = (*element).clone().into();
        let changed = Closure::<dyn FnMut()>::new(move || {
            let room = measured.get_bounding_client_rect();
            let now = (room.width(), room.height());
            if size.try_get_untracked().is_some_and(|known| known != now) {
                size.set(now);
            }
        });
        if let Ok(observer) = ResizeObserver::new(changed.as_ref().unchecked_ref()) {
            observer.observe(&element);
            watching.set_value(Some(SendWrapper::new((observer, changed))));
        }
    });
    on_cleanup(move || {
        if let Some(watching) = watching.try_update_value(Option::take).flatten() {
            watching.0.disconnect();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn how_long_it_lasts_is_told_as_a_clock_does() {
        assert_eq!(clock(761), "12:41");
        assert_eq!(clock(3_723), "1:02:03");
        assert_eq!(clock(5), "0:05");
    }
}
