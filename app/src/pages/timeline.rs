//! The log: days, groups, the unread divider; opens where reading goes on, follows at its end, reaches back as far as
//! history goes.

use leptos::{either::Either, ev, prelude::*};

use super::{
    bubble::Bubble,
    hand::{Hand, pressed},
    late::{Late, late},
    sheet::{DayView, LineView},
    talk::{Older, Talk},
};
use crate::ui::{Glyph, Icon, click, effect, maybe, when, words};

#[component]
pub(super) fn Timeline(talk: Talk) -> impl IntoView {
    effect(move || {
        talk.begin();
        for seen in ["focus", "visibilitychange"] {
            let listening = window_event_listener_untyped(seen, move |_| talk.looked_at());
            on_cleanup(move || listening.remove());
        }
        let left = window_event_listener(ev::blur, move |_| talk.looked_at());
        on_cleanup(move || left.remove());
    });
    let scrolled = move |_| {
        if talk.scroll.moved() {
            talk.looked_at();
        }
        if talk.scroll.near_start() {
            talk.go_up();
        } else if talk.below.get_untracked() && talk.scroll.near_end() {
            talk.go_down();
        }
    };
    let hand = Hand::new();
    // From the first time on it stays.
    let acted = Memo::new(move |acted| acted == Some(&true) || talk.acting.with(Option::is_some));
    let looked =
        Memo::new(move |looked| looked == Some(&true) || talk.looking.with(Option::is_some));
    let loading = move || talk.older.get() == Older::Loading;
    view! {
        <div class="log-frame">
            <div
                class="log"
                role="log"
                aria-label="Messages"
                // What is news is said beside it; what history brings is none.
                aria-live="off"
                aria-busy=maybe(move || loading().then(|| "true".into()))
                tabindex="0"
                node_ref=talk.scroll.log
                on:scroll=scrolled
                on:keydown=move |event| pressed(talk, &event)
                on:pointerdown=move |event| hand.down(talk, &event)
                on:pointermove=move |event| hand.moved(&event)
                on:pointerup=move |_| hand.up(talk)
                on:pointercancel=move |_| hand.cancel()
            >
                <div class="lines">
                    <Beginning talk=talk/>
                    <For
                        each=move || talk.sheet.days().get()
                        key=|day| day.number
                        children=move |day| view! { <Day talk=talk day=day/> }
                    />
                </div>
            </div>
            <p class="unseen" role="status">{words(move || talk.aloud.get())}</p>
            <Jump talk=talk/>
            {when(move || acted.get(), move || late(Late::MessageMenu(talk)))}
            {when(move || looked.get(), move || late(Late::Lightbox(talk)))}
        </div>
    }
}

#[component]
fn Day(talk: Talk, day: DayView) -> impl IntoView {
    let at = day.at;
    let label = move || {
        let zone = talk.zone.get();
        zone.local(at).day_label(zone.local(talk.now.get()))
    };
    let lines = day.lines;
    view! {
        <div class="day-lines">
            <p class="day">{words(label)}</p>
            <For
                each=move || lines.get()
                key=LineView::key
                children=move |line| match line {
                    LineView::Unread(count) => Either::Left(unread(count)),
                    LineView::Message(_, row) => Either::Right(view! { <Bubble talk=talk row=row/> }),
                }
            />
        </div>
    }
}

fn unread(count: i64) -> impl IntoView {
    let words = if count == 1 {
        "1 unread message".to_owned()
    } else {
        format!("{count} unread messages")
    };
    view! { <p class="unread">{words}<span class="opening" aria-hidden="true"></span></p> }
}

/// What stands above the oldest message that is loaded.
#[component]
fn Beginning(talk: Talk) -> impl IntoView {
    view! {
        <div class="beginning">
            {move || match talk.older.get() {
                Older::None => None,
                Older::There | Older::Loading => {
                    Some(Either::Left(view! { <p class="muted">"Loading older messages…"</p> }))
                }
                Older::Failed => Some(Either::Right(view! {
                    <p class="muted">"Older messages could not be loaded."</p>
                    <button type="button" class="btn ghost" on:click=click(move || talk.load_older())>
                        "Try again"
                    </button>
                })),
            }}
        </div>
    }
}

/// The way back to the end, with a count of what arrived there meanwhile.
#[component]
fn Jump(talk: Talk) -> impl IntoView {
    let fresh = move || {
        let count = talk.fresh.get();
        let badge =
            || view! { <span class="badge">{count}<span class="unseen">" new"</span></span> };
        (count > 0).then(badge)
    };
    view! {
        {when(move || !talk.scroll.at_end.get() || talk.below.get(), move || view! {
            <button type="button" class="jump" on:click=click(move || talk.to_latest())>
                <Icon glyph=Glyph::Down/>
                "Jump to latest"
                {fresh}
            </button>
        })}
    }
}
