//! The members' app: the sidebar, and beside it the conversation that was chosen.

use domain::{PageId, Refusal, Room};
use leptos::{either::EitherOf4, prelude::*, task::spawn_local};

use super::{
    api,
    composer::Composer,
    details::Details,
    late::{self, Ask, Dialogs},
    listings::Listings,
    shelf::Shelf,
    sidebar::Sidebar,
    talk::{Standing, Talk, signed_out, writing},
    timeline::Timeline,
};
use crate::{
    Problem,
    beam::Bell,
    first,
    images::Parcels,
    live::Live,
    ui::{Away, Glyph, Icon, address, alive, click, effect, tab_title, when, words},
};

/// The room that came with the document, until it is shown.
type First = StoredValue<Option<Result<Room, Problem>>>;

#[component]
pub fn MemberApp(first: first::Member) -> impl IntoView {
    alive();
    late::load_soon();
    Live::provide();
    Parcels::provide();
    let first::Member { me, pages, room } = first;
    Shelf::provide(pages);
    let first = StoredValue::new(room);
    let path = address(|path| Place::at(path) != Place::Nowhere);
    let place = Memo::new(move |_| path.with(|path| Place::at(path)));
    let page = Signal::derive(move || place.get().page());
    let bell = Bell::provide(page);
    // No dialog, but kept in the same way: the code for it is there already. Once it is there it stays.
    let calls = Dialogs::new();
    let loaded = StoredValue::new(false);
    effect(move || {
        if bell.rings() && !loaded.get_value() {
            loaded.set_value(true);
            calls.open(Ask::Call(bell));
        }
    });
    view! {
        <div class=words(move || if place.get() == Place::Home { "room home" } else { "room" }.into())>
            <Sidebar here=page me=me/>
            {calls.view()}
            // A list of one: with another page everything of the page before goes at once, what is on screen and
            // what belongs to it.
            <For
                each=move || [place.get()]
                key=|place| *place
                children=move |place| view! { <Chosen place=place first=first/> }
            />
        </div>
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Home,
    Page(PageId),
    Nowhere,
}

impl Place {
    fn at(path: &str) -> Self {
        match path.strip_prefix("/p/") {
            Some(id) => id.parse().map_or(Self::Nowhere, Self::Page),
            None if path == "/" => Self::Home,
            None => Self::Nowhere,
        }
    }

    fn page(self) -> Option<PageId> {
        match self {
            Self::Page(id) => Some(id),
            _ => None,
        }
    }
}

#[component]
fn Chosen(place: Place, first: First) -> impl IntoView {
    let first = first.try_update_value(Option::take).flatten();
    match (place, first) {
        (Place::Home, _) => EitherOf4::A(view! { <Home/> }),
        (_, Some(room)) => EitherOf4::B(shown(room)),
        (Place::Page(id), None) => EitherOf4::C(view! { <Fetched id=id/> }),
        (Place::Nowhere, None) => EitherOf4::D(shown(Err(Problem::Refused(Refusal::NotFound)))),
    }
}

/// Nothing chosen yet. On a phone this is the list.
#[component]
fn Home() -> impl IntoView {
    tab_title(with_unread(|| "Stoa".into()));
    view! {
        <main class="talk chosen-none">
            <p class="muted">"Choose a page to read and write there."</p>
        </main>
    }
}

/// A page that was chosen in the browser.
#[component]
fn Fetched(id: PageId) -> impl IntoView {
    let room = RwSignal::new(None);
    spawn_local(async move {
        let answer = api::room(id).await;
        // Somebody may have gone on to another page meanwhile.
        room.try_set(Some(answer));
    });
    move || room.get().map(shown)
}

fn shown(room: Result<Room, Problem>) -> impl IntoView {
    match room {
        Ok(room) => EitherOf4::A(view! { <Open room=room/> }),
        Err(Problem::Refused(Refusal::SignedOut)) => {
            effect(signed_out);
            EitherOf4::B(())
        }
        Err(problem @ Problem::Refused(_)) => EitherOf4::C(view! { <Away problem=problem/> }),
        Err(problem) => EitherOf4::D(view! { <Broken problem=problem/> }),
    }
}

#[component]
fn Broken(problem: Problem) -> impl IntoView {
    view! {
        <main class="talk chosen-none">
            <p class="trouble" role="alert">{problem.to_string()}</p>
            // The same address again, with nothing kept from this attempt.
            <p><a class="btn ghost" href="" rel="external">"Try again"</a></p>
        </main>
    }
}

#[component]
fn Open(room: Room) -> impl IntoView {
    let talk = Talk::open(room);
    view! {
        {when(move || talk.standing.get() == Standing::Member, move || view! { <Conversation talk=talk/> })}
        {when(move || talk.standing.get() != Standing::Member, move || gone(talk))}
    }
}

#[component]
fn Conversation(talk: Talk) -> impl IntoView {
    let details = RwSignal::new(false);
    let dialogs = Dialogs::provide();
    let archived = move || talk.page.with(|page| page.archived);
    let name = move || talk.page.with(|page| page.name.clone());
    let (id, tray, bell) = (talk.id, talk.tray, Bell::here());
    tab_title(with_unread(move || format!("{} · Stoa", name())));
    view! {
        <main
            class=words(move || if tray.over.get() { "talk dropping" } else { "talk" }.into())
            on:dragover=move |event| tray.dragged(&event)
            on:dragleave=move |event| {
                if event.related_target().is_none() {
                    tray.over.set(false);
                }
            }
            on:drop=move |event| tray.dropped(&event)
        >
            <header class="bar">
                <a class="icon back" href="/" aria-label="My pages"><Icon glyph=Glyph::Back/></a>
                <span class=format!("tile hue-{}", domain::hue(&id.0)) aria-hidden="true">{words(move || domain::initials(&name()))}</span>
                <div class="grow">
                    <h1 dir="auto">{words(name)}</h1>
                    <small>{words(move || talk.typing.with(|names| writing(names)).unwrap_or_else(|| people(talk)))}</small>
                </div>
                <button type="button" class="btn call-button" on:click=click(move || bell.asked.set(Some(id)))>
                    <Icon glyph=Glyph::Call/>
                    <span>"Call"</span>
                </button>
                <button
                    type="button"
                    class="icon more"
                    aria-label="Details"
                    aria-expanded=words(move || details.get().to_string())
                    on:click=click(move || details.update(|open| *open = !*open))
                >
                    <Icon glyph=Glyph::Info/>
                </button>
            </header>
            <Timeline talk=talk/>
            <Standstill/>
            {when(move || !archived(), move || view! { <Composer talk=talk/> })}
            {when(archived, || {
                view! { <p class="read-only">"This page is archived: it can be read, not written."</p> }
            })}
        </main>
        <Details talk=talk open=details/>
        {dialogs.view()}
    }
}

/// Said only when neither socket nor polling has reached the server for a while.
#[component]
fn Standstill() -> impl IntoView {
    let trouble = crate::live::Live::here().trouble();
    view! {
        <div class="standstill" role="status">
            {words(move || if trouble.get() { "Reconnecting…" } else { "" }.into())}
        </div>
    }
}

/// How much there is to read, before what the tab says.
fn with_unread(words: impl Fn() -> String) -> impl Fn() -> String {
    let list = Shelf::here().list();
    move || match list.with(Listings::unread) {
        0 => words(),
        count => format!("({count}) {}", words()),
    }
}

/// `Dana, Jon, Noor and you`
fn people(talk: Talk) -> String {
    const NAMED: usize = 3;
    let me = talk.me.with_value(|me| me.account);
    let others = talk.member_count.get().saturating_sub(1);
    talk.members.with(|members| {
        let names: Vec<_> = members
            .iter()
            .filter(|member| member.account != me)
            .take(NAMED)
            .map(|member| {
                member
                    .name
                    .split_whitespace()
                    .next()
                    .unwrap_or(&member.name)
            })
            .collect();
        match others - others.min(names.len()) {
            _ if others == 0 => "Only you".to_owned(),
            0 => format!("{} and you", names.join(", ")),
            more => format!("{}, {more} more and you", names.join(", ")),
        }
    })
}

fn gone(talk: Talk) -> impl IntoView {
    let words = match talk.standing.get_untracked() {
        Standing::Deleted => "This page has been deleted.",
        _ => "You are no longer on this page.",
    };
    tab_title(|| "Stoa".into());
    view! {
        <main class="talk chosen-none">
            <p role="status">{words}</p>
            <p><a class="btn ghost" href="/">"To my pages"</a></p>
        </main>
    }
}
