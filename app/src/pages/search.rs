//! Searching my pages, in place of the list of them: words, on a page, from a person. What is found opens in place.

use domain::{AccountId, Found, PageId, text::plain};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{self, Results},
    shelf::Shelf,
};
use crate::{
    live::within,
    ui::{Glyph, Icon},
};

/// Somebody is still typing (milliseconds).
const PAUSE: u32 = 250;
const ANSWER: u32 = 10_000;

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Searching(RwSignal<String>);

impl Searching {
    pub(super) fn new() -> Self {
        Self(RwSignal::new(String::new()))
    }

    pub(super) fn is_on(self) -> bool {
        self.0.with(|words| !words.trim().is_empty())
    }
}

#[component]
pub(super) fn SearchField(searching: Searching) -> impl IntoView {
    view! {
        <div class="search" role="search">
            <Icon glyph=Glyph::Search/>
            <input
                type="search"
                class="input"
                aria-label="Search messages"
                placeholder="Search messages"
                autocomplete="off"
                prop:value=move || searching.0.get()
                on:input:target=move |event| searching.0.set(event.target().value())
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        searching.0.set(String::new());
                    }
                }
            />
        </div>
    }
}

/// One search, while its results are on screen.
#[derive(Clone, Copy)]
struct Search {
    words: RwSignal<String>,
    page: RwSignal<Option<PageId>>,
    from: RwSignal<Option<AccountId>>,
    found: RwSignal<Option<Result<Results, String>>>,
    /// Counts questions: only the answer to the last one is shown.
    asked: StoredValue<u32>,
}

impl Search {
    fn begin(Searching(words): Searching) -> Self {
        let search = Self {
            words,
            page: RwSignal::new(None),
            from: RwSignal::new(None),
            found: RwSignal::new(None),
            asked: StoredValue::new(0),
        };
        Effect::new(move |_| {
            let (words, page, from) = (words.get(), search.page.get(), search.from.get());
            search.ask(words, page, from);
        });
        search
    }

    fn ask(self, words: String, page: Option<PageId>, from: Option<AccountId>) {
        self.asked.update_value(|asked| *asked += 1);
        let asked = self.asked.get_value();
        spawn_local(async move {
            TimeoutFuture::new(PAUSE).await;
            let is_last = move || self.asked.try_get_value() == Some(asked);
            if !is_last() {
                return;
            }
            let answer = within(ANSWER, api::search(words, page, from, None)).await;
            if is_last() {
                self.show(answer);
            }
        });
    }

    fn show(self, answer: Option<Result<Results, crate::Problem>>) {
        self.found.set(Some(match answer {
            Some(Ok(results)) => Ok(results),
            Some(Err(problem)) => Err(problem.to_string()),
            None => Err("The server did not answer. Please try again.".into()),
        }));
    }

    /// Older ones.
    fn more(self) {
        let last = self.found.with_untracked(|found| {
            let results = found.as_ref()?.as_ref().ok()?;
            results.found.last().map(|found| found.message.at)
        });
        let words = self.words.get_untracked();
        let (page, from) = (self.page.get_untracked(), self.from.get_untracked());
        let asked = self.asked.get_value();
        spawn_local(async move {
            let answer = within(ANSWER, api::search(words, page, from, last)).await;
            if let Some(Ok(further)) = answer
                && self.asked.try_get_value() == Some(asked)
            {
                self.found.update(|found| {
                    if let Some(Ok(results)) = found {
                        results.found.extend(further.found);
                        results.more = further.more;
                    }
                });
            }
        });
    }
}

#[component]
pub(super) fn SearchResults(searching: Searching) -> impl IntoView {
    let search = Search::begin(searching);
    view! {
        <div class="filters">
            <OnPage search=search/>
            <FromPerson search=search/>
        </div>
        <div class="found">
            <p class="muted small" role="status">{move || told(search)}</p>
            <ul>
                <For
                    each=move || results(search)
                    key=|found| found.message.id
                    children=move |found| view! { <Hit found=found/> }
                />
            </ul>
            <Show when=move || search.found.with(|found| matches!(found, Some(Ok(Results { more: true, .. }))))>
                <button type="button" class="btn ghost" on:click=move |_| search.more()>"Older ones"</button>
            </Show>
        </div>
    }
}

fn results(search: Search) -> Vec<Found> {
    search.found.with(|found| match found {
        Some(Ok(results)) => results.found.clone(),
        _ => Vec::new(),
    })
}

fn told(search: Search) -> String {
    search.found.with(|found| match found {
        None => "Searching…".into(),
        Some(Err(words)) => words.clone(),
        Some(Ok(results)) => match results.found.len() {
            0 => "Nothing was found.".into(),
            1 if !results.more => "1 message".into(),
            count if results.more => format!("The newest {count} messages"),
            count => format!("{count} messages"),
        },
    })
}

#[component]
fn OnPage(search: Search) -> impl IntoView {
    let shelf = Shelf::here();
    let pages = move || {
        shelf.list().with(|list| {
            let option = |listing: &domain::PageListing| {
                let name = listing.page.name.clone();
                view! { <option value=listing.page.id.to_string()>{name}</option> }
            };
            list.pages().iter().map(option).collect_view()
        })
    };
    view! {
        <select
            class="input"
            aria-label="On a page"
            on:change:target=move |event| {
                search.page.set(event.target().value().parse().ok());
                search.from.set(None);
            }
        >
            <option value="">"All pages"</option>
            {pages}
        </select>
    }
}

/// Who may have written it: the members of the chosen page, else those who wrote what was found.
#[component]
fn FromPerson(search: Search) -> impl IntoView {
    let people = RwSignal::new(Vec::<(AccountId, String)>::new());
    Effect::new(move |_| {
        if let Some(page) = search.page.get() {
            spawn_local(async move {
                if let Ok(members) = api::members(page).await {
                    let named = members
                        .into_iter()
                        .map(|member| (member.account, member.name));
                    people.try_set(named.collect());
                }
            });
        }
    });
    Effect::new(move |_| {
        let found = results(search);
        if search.page.with_untracked(Option::is_none)
            && search.from.with_untracked(Option::is_none)
        {
            let mut authors: Vec<_> = found
                .into_iter()
                .map(|found| (found.message.author, found.message.author_name))
                .collect();
            authors.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
            authors.dedup();
            people.set(authors);
        }
    });
    let options = move || {
        let option = |(account, name): (AccountId, String)| {
            let chosen = search.from.get_untracked() == Some(account);
            view! { <option value=account.to_string() selected=chosen>{name}</option> }
        };
        people.get().into_iter().map(option).collect_view()
    };
    view! {
        <select
            class="input"
            aria-label="From a person"
            on:change:target=move |event| {
                search.from.set(event.target().value().parse().ok());
            }
        >
            <option value="">"Anybody"</option>
            {options}
        </select>
    }
}

#[component]
fn Hit(found: Found) -> impl IntoView {
    let shelf = Shelf::here();
    let (page, seq, at) = (found.message.page, found.message.seq, found.message.at);
    let when = move || {
        let (zone, now) = (shelf.zone().get(), shelf.now().get());
        let (at, today) = (zone.local(at), zone.local(now));
        if at.days == today.days {
            at.clock()
        } else {
            at.day_label(today)
        }
    };
    let text: String = plain(&found.message.body).chars().take(200).collect();
    view! {
        <li>
            // The router opens the page; which message to show is told beside it.
            <a href=format!("/p/{page}") class="hit" on:click=move |_| shelf.visit().set(Some((page, seq)))>
                <span class="side"><b>{found.page_name}</b><time class="muted">{when}</time></span>
                <span class="who-found">{found.message.author_name}</span>
                <span class="last" dir="auto">{text}</span>
            </a>
        </li>
    }
}
