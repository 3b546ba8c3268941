//! One message: its bubble, and beside it who wrote it. Rendered fifty times in the first view, so it is flat.

use domain::{AccountId, Message, Timestamp};
use leptos::{either::Either, prelude::*};

use super::{
    lines::{Row, State},
    prose::{is_large, prose},
    receipt::Receipt,
    talk::Talk,
};
use crate::{
    images::Album,
    ui::{Avatar, Glyph, Icon, click, words},
};

/// One closure for nearly all of it: a change builds no element anew, and there is little code for it.
#[component]
pub(super) fn Bubble(talk: Talk, row: ArcRwSignal<Row>) -> impl IntoView {
    let me = talk.me.with_value(|me| me.account);
    move || row.with(|row| article(talk, me, row))
}

fn article(talk: Talk, me: AccountId, row: &Row) -> impl IntoView + use<> {
    let message = &row.message;
    let (id, author, name) = (message.id, message.author, message.author_name.clone());
    let mine = author == me;
    let label = if mine { "You".to_owned() } else { name.clone() };
    let named = !mine && row.first;
    let avatar = named.then(|| view! { <Avatar id=author.0 name=name.clone() small=true/> });
    let who = named
        .then(|| view! { <div class=format!("who hue-{}", domain::hue(&author.0))>{name}</div> });
    let text_class = if message.call.is_some() {
        "text call-log"
    } else if is_large(message) {
        "text large"
    } else {
        "text"
    };
    let (at, edited) = (message.at, message.edited.is_some());
    view! {
        <article class=class(row, mine) aria-label=label data-id=id.to_string() tabindex="-1">
            {avatar}
            <div class="bubble">
                {who}
                {quote(talk, message)}
                {album(talk, message)}
                // The time stands in the last line, where there is room for it.
                <div class=text_class dir="auto">
                    {text(message)}
                    <span class="meta" dir="ltr">
                        <time>{words(move || time(talk, at, edited))}</time>{mine.then(|| tick(talk, row))}
                    </span>
                </div>
                {failed(talk, row)}
                {reactions(talk, me, message)}
            </div>
            <button
                type="button"
                class="acts"
                tabindex="-1"
                aria-label="Actions"
                aria-haspopup="menu"
                on:click=click(move || talk.open_menu(id))
            ></button>
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

fn time(talk: Talk, at: Timestamp, edited: bool) -> String {
    let clock = talk.zone.get().local(at).clock();
    if edited {
        format!("edited {clock}")
    } else {
        clock
    }
}

/// A message in a few words.
pub(super) fn summary(text: &str, images: usize) -> String {
    match images {
        0 if text.is_empty() => "Message deleted".to_owned(),
        1 if text.is_empty() => "Photo".to_owned(),
        count if text.is_empty() => format!("{count} photos"),
        _ => domain::text::plain(text),
    }
}

fn text(message: &Message) -> impl IntoView + use<> {
    if message.deleted {
        Either::Left(view! { <i class="taken-back">"Message deleted"</i> })
    } else if let Some(call) = &message.call {
        Either::Right(prose(&call.words(), &[]))
    } else {
        Either::Right(prose(&message.body, &message.mentions))
    }
}

fn album(talk: Talk, message: &Message) -> Option<impl IntoView + use<>> {
    let images = message.images.clone();
    let look = Callback::new(move |id| talk.looking.set(Some(id)));
    (!images.is_empty()).then(|| view! { <Album images=images look=look/> })
}

/// What it answers; a click leads there.
fn quote(talk: Talk, message: &Message) -> Option<impl IntoView + use<>> {
    let quote = message.reply.clone().filter(|_| !message.deleted)?;
    let class = format!("quote hue-{}", domain::hue(&quote.author.0));
    let words = summary(&quote.text, quote.images);
    let seq = quote.seq;
    Some(view! {
        <button type="button" class=class on:click=click(move || talk.jump_to(seq))>
            <b>{quote.author_name}</b>
            <span dir="auto">{words}</span>
        </button>
    })
}

fn reactions(talk: Talk, me: AccountId, message: &Message) -> Option<impl IntoView + use<>> {
    let id = message.id;
    let chip = move |chip: Chip| {
        let emoji = chip.emoji.clone();
        let label = format!("{}, {}: {}", chip.emoji, chip.count, chip.names);
        view! {
            <button
                type="button"
                class="reaction"
                aria-pressed=if chip.mine { "true" } else { "false" }
                aria-label=label
                title=chip.names
                on:click=click(move || talk.react(id, emoji.clone()))
            >
                <span>{chip.emoji}</span>
                {chip.count}
            </button>
        }
    };
    let chips = chips(message, me);
    (!chips.is_empty()).then(|| {
        view! { <div class="reactions">{chips.into_iter().map(chip).collect_view()}</div> }
    })
}

struct Chip {
    emoji: String,
    count: usize,
    names: String,
    mine: bool,
}

fn chips(message: &Message, me: AccountId) -> Vec<Chip> {
    let mut chips = Vec::new();
    for reaction in &message.reactions {
        let name = |(who, name): &(AccountId, String)| {
            if *who == me {
                "You".to_owned()
            } else {
                name.clone()
            }
        };
        let names: Vec<_> = reaction.people.iter().map(name).collect();
        chips.push(Chip {
            emoji: reaction.emoji.clone(),
            count: reaction.people.len(),
            names: names.join(", "),
            mine: reaction.people.iter().any(|(who, _)| *who == me),
        });
    }
    chips
}

/// A clock while it is on its way, then ticks: stored, with everybody, read by everybody.
fn tick(talk: Talk, row: &Row) -> Option<impl IntoView + use<>> {
    let (state, seq) = (row.state.clone(), row.message.seq);
    let tick = move || {
        let (class, label, glyph) = match &state {
            State::Waiting => ("tick", "Sending", Glyph::Clock),
            State::Refused(_) => ("tick", "Not sent", Glyph::Warning),
            State::Stored => match Receipt::of(seq, talk.reach.get()) {
                Receipt::Stored => ("tick", "Sent", Glyph::Check),
                Receipt::Delivered => ("tick", "Delivered", Glyph::Checks),
                Receipt::Read => ("tick read", "Read", Glyph::Checks),
            },
        };
        view! { <span class=class role="img" aria-label=label><Icon glyph=glyph/></span> }
    };
    (!row.message.deleted).then_some(tick)
}

fn failed(talk: Talk, row: &Row) -> Option<impl IntoView + use<>> {
    let id = row.message.id;
    let State::Refused(why) = &row.state else {
        return None;
    };
    Some(view! {
        <div class="failed" role="alert">
            <p>{why.clone()}</p>
            <button type="button" on:click=click(move || talk.retry(id))>"Retry"</button>
            <button type="button" on:click=click(move || talk.discard(id))>"Delete"</button>
        </div>
    })
}
