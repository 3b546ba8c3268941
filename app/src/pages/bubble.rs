//! One message: its bubble, and beside it who wrote it. Rendered fifty times in the first view, so it is flat.

use domain::{AccountId, Message, MessageId};
use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};

use super::{
    lines::{Row, State},
    prose::{is_large, prose},
    receipt::Receipt,
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
    let of = |read: fn(&Row, Talk) -> String| {
        let row = row.clone();
        move || row.with(|row| read(row, talk))
    };
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
    let text_class = {
        let row = row.clone();
        move || {
            row.with(|row| {
                if is_large(&row.message) {
                    "text large"
                } else {
                    "text"
                }
            })
        }
    };
    let tick = mine.then(|| tick(talk, row.clone()));
    let failed = mine.then(|| failed(talk, id, row.clone()));
    view! {
        <article class=class aria-label=label data-id=id.to_string() tabindex="-1">
            {avatar}
            <div class="bubble">
                {who}
                {quote(talk, row.clone())}
                // The time stands in the last line, where there is room for it.
                <div class=text_class dir="auto">
                    {text(row.clone())}<span class="meta" dir="ltr"><time>{of(time)}</time>{tick}</span>
                </div>
                {failed}
                {reactions(talk, id, me, row)}
            </div>
            <button
                type="button"
                class="acts"
                tabindex="-1"
                aria-label="Actions"
                aria-haspopup="menu"
                on:click=move |_| talk.open_menu(id)
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

fn time(row: &Row, talk: Talk) -> String {
    let clock = talk.zone.get().local(row.message.at).clock();
    if row.message.edited.is_some() {
        format!("edited {clock}")
    } else {
        clock
    }
}

fn text(row: ArcRwSignal<Row>) -> impl IntoView {
    move || {
        row.with(|row| {
            let message = &row.message;
            if message.deleted {
                Either::Left(view! { <i class="taken-back">"Message deleted"</i> })
            } else {
                Either::Right(prose(&message.body, &message.mentions))
            }
        })
    }
}

/// What it answers; a click leads there.
fn quote(talk: Talk, row: ArcRwSignal<Row>) -> impl IntoView {
    move || {
        let quote = row.with(|row| row.message.reply.clone().filter(|_| !row.message.deleted))?;
        let class = format!("quote hue-{}", domain::hue(&quote.author.0));
        let words = if quote.text.is_empty() {
            "Message deleted".to_owned()
        } else {
            domain::text::plain(&quote.text)
        };
        let seq = quote.seq;
        Some(view! {
            <button type="button" class=class on:click=move |_| talk.jump_to(seq)>
                <b>{quote.author_name}</b>
                <span dir="auto">{words}</span>
            </button>
        })
    }
}

fn reactions(talk: Talk, id: MessageId, me: AccountId, row: ArcRwSignal<Row>) -> impl IntoView {
    move || {
        let chips = row.with(|row| chips(&row.message, me));
        (!chips.is_empty()).then(|| {
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
                        on:click=move |_| talk.react(id, emoji.clone())
                    >
                        <span>{chip.emoji}</span>
                        {chip.count}
                    </button>
                }
            };
            view! { <div class="reactions">{chips.into_iter().map(chip).collect_view()}</div> }
        })
    }
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
fn tick(talk: Talk, row: ArcRwSignal<Row>) -> impl IntoView {
    move || {
        row.with(|row| {
            if row.message.deleted {
                return EitherOf3::A(());
            }
            let one = |label: &'static str, glyph| {
                view! { <span class="tick" role="img" aria-label=label><Icon glyph=glyph/></span> }
            };
            match row.state {
                State::Waiting => EitherOf3::B(one("Sending", Glyph::Clock)),
                State::Refused(_) => EitherOf3::B(one("Not sent", Glyph::Warning)),
                State::Stored => {
                    let seq = row.message.seq;
                    EitherOf3::C(move || {
                        let (class, label, glyph) = match Receipt::of(seq, talk.reach.get()) {
                            Receipt::Stored => ("tick", "Sent", Glyph::Check),
                            Receipt::Delivered => ("tick", "Delivered", Glyph::Checks),
                            Receipt::Read => ("tick read", "Read", Glyph::Checks),
                        };
                        view! { <span class=class role="img" aria-label=label><Icon glyph=glyph/></span> }
                    })
                }
            }
        })
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
