//! What can be done to a message: reactions first, then the rest. One menu for the whole log.

use std::sync::Arc;

use domain::Message;
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    late::{Ask, Dialogs},
    talk::Talk,
};
use crate::ui::{Glyph, Icon, copy};

const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

#[component]
pub(super) fn MessageMenu(talk: Talk) -> impl IntoView {
    let menu = NodeRef::<html::Dialog>::new();
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
    view! {
        <dialog
            node_ref=menu
            class="acts-menu"
            aria-label="Message actions"
            on:close=move |_| close()
            on:click=outside
        >
            {move || talk.acting.get().map(|message| view! { <Items talk=talk message=message/> })}
        </dialog>
    }
}

#[component]
fn Items(talk: Talk, message: Arc<Message>) -> impl IntoView {
    let dialogs = Dialogs::here();
    let me = talk.me.with_value(|me| me.account);
    let mine = message.author == me;
    let may_write = move || !talk.page.with(|page| page.archived);
    let (id, there) = (message.id, !message.deleted);
    // What the log says of a call can only be taken away.
    let live = there && message.call.is_none();
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
    let says = !body.is_empty();
    let (edited, gone, told) = (message.clone(), message.clone(), message);
    view! {
        {(live && may_write()).then(|| view! { <div class="quick" role="group" aria-label="React">{quick}</div> })}
        <div class="acts-list">
            {(live && may_write()).then(|| view! {
                <button type="button" on:click=move |_| { done(); talk.reply(id); }>
                    <Icon glyph=Glyph::Reply/>"Reply"
                </button>
            })}
            {(live && says).then(|| view! {
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
                <button type="button" on:click=move |_| { done(); dialogs.open(Ask::MessageInfo(talk, told.clone())); }>
                    <Icon glyph=Glyph::Info/>"Message info"
                </button>
            })}
            {(there && may_write() && (mine || talk.may_manage.get_untracked())).then(|| view! {
                <button type="button" class="danger" on:click=move |_| { done(); dialogs.open(Ask::DeleteMessage(talk, gone.clone())); }>
                    <Icon glyph=Glyph::Bin/>"Delete"
                </button>
            })}
        </div>
    }
}
