//! My pages, the same list wherever a sidebar shows it, kept true while the tab is open.

use std::time::Duration;

use domain::{Event, Identity, PageId, PageListing, Timestamp};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

use super::{
    api,
    listings::{Heard, Listings},
    outbox::Outbox,
    talk::signed_out,
    zone::{self, Zone},
};
use crate::{
    beam::Bell,
    live::{Live, News, within},
};

#[derive(Clone, Copy)]
pub struct Shelf {
    list: RwSignal<Listings>,
    me: RwSignal<Option<Identity>>,
    zone: RwSignal<Zone>,
    now: RwSignal<Timestamp>,
    /// The page whose end somebody is looking at: what arrives there is not unread.
    watched: StoredValue<Option<PageId>>,
    asking: StoredValue<Asking>,
    /// The message that somebody wants to see, until its page shows it.
    visit: RwSignal<Option<(PageId, i64)>>,
    /// What this device has got of pages that are not open, and has not told yet.
    arrived: StoredValue<Vec<(PageId, i64)>>,
    live: Live,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    No,
    Yes,
    Again,
}

const ANSWER: u32 = 10_000;
const MINUTE: Duration = Duration::from_mins(1);
/// Without a socket the list is asked for at every so many polls.
const POLLS: u32 = 5;

impl Shelf {
    /// Once, at the root of the app, after [`Live`].
    pub fn provide(pages: Vec<PageListing>) -> Self {
        let shelf = Self {
            list: RwSignal::new(Listings::new(pages)),
            me: RwSignal::new(None),
            zone: RwSignal::new(Zone::rendered()),
            now: RwSignal::new(zone::now()),
            watched: StoredValue::new(None),
            asking: StoredValue::new(Asking::No),
            visit: RwSignal::new(None),
            arrived: StoredValue::new(Vec::new()),
            live: Live::here(),
        };
        provide_context(shelf);
        Outbox::provide();
        shelf
    }

    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self::provide(Vec::new()))
    }

    pub fn list(self) -> RwSignal<Listings> {
        self.list
    }

    pub fn visit(self) -> RwSignal<Option<(PageId, i64)>> {
        self.visit
    }

    /// The calendar that times are shown in, the same all over the tab.
    pub fn zone(self) -> RwSignal<Zone> {
        self.zone
    }

    /// The moment that "today" is told by.
    pub fn now(self) -> RwSignal<Timestamp> {
        self.now
    }

    /// As the server has just told.
    pub fn fill(self, pages: Vec<PageListing>) {
        let ids = pages.iter().map(|listing| listing.page.id).collect();
        self.list.update(|list| list.replace(pages));
        self.tell_arrived();
        self.live.follow(ids);
    }

    /// In the browser, when a sidebar is on screen: connects as this person.
    pub fn begin(self, me: &Identity) {
        zone::remember();
        self.zone.set(Zone::Browser);
        self.me.set(Some(me.clone()));
        self.live.start(me.account);
        self.follow();
        self.tell_arrived();
    }

    /// Keeps the list true until the owner is cleaned up.
    pub fn listen(self) {
        let polls = StoredValue::new(0_u32);
        let bell = Bell::here();
        // Midnight makes another day "Today".
        let minutes = set_interval_with_handle(move || self.now.set(zone::now()), MINUTE);
        on_cleanup(move || {
            if let Ok(minutes) = minutes {
                minutes.clear();
            }
        });
        self.live.listen(move |news| match news {
            News::Event(_, event) => {
                let event = &**event;
                let Some(me) = self
                    .me
                    .with_untracked(|me| me.as_ref().map(|me| me.account))
                else {
                    return;
                };
                if matches!(event, Event::SignedOut) {
                    signed_out();
                }
                if let Event::Message(message) = event
                    && message.author != me
                    && message.seq == message.changed
                {
                    self.arrived(message.page, message.seq);
                }
                let watched = self.watched.get_value();
                let mut heard = Heard::Nothing;
                self.list.maybe_update(|list| {
                    heard = list.hear(event, me, watched);
                    heard == Heard::Changed
                });
                match heard {
                    Heard::Ask => self.ask(),
                    Heard::Changed => self.follow(),
                    Heard::Nothing => {}
                }
            }
            News::Signal(..) => {}
            News::Further(topic, json) => {
                let further = (*topic, json.clone());
                bell.heard.update(|heard| heard.push(further));
            }
            News::Resync => self.ask(),
            News::Poll => {
                polls.update_value(|polls| *polls += 1);
                if polls.get_value().is_multiple_of(POLLS) {
                    self.ask();
                }
            }
        });
    }

    pub fn watch(self, page: Option<PageId>) {
        self.watched.set_value(page);
    }

    /// The newest number of the open page, so that its events count once.
    pub fn newest(self, page: PageId, number: i64) {
        self.list.update_untracked(|list| list.note(page, number));
    }

    /// What is unread is here now, be it only as a count.
    fn tell_arrived(self) {
        let unread: Vec<_> = self.list.with_untracked(|list| {
            let unread = list.pages().iter().filter(|listing| listing.unread > 0);
            unread
                .map(|listing| (listing.page.id, listing.counter))
                .collect()
        });
        for (page, counter) in unread {
            self.arrived(page, counter);
        }
    }

    /// Told a little later, and what came meanwhile with it.
    fn arrived(self, page: PageId, seq: i64) {
        let waiting = self.arrived.with_value(|arrived| !arrived.is_empty());
        self.arrived.update_value(|arrived| {
            let seq = arrived
                .extract_if(.., |(known, _)| *known == page)
                .fold(seq, |seq, (_, known)| seq.max(known));
            arrived.push((page, seq));
        });
        if waiting {
            return;
        }
        spawn_local(async move {
            let wait = 500.0 + 1_500.0 * js_sys::Math::random();
            TimeoutFuture::new(wait as u32).await;
            let arrived = self.arrived.try_update_value(std::mem::take);
            for (page, seq) in arrived.unwrap_or_default() {
                // Another time will do: marks only grow.
                let _ = within(ANSWER, api::mark(page, seq, 0)).await;
            }
        });
    }

    fn follow(self) {
        let ids = self.list.with_untracked(|list| {
            let pages = list.pages().iter();
            pages.map(|listing| listing.page.id).collect()
        });
        self.live.follow(ids);
    }

    fn ask(self) {
        let busy = self.asking.get_value() != Asking::No;
        self.asking
            .set_value(if busy { Asking::Again } else { Asking::Yes });
        if busy {
            return;
        }
        spawn_local(async move {
            loop {
                self.asking.set_value(Asking::Yes);
                if let Some(Ok(pages)) = within(ANSWER, api::my_pages()).await {
                    self.fill(pages);
                }
                if self.asking.get_value() != Asking::Again {
                    break;
                }
            }
            self.asking.set_value(Asking::No);
        });
    }
}
