//! Dialogs about one message: who has read it, and whether it should really go.

use std::sync::Arc;

use domain::Message;
use leptos::{either::Either, prelude::*};

use super::talk::Talk;
use crate::ui::{Confirm, Dialog, Trouble, act};

#[component]
pub(super) fn DeleteDialog(
    talk: Talk,
    message: Arc<Message>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let id = message.id;
    view! {
        <Confirm
            open=open
            title="Delete this message?"
            words="What it says is gone for everybody. Its place is kept."
            yes="Delete"
            on_yes=Callback::new(move |()| talk.delete(id))
        />
    }
}

#[component]
pub(super) fn InfoDialog(talk: Talk, message: Arc<Message>, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open=open title="Message info">
            <Info talk=talk message=message.clone()/>
        </Dialog>
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
