//! What can be done to a message: reactions first, then the rest. One menu for the whole log.

use std::sync::Arc;

use domain::Message;
use leptos::{either::Either, html, prelude::*, task::spawn_local};

use super::talk::Talk;
use crate::ui::{Confirm, Dialog, Glyph, Icon, Trouble, act, copy};

const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

#[component]
pub(super) fn MessageMenu(talk: Talk) -> impl IntoView {
    let menu = NodeRef::<html::Dialog>::new();
    let deleting = RwSignal::new(None::<Arc<Message>>);
    let asking = RwSignal::new(false);
    let informing = RwSignal::new(false);
    let informed = RwSignal::new(None::<Arc<Message>>);
    Effect::new(move |_| {
        let (acting, Some(menu)) = (talk.acting.get(), menu.get()) else {
            return;
        };
        match acting {
            Some(message) if !menu.open() => {
                let _ = menu.show_modal();
                talk.scroll.place_beside(&menu, message.id);
            }
            None if menu.open() => menu.close(),
            _ => {}
        }
    });
    let close = move || talk.acting.set(None);
    let outside = move |event: web_sys::MouseEvent| {
        let on_backdrop = menu
            .get_untracked()
            .is_some_and(|menu| event.target().is_some_and(|target| target == ****menu));
        if on_backdrop {
            close();
        }
    };
    let delete = Callback::new(move |message: Arc<Message>| {
        deleting.set(Some(message));
        asking.set(true);
    });
    let info = Callback::new(move |message: Arc<Message>| {
        informed.set(Some(message));
        informing.set(true);
    });
    let confirmed = Callback::new(move |()| {
        if let Some(message) = deleting.get_untracked() {
            talk.delete(message.id);
        }
    });
    view! {
        <dialog
            node_ref=menu
            class="acts-menu"
            aria-label="Message actions"
            on:close=move |_| close()
            on:click=outside
        >
            {move || talk.acting.get().map(|message| view! { <Items talk=talk message=message delete=delete info=info/> })}
        </dialog>
        <Confirm
            open=asking
            title="Delete this message?"
            words="What it says is gone for everybody. Its place is kept."
            yes="Delete"
            on_yes=confirmed
        />
        <Dialog open=informing title="Message info">
            {move || informed.get().map(|message| view! { <Info talk=talk message=message/> })}
        </Dialog>
    }
}

#[component]
fn Items(
    talk: Talk,
    message: Arc<Message>,
    delete: Callback<Arc<Message>>,
    info: Callback<Arc<Message>>,
) -> impl IntoView {
    let me = talk.me.with_value(|me| me.account);
    let mine = message.author == me;
    let may_write = move || !talk.page.with(|page| page.archived);
    let (id, live) = (message.id, !message.deleted);
    let done = move || talk.acting.set(None);
    let quick = QUICK
        .map(|emoji| {
            let given = message
                .reactions
                .iter()
                .any(|r| r.emoji == emoji && r.people.iter().any(|(who, _)| *who == me));
            view! {
                <button
                    type="button"
                    aria-label=format!("React with {emoji}")
                    aria-pressed=if given { "true" } else { "false" }
                    on:click=move |_| {
                        done();
                        talk.react(id, emoji.to_owned());
                    }
                >
                    {emoji}
                </button>
            }
        })
        .collect_view();
    let body = message.body.clone();
    let (edited, gone, told) = (message.clone(), message.clone(), message);
    view! {
        {(live && may_write()).then(|| view! { <div class="quick" role="group" aria-label="React">{quick}</div> })}
        <div class="acts-list">
            {(live && may_write()).then(|| view! {
                <button type="button" on:click=move |_| { done(); talk.reply(id); }>
                    <Icon glyph=Glyph::Reply/>"Reply"
                </button>
            })}
            {live.then(|| view! {
                <button
                    type="button"
                    on:click=move |_| {
                        done();
                        let body = body.clone();
                        spawn_local(async move {
                            copy(&body).await;
                        });
                    }
                >
                    <Icon glyph=Glyph::Copy/>"Copy text"
                </button>
            })}
            {(live && mine && may_write()).then(|| view! {
                <button type="button" on:click=move |_| { done(); talk.edit_this(edited.clone()); }>
                    <Icon glyph=Glyph::Edit/>"Edit"
                </button>
            })}
            {mine.then(|| view! {
                <button type="button" on:click=move |_| { done(); info.run(told.clone()); }>
                    <Icon glyph=Glyph::Info/>"Message info"
                </button>
            })}
            {(live && may_write() && (mine || talk.may_manage.get_untracked())).then(|| view! {
                <button type="button" class="danger" on:click=move |_| { done(); delete.run(gone.clone()); }>
                    <Icon glyph=Glyph::Bin/>"Delete"
                </button>
            })}
        </div>
    }
}

/// Who has read it and who has got it, with the times.
#[component]
fn Info(talk: Talk, message: Arc<Message>) -> impl IntoView {
    let trouble = RwSignal::new(None);
    let seen = RwSignal::new(None);
    act(
        trouble,
        super::api::message_info(talk.id, message.id),
        move |people| {
            seen.try_set(Some(people));
        },
    );
    let when = move |at: domain::Timestamp| {
        let zone = talk.zone.get();
        let (at, today) = (zone.local(at), zone.local(talk.now.get()));
        if at.days == today.days {
            at.clock()
        } else {
            format!("{}, {}", at.day_label(today), at.clock())
        }
    };
    let line = move |name: String, at: domain::Timestamp| {
        view! { <li><span class="grow">{name}</span><time class="muted">{when(at)}</time></li> }
    };
    view! {
        <Trouble words=trouble/>
        {move || match seen.get() {
            None => Either::Left(view! { <p class="muted">"One moment…"</p> }),
            Some(people) => {
                let mut read = Vec::new();
                let mut delivered = Vec::new();
                let mut waiting = Vec::new();
                for person in people {
                    match (person.read, person.delivered) {
                        (Some(at), _) => read.push(line(person.name, at)),
                        (None, Some(at)) => delivered.push(line(person.name, at)),
                        (None, None) => waiting.push(view! { <li>{person.name}</li> }),
                    }
                }
                Either::Right(view! {
                    {(!read.is_empty()).then(|| view! { <h3>"Read by"</h3><ul class="seen">{read}</ul> })}
                    {(!delivered.is_empty()).then(|| view! { <h3>"Delivered to"</h3><ul class="seen">{delivered}</ul> })}
                    {(!waiting.is_empty()).then(|| view! { <h3>"Not yet delivered"</h3><ul class="seen">{waiting}</ul> })}
                })
            }
        }}
    }
}
