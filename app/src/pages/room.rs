//! A page as its members see it: sidebar, conversation, details. The server renders it readable; wasm brings it to life.

use domain::{PageId, Refusal, Room};
use leptos::{either::EitherOf4, prelude::*, tachys::reactive_graph::OwnedView};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    api,
    composer::Composer,
    details::Details,
    shelf::Shelf,
    sidebar::Sidebar,
    talk::{Standing, Talk},
    timeline::Timeline,
};
use crate::{
    Problem,
    ui::{Glyph, Icon, Missing, Tile, ToSignIn},
};

#[component]
pub fn RoomPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("page")?.parse::<PageId>().ok()));
    view! {
        <div class="room">
            <Mine here=id/>
            // A list of one: with another page everything of the page before goes at once, what is on screen and
            // what belongs to it.
            <For each=move || [id.get()] key=|id| *id children=|id| view! { <Chosen id=id/> }/>
        </div>
    }
}

/// No `Suspense` around what waits here: it would build everything twice on the server.
#[component]
fn Chosen(id: Option<PageId>) -> impl IntoView {
    let room = Resource::new(
        || (),
        move |()| async move {
            match id {
                Some(id) => api::room(id).await,
                None => Err(Problem::Refused(Refusal::NotFound)),
            }
        },
    );
    Suspend::new(async move {
        OwnedView::new(match room.await {
            Ok(room) => EitherOf4::A(view! { <Open room=room/> }),
            Err(Problem::Refused(Refusal::NotFound)) => EitherOf4::B(view! { <Missing/> }),
            Err(Problem::Refused(Refusal::SignedOut)) => EitherOf4::C(view! { <ToSignIn/> }),
            Err(problem) => EitherOf4::D(view! { <Broken problem=problem/> }),
        })
    })
}

/// My pages, and nothing chosen yet. On a phone this is the list.
#[component]
pub fn HomePage() -> impl IntoView {
    view! {
        <Title text="Stoa"/>
        <div class="room home">
            <Mine here=Signal::stored(None) guard=true/>
            <main class="talk chosen-none">
                <p class="muted">"Choose a page to read and write there."</p>
            </main>
        </div>
    }
}

/// The sidebar, as soon as my pages are known.
#[component]
fn Mine(
    #[prop(into)] here: Signal<Option<PageId>>,
    /// Leads whoever is signed out to sign in.
    #[prop(optional)]
    guard: bool,
) -> impl IntoView {
    let shelf = Shelf::here();
    let mine = Resource::new(|| (), move |()| shelf.mine());
    Suspend::new(async move {
        OwnedView::new(match mine.await {
            Ok((me, pages)) => {
                shelf.fill(pages);
                EitherOf4::A(view! { <Sidebar here=here me=me/> })
            }
            Err(Problem::Refused(Refusal::SignedOut)) if guard => {
                EitherOf4::B(view! { <ToSignIn/> })
            }
            Err(problem) if guard => EitherOf4::C(view! { <Broken problem=problem/> }),
            Err(_) => EitherOf4::D(()),
        })
    })
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
        <Show when=move || talk.standing.get() == Standing::Member fallback=move || gone(talk)>
            <Conversation talk=talk/>
        </Show>
    }
}

#[component]
fn Conversation(talk: Talk) -> impl IntoView {
    let details = RwSignal::new(false);
    let archived = move || talk.page.with(|page| page.archived);
    let name = move || talk.page.with(|page| page.name.clone());
    let id = talk.id;
    // Counted, not owned: the server reads the title last, when what belongs to this view may be gone.
    let title = ArcRwSignal::new(talk.page.with_untracked(|page| page.name.clone()));
    Effect::new({
        let title = title.clone();
        move |_| title.set(name())
    });
    view! {
        <Title text=move || format!("{} · Stoa", title.get())/>
        <main class="talk">
            <header class="bar">
                <a class="icon back" href="/" aria-label="My pages"><Icon glyph=Glyph::Back/></a>
                {move || view! { <Tile id=id.0 name=name()/> }}
                <div class="grow">
                    <h1 dir="auto">{name}</h1>
                    <small>{move || people(talk)}</small>
                </div>
                <button
                    type="button"
                    class="icon more"
                    aria-label="Details"
                    aria-expanded=move || if details.get() { "true" } else { "false" }
                    on:click=move |_| details.update(|open| *open = !*open)
                >
                    <Icon glyph=Glyph::Info/>
                </button>
            </header>
            <Timeline talk=talk/>
            <Standstill/>
            <Show
                when=move || !archived()
                fallback=|| {
                    view! { <p class="read-only">"This page is archived: it can be read, not written."</p> }
                }
            >
                <Composer talk=talk/>
            </Show>
        </main>
        <Details talk=talk open=details/>
    }
}

/// Said only when neither socket nor polling has reached the server for a while.
#[component]
fn Standstill() -> impl IntoView {
    let trouble = crate::live::Live::here().trouble();
    view! {
        <div class="standstill" role="status">
            {move || trouble.get().then_some("Reconnecting…")}
        </div>
    }
}

/// `Dana, Jon, Noor and you`
fn people(talk: Talk) -> String {
    const NAMED: usize = 3;
    let me = talk.me.with_value(|me| me.account);
    talk.members.with(|members| {
        let others: Vec<_> = members
            .iter()
            .filter(|member| member.account != me)
            .map(|member| {
                member
                    .name
                    .split_whitespace()
                    .next()
                    .unwrap_or(&member.name)
            })
            .collect();
        match others.len() {
            0 => "Only you".to_owned(),
            1..=NAMED => format!("{} and you", others.join(", ")),
            count => format!(
                "{}, {} more and you",
                others[..NAMED].join(", "),
                count - NAMED
            ),
        }
    })
}

fn gone(talk: Talk) -> impl IntoView {
    let words = match talk.standing.get_untracked() {
        Standing::Deleted => "This page has been deleted.",
        _ => "You are no longer on this page.",
    };
    view! {
        <Title text="Stoa"/>
        <main class="talk chosen-none">
            <p role="status">{words}</p>
            <p><a class="btn ghost" href="/">"To my pages"</a></p>
        </main>
    }
}
