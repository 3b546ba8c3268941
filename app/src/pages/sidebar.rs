//! The list of my pages, the open one marked.

use domain::{Identity, PageId, PageListing};
use leptos::prelude::*;

use super::{
    bubble::summary,
    late::{Ask, Dialogs, Late, late},
    search::{SearchField, Searching},
    shelf::Shelf,
};
use crate::{
    people::AccountMenu,
    ui::{Glyph, Icon, Tile, effect, maybe, when},
};

#[component]
pub(super) fn Sidebar(
    #[prop(into)] here: Signal<Option<PageId>>,
    /// Whose pages these are.
    me: Identity,
) -> impl IntoView {
    let shelf = Shelf::here();
    let reader = me.clone();
    effect(move || {
        shelf.begin(&reader);
        shelf.listen();
    });
    let ids = move || {
        shelf.list().with(|list| {
            let pages = list.pages().iter();
            pages.map(|listing| listing.page.id).collect::<Vec<_>>()
        })
    };
    let none = move || shelf.list().with(|list| list.pages().is_empty());
    let name = me.name.clone();
    let searching = Searching::new();
    let dialogs = Dialogs::provide();
    let rename = {
        let name = name.clone();
        Callback::new(move |()| dialogs.open(Ask::MyName(name.clone())))
    };
    view! {
        <nav class="pages" aria-label="Pages">
            <div class="brand"><Icon glyph=Glyph::Stoa/>"Stoa"</div>
            <SearchField searching=searching/>
            {when(move || searching.is_on(), move || late(Late::Found(searching)))}
            <ul class="page-list" hidden=maybe(move || searching.is_on().then(String::new))>
                <For
                    each=ids
                    key=|id| *id
                    children=move |id| view! { <Listing id=id here=here me=name.clone()/> }
                />
            </ul>
            {when(none, || view! {
                <p class="no-pages muted">"You are on no page yet. When somebody invites you, it appears here."</p>
            })}
            <AccountMenu me=me rename=rename/>
            {dialogs.view()}
        </nav>
    }
}

/// One closure for all of it, as a bubble has.
#[component]
fn Listing(id: PageId, here: Signal<Option<PageId>>, me: String) -> impl IntoView {
    let shelf = Shelf::here();
    let listing = Memo::new(move |_| shelf.list().with(|list| list.find(id).cloned()));
    move || {
        let here = here.get() == Some(id);
        let when = |at| {
            let (zone, now) = (shelf.zone().get(), shelf.now().get());
            let (at, today) = (zone.local(at), zone.local(now));
            if at.days == today.days {
                at.clock()
            } else {
                at.day_label(today)
            }
        };
        listing.with(|listing| {
            let listing = listing.as_ref()?;
            let class = match (here, listing.unread > 0) {
                (true, _) => "page here",
                (false, true) => "page new",
                (false, false) => "page",
            };
            let said = if listing.in_call > 0 { "last live" } else { "last" };
            let name = listing.page.name.clone();
            Some(view! {
                <li>
                    <a href=format!("/p/{id}") class=class aria-current=here.then_some("page")>
                        <Tile id=id.0 name=name.clone()/>
                        <span class="about-page">
                            <span class="name">{name}</span>
                            <span class=said dir="auto">{last(listing, &me)}</span>
                        </span>
                        <span class="side"><time>{listing.last_at.map(when)}</time>{badge(listing)}</span>
                    </a>
                </li>
            })
        })
    }
}

fn badge(listing: &PageListing) -> Option<impl IntoView + use<>> {
    let count = listing.unread;
    let at = listing.mentioned.then(|| {
        view! { <span class="badge at">"@"<span class="unseen">" you are mentioned"</span></span> }
    });
    let shown = if count > 999 {
        "999+".to_owned()
    } else {
        count.to_string()
    };
    (count > 0).then(
        || view! { {at}<span class="badge">{shown}<span class="unseen">" unread"</span></span> },
    )
}

/// What was said last: a line of the list, however long the message is.
fn last(listing: &PageListing, me: &str) -> String {
    match listing.in_call {
        0 => {}
        1 => return "Call in progress, 1 person".to_owned(),
        people => return format!("Call in progress, {people} people"),
    }
    if listing.page.archived {
        return "Archived".to_owned();
    }
    let Some((author, text)) = &listing.last else {
        return String::new();
    };
    if author.is_empty() {
        return text.clone();
    }
    let author = if author == me { "You" } else { author };
    let text: String = text.chars().take(120).collect();
    let text = summary(&text, listing.last_images);
    format!("{author}: {text}")
}
