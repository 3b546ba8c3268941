//! The list of my pages, the open one marked.

use domain::{Identity, PageId, PageListing, text::plain};
use leptos::prelude::*;

use super::{
    search::{SearchField, SearchResults, Searching},
    shelf::Shelf,
};
use crate::{
    people::AccountMenu,
    ui::{Glyph, Icon, Tile},
};

#[component]
pub(super) fn Sidebar(
    #[prop(into)] here: Signal<Option<PageId>>,
    /// Whose pages these are.
    me: Identity,
) -> impl IntoView {
    let shelf = Shelf::here();
    let reader = me.clone();
    Effect::new(move |_| {
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
    view! {
        <nav class="pages" aria-label="Pages">
            <div class="brand"><Icon glyph=Glyph::Stoa/>"Stoa"</div>
            <SearchField searching=searching/>
            <Show when=move || searching.is_on()>
                <SearchResults searching=searching/>
            </Show>
            <ul class="page-list" hidden=move || searching.is_on()>
                <For
                    each=ids
                    key=|id| *id
                    children=move |id| view! { <Listing id=id here=here me=name.clone()/> }
                />
            </ul>
            <Show when=none>
                <p class="no-pages muted">"You are on no page yet. When somebody invites you, it appears here."</p>
            </Show>
            <AccountMenu me=me/>
        </nav>
    }
}

#[component]
fn Listing(id: PageId, here: Signal<Option<PageId>>, me: String) -> impl IntoView {
    let shelf = Shelf::here();
    let listing = Memo::new(move |_| shelf.list().with(|list| list.find(id).cloned()));
    let of = move |read: fn(&PageListing) -> String| {
        listing.with(|listing| listing.as_ref().map(read).unwrap_or_default())
    };
    let class = move || match (here.get() == Some(id), unread(listing) > 0) {
        (true, _) => "page here",
        (false, true) => "page new",
        (false, false) => "page",
    };
    let tile = move || view! { <Tile id=id.0 name=of(|listing| listing.page.name.clone())/> };
    let badge = move || {
        let count = unread(listing);
        (count > 0).then(|| {
            let shown = if count > 999 {
                "999+".to_owned()
            } else {
                count.to_string()
            };
            let at = listing.with(|listing| listing.as_ref().is_some_and(|l| l.mentioned));
            let at = at.then(|| view! { <span class="badge at">"@"<span class="unseen">" you are mentioned"</span></span> });
            view! { {at}<span class="badge">{shown}<span class="unseen">" unread"</span></span> }
        })
    };
    let last = move || {
        listing.with(|listing| {
            let (author, text) = listing.as_ref()?.last.as_ref()?;
            let author = if *author == me { "You" } else { author };
            // A line of the list, however long the message is.
            let text: String = text.chars().take(120).collect();
            let text = if text.is_empty() {
                "Message deleted".into()
            } else {
                plain(&text)
            };
            Some(format!("{author}: {text}"))
        })
    };
    let last = move || {
        let archived = listing.with(|listing| listing.as_ref().is_some_and(|l| l.page.archived));
        if archived {
            "Archived".to_owned()
        } else {
            last().unwrap_or_default()
        }
    };
    let time = move || {
        let (zone, now) = (shelf.zone().get(), shelf.now().get());
        let at = listing.with(|listing| listing.as_ref().and_then(|listing| listing.last_at));
        at.map(|at| {
            let (at, today) = (zone.local(at), zone.local(now));
            if at.days == today.days {
                at.clock()
            } else {
                at.day_label(today)
            }
        })
    };
    view! {
        <li>
            <a href=format!("/p/{id}") class=class aria-current=move || (here.get() == Some(id)).then_some("page")>
                {tile}
                <span class="about-page">
                    <span class="name">{move || of(|listing| listing.page.name.clone())}</span>
                    <span class="last" dir="auto">{last}</span>
                </span>
                <span class="side"><time>{time}</time>{badge}</span>
            </a>
        </li>
    }
}

fn unread(listing: Memo<Option<PageListing>>) -> i64 {
    listing.with(|listing| listing.as_ref().map_or(0, |listing| listing.unread))
}
