//! The call that I am in, on whatever page I look: asked for, looked at, left. It ends with the tab, not with the view of a page.

use std::{collections::BTreeSet, rc::Rc};

use domain::{Call, CallId, Caller, PageId, SessionId, Slot, Timestamp, call::Seen};
use gloo_timers::callback::Interval;
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{
    Bell, api,
    own::Own,
    quality::Quality,
    relays::Relays,
    seats::{Scene, Seats},
    session::Session,
};
use crate::{
    live::Live,
    pages::{Shelf, now},
};

/// Where I am.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    Nowhere,
    In(PageId),
    /// A call of another provider, at this address.
    Frame(PageId, String),
}

impl Stage {
    pub(super) fn page(&self) -> Option<PageId> {
        match self {
            Self::Nowhere => None,
            Self::In(page) | Self::Frame(page, _) => Some(*page),
        }
    }
}

/// Somebody calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ring {
    pub(super) call: CallId,
    pub(super) page: PageId,
    pub(super) page_name: String,
    pub(super) by: String,
}

/// A handle on everything of calls in this tab.
#[derive(Clone, Copy)]
pub(super) struct Beam {
    pub(super) bell: Bell,
    pub(super) own: Own,
    /// The page whose call is about to be joined, and whether that is under way.
    pub(super) preview: RwSignal<Option<PageId>>,
    pub(super) joining: RwSignal<bool>,
    pub(super) stage: RwSignal<Stage>,
    pub(super) call: RwSignal<Option<Call>>,
    pub(super) me: RwSignal<Option<SessionId>>,
    pub(super) slots: RwSignal<Vec<Slot>>,
    pub(super) seats: RwSignal<Seats>,
    /// The stage in CSS pixels, and which page of tiles it shows.
    pub(super) size: RwSignal<(f64, f64)>,
    pub(super) turned: RwSignal<usize>,
    pub(super) scene: Memo<Scene>,
    /// Made small by hand; on another page it is small anyway.
    pub(super) folded: RwSignal<bool>,
    pub(super) muted: RwSignal<bool>,
    pub(super) sharing: RwSignal<bool>,
    pub(super) hand: RwSignal<bool>,
    pub(super) troubled: RwSignal<bool>,
    pub(super) quality: RwSignal<Quality>,
    /// Whose picture stands still.
    pub(super) still: RwSignal<BTreeSet<SessionId>>,
    /// The browser wants a click before it lets anything be heard.
    pub(super) silenced: RwSignal<bool>,
    pub(super) manages: RwSignal<bool>,
    pub(super) ring: RwSignal<Option<Ring>>,
    pub(super) aloud: RwSignal<String>,
    pub(super) trouble: RwSignal<Option<String>>,
    pub(super) clock: RwSignal<Timestamp>,
    pub(super) shelf: Shelf,
    pub(super) live: Live,
    pub(super) relays: StoredValue<Relays>,
    pub(super) session: StoredValue<Option<Rc<Session>>, LocalStorage>,
    pub(super) ahead: StoredValue<Ahead>,
}

/// What the wire told of a session before the answer that lets it in: it is newer than that.
#[derive(Default)]
pub(super) struct Ahead {
    pub(super) call: Option<Call>,
    pub(super) slots: Option<Vec<Slot>>,
}

impl Beam {
    pub(super) fn new(bell: Bell) -> Self {
        let (seats, size) = (RwSignal::new(Seats::default()), RwSignal::new((0.0, 0.0)));
        let (turned, folded) = (RwSignal::new(0), RwSignal::new(false));
        let stage = RwSignal::new(Stage::Nowhere);
        let scene = Memo::new(move |_| {
            let small = folded.get() || stage.with(Stage::page) != bell.here.get();
            seats.with(|seats| {
                if small {
                    seats.single(size.get())
                } else {
                    seats.scene(size.get(), turned.get())
                }
            })
        });
        Self {
            bell,
            own: Own::new(),
            preview: RwSignal::new(None),
            joining: RwSignal::new(false),
            stage,
            call: RwSignal::new(None),
            me: RwSignal::new(None),
            slots: RwSignal::new(Vec::new()),
            seats,
            size,
            turned,
            scene,
            folded,
            muted: RwSignal::new(false),
            sharing: RwSignal::new(false),
            hand: RwSignal::new(false),
            troubled: RwSignal::new(false),
            quality: RwSignal::new(Quality::Unknown),
            still: RwSignal::new(BTreeSet::new()),
            silenced: RwSignal::new(false),
            manages: RwSignal::new(false),
            ring: RwSignal::new(None),
            aloud: RwSignal::new(String::new()),
            trouble: RwSignal::new(None),
            clock: RwSignal::new(now()),
            shelf: Shelf::here(),
            live: Live::here(),
            relays: StoredValue::new(Relays::default()),
            session: StoredValue::new_local(None),
            ahead: StoredValue::default(),
        }
    }

    pub(super) fn session(self) -> Option<Rc<Session>> {
        self.session.try_get_value().flatten()
    }

    pub(super) fn is_small(self) -> bool {
        self.folded.get() || self.stage.with(Stage::page) != self.bell.here.get()
    }

    pub(super) fn caller(self, session: SessionId) -> Option<Caller> {
        self.call.with(|call| {
            let mut callers = call.as_ref()?.callers.iter();
            callers.find(|caller| caller.session == session).cloned()
        })
    }

    pub(super) fn page_name(self, page: PageId) -> String {
        self.shelf.list().with(|list| {
            let listing = list.find(page);
            listing.map_or(String::new(), |listing| listing.page.name.clone())
        })
    }

    /// Somebody wants to see or to join this page's call.
    pub(super) fn asked(self, page: PageId) {
        self.ring.set(None);
        if self.stage.with_untracked(Stage::page) == Some(page) {
            self.folded.set(false);
            return;
        }
        self.trouble.set(None);
        spawn_local(async move {
            match api::find(page).await {
                Ok(found) => {
                    let now = self.tick_clock().millis();
                    self.relays.set_value(Relays::new(found.ice_servers, now));
                    match found.settings.elsewhere() {
                        Some(url) => {
                            self.leave();
                            self.folded.set(false);
                            self.stage.set(Stage::Frame(page, url));
                        }
                        None => self.preview.set(Some(page)),
                    }
                }
                Err(problem) => {
                    self.trouble.set(Some(problem.to_string()));
                    self.preview.set(Some(page));
                }
            }
        });
    }

    pub(super) fn is_current(self, session: &Rc<Session>) -> bool {
        self.session()
            .is_some_and(|current| Rc::ptr_eq(&current, session))
    }

    pub(super) fn watch(self, session: &Rc<Session>) {
        let ticking = Rc::downgrade(session);
        let timer = Interval::new(250, move || {
            if let Some(session) = ticking.upgrade() {
                self.tick(&session);
            }
        });
        let (page, leaving) = (session.page, Rc::downgrade(session));
        let gone = window_event_listener_untyped("pagehide", move |_| {
            if let Some(session) = leaving.upgrade() {
                api::leave_by_beacon(page, session.id.get());
                self.end(false);
            }
        });
        let moved = Rc::downgrade(session);
        let network = window_event_listener(ev::online, move |_| {
            if let Some(session) = moved.upgrade() {
                let now = js_sys::Date::now() as i64;
                session.link.borrow_mut().network_changed(now);
            }
        });
        session.keep(timer, vec![gone, network]);
    }

    /// Whether I may mute and remove others.
    pub(super) fn ask_rights(self, page: PageId) {
        self.manages.set(false);
        spawn_local(async move {
            if let Ok(room) = crate::pages::api::room(page).await {
                self.manages.set(room.may_manage);
            }
        });
    }

    pub(super) fn leave(self) {
        self.end(true);
        self.stage.set(Stage::Nowhere);
        self.own.close();
        self.trouble.set(None);
        // The stage had the focus: it goes back to where calls begin.
        spawn_local(async move {
            leptos::task::tick().await;
            let button = document().query_selector(".call-button").ok().flatten();
            if let Some(button) = button.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
                let _ = button.focus();
            }
        });
    }

    /// The server, or the network, has ended it.
    pub(super) fn ended(self, words: &str) {
        self.leave();
        self.trouble.set(Some(words.to_owned()));
    }

    /// What was the call is gone, but not my camera and microphone.
    pub(super) fn end(self, tell: bool) {
        let session = self.session.try_update_value(Option::take).flatten();
        if let Some(session) = session {
            self.stage.set(Stage::Nowhere);
            if tell {
                let (page, id) = (session.page, session.id.get());
                spawn_local(async move {
                    // The server finds out by itself if this is lost.
                    let _ = api::leave(page, id).await;
                });
            }
        }
        self.call.set(None);
        self.me.set(None);
        self.slots.set(Vec::new());
        self.seats.set(Seats::default());
        self.still.set(BTreeSet::new());
        self.quality.set(Quality::Unknown);
        for off in [self.sharing, self.hand, self.troubled, self.silenced] {
            off.set(false);
        }
    }

    pub(super) fn say(self, words: String) {
        self.aloud.set(words);
    }

    pub(super) fn tick_clock(self) -> Timestamp {
        let now = now();
        self.clock.set(now);
        now
    }

    /// Pictures of others that are on screen now. In a hidden tab there are none.
    fn seen(self) -> Vec<Seen> {
        let me = self.me.get_untracked();
        let scene = self.scene.get_untracked();
        self.call.with_untracked(|call| match (call, me) {
            (Some(call), Some(me)) if !document().hidden() => {
                scene.seen(call, me, window().device_pixel_ratio())
            }
            _ => Vec::new(),
        })
    }

    /// Tells the server what is on screen, when that has changed.
    pub(super) fn look(self) {
        let Some(session) = self.session() else {
            return;
        };
        let seen = self.seen();
        if session.seen.borrow().as_ref() == Some(&seen) {
            return;
        }
        *session.seen.borrow_mut() = Some(seen.clone());
        spawn_local(async move {
            let told = api::seen(session.page, session.id.get(), &seen).await;
            if told.is_err() {
                // Told again with the next change, or with the next tick.
                session.seen.take();
            }
        });
    }
}
