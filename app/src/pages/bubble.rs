//! One message: its bubble, and beside it who wrote it. Rendered fifty times in the first view, so it is flat.

use domain::MessageId;
use leptos::{either::Either, prelude::*};

use super::{
    lines::{Row, State},
    talk::Talk,
};
use crate::ui::{Avatar, Glyph, Icon};

#[component]
pub(super) fn Bubble(talk: Talk, id: MessageId, row: ArcRwSignal<Row>) -> impl IntoView {
    let me = talk.me.with_value(|me| me.account);
    let (author, name) = row.with_untracked(|row| {
        let message = &row.message;
        (message.author, message.author_name.clone())
    });
    let mine = author == me;
    let class = {
        let row = row.clone();
        move || row.with(|row| class(row, mine))
    };
    let label = if mine { "You".to_owned() } else { name.clone() };
    let first = {
        let row = row.clone();
        move || row.with(|row| row.first)
    };
    let avatar = (!mine).then(|| {
        let (first, name) = (first.clone(), name.clone());
        move || first().then(|| view! { <Avatar id=author.0 name=name.clone() small=true/> })
    });
    let who = (!mine).then(|| {
        let class = format!("who hue-{}", domain::hue(&author.0));
        move || first().then(|| view! { <div class=class.clone()>{name.clone()}</div> })
    });
    let body = {
        let row = row.clone();
        move || row.with(|row| row.message.body.clone())
    };
    let time = {
        let row = row.clone();
        move || {
            let zone = talk.zone.get();
            row.with(|row| {
                let clock = zone.local(row.message.at).clock();
                if row.message.edited.is_some() {
                    format!("edited {clock}")
                } else {
                    clock
                }
            })
        }
    };
    let (tick, failed) = (
        mine.then(|| tick(row.clone())),
        mine.then(|| failed(talk, id, row)),
    );
    view! {
        <article class=class aria-label=label>
            {avatar}
            <div class="bubble">
                {who}
                // The time stands in the last line, where there is room for it.
                <div class="text" dir="auto">{body}<span class="meta" dir="ltr"><time>{time}</time>{tick}</span></div>
                {failed}
            </div>
        </article>
    }
}

fn class(row: &Row, mine: bool) -> &'static str {
    match (mine, row.first, &row.state) {
        (true, true, State::Refused(_)) => "msg me first unsent",
        (true, false, State::Refused(_)) => "msg me unsent",
        (true, true, _) => "msg me first",
        (true, false, _) => "msg me",
        (false, true, _) => "msg first",
        (false, false, _) => "msg",
    }
}

/// A clock while it is on its way, a tick when it is stored.
fn tick(row: ArcRwSignal<Row>) -> impl IntoView {
    move || {
        let (label, glyph) = row.with(|row| match row.state {
            State::Stored => ("Sent", Glyph::Check),
            State::Waiting => ("Sending", Glyph::Clock),
            State::Refused(_) => ("Not sent", Glyph::Warning),
        });
        view! { <span class="tick" role="img" aria-label=label><Icon glyph=glyph/></span> }
    }
}

fn failed(talk: Talk, id: MessageId, row: ArcRwSignal<Row>) -> impl IntoView {
    move || {
        row.with(|row| match &row.state {
            State::Refused(why) => Either::Left(view! {
                <div class="failed" role="alert">
                    <p>{why.clone()}</p>
                    <button type="button" on:click=move |_| talk.retry(id)>"Retry"</button>
                    <button type="button" on:click=move |_| talk.discard(id)>"Delete"</button>
                </div>
            }),
            _ => Either::Right(()),
        })
    }
}
