//! The browser's MQTT session: one socket for a tab, every topic of mine, back-off, and the timing of resync
//! and polling ([`link`]). What the news means is decided by whoever listens.

mod alone;
mod event;
mod link;
mod socket;

use std::{cell::RefCell, rc::Rc};

use bytes::Bytes;
use domain::{AccountId, Event, PageId, Topic};
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use mqtt::Packet;
use send_wrapper::SendWrapper;
use web_sys::VisibilityState;

pub use alone::alone;
use link::{Do, Link};
use socket::{Socket, Wake};

/// What listeners are told.
#[derive(Debug, Clone)]
pub enum News {
    Event(Topic, Box<Event>),
    Signal(PageId, AccountId, domain::Signal),
    /// What the first bundle does not read: of calls, or from a newer server.
    Further(Topic, Bytes),
    /// Ask for everything that may have been missed.
    Resync,
    /// Ask for what is new on the page in view: there is no socket, or to be sure.
    Poll,
}

type Listener = Rc<dyn Fn(&News)>;

/// A handle, the same everywhere in a tab. On the server it does nothing.
#[derive(Clone, Copy)]
pub struct Live {
    session: StoredValue<Option<SendWrapper<Rc<Session>>>>,
    trouble: RwSignal<bool>,
}

struct Session {
    me: AccountId,
    trouble: RwSignal<bool>,
    state: RefCell<State>,
    listeners: RefCell<Vec<(usize, Listener)>>,
    timer: RefCell<Option<Interval>>,
    wake: RefCell<Option<Wake>>,
}

struct State {
    link: Link,
    socket: Option<Socket>,
    topics: Vec<PageId>,
}

impl Live {
    /// Once, at the root of the app.
    pub fn provide() -> Self {
        let live = Self {
            session: StoredValue::new(None),
            trouble: RwSignal::new(false),
        };
        provide_context(live);
        live
    }

    /// The tab's session; a new one where none was provided.
    pub fn here() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// Whether to say `Reconnecting…`.
    pub fn trouble(self) -> Signal<bool> {
        self.trouble.into()
    }

    /// Connects as this person, if that is not so already. In the browser only.
    pub fn start(self, me: AccountId) {
        let same = self.session().is_some_and(|session| session.me == me);
        if !same {
            self.stop();
            let session = Session::start(me, self.trouble);
            self.session.set_value(Some(SendWrapper::new(session)));
        }
    }

    /// Ends the session: signed out.
    pub fn stop(self) {
        if let Some(session) = self.session() {
            session.end();
        }
        self.session.set_value(None);
    }

    /// Subscribes to these pages, and to no others any more.
    pub fn follow(self, pages: Vec<PageId>) {
        if let Some(session) = self.session() {
            session.follow(pages);
        }
    }

    /// Says something in passing. Without a socket nobody hears it.
    pub fn signal(self, page: PageId, signal: &domain::Signal) {
        let Some(session) = self.session() else {
            return;
        };
        let topic = Topic::Signals(page, session.me).to_string();
        if let Ok(payload) = serde_json::to_vec(signal) {
            session.send(&Packet::Publish(mqtt::Publish::at_most_once(
                topic, payload,
            )));
        }
    }

    /// Whether news comes through the socket.
    pub fn is_up(self) -> bool {
        self.session()
            .is_some_and(|session| session.state.borrow().link.is_up())
    }

    /// The server has answered a question: it can be reached, whatever the socket does.
    pub fn answered(self) {
        if let Some(session) = self.session() {
            session.state.borrow_mut().link.answered(socket::now());
            session.show();
        }
    }

    /// Hears all news until the owner is cleaned up.
    pub fn listen(self, listener: impl Fn(&News) + 'static) {
        let Some(session) = self.session() else {
            return;
        };
        let mut listeners = session.listeners.borrow_mut();
        let id = listeners.last().map_or(0, |(id, _)| id + 1);
        listeners.push((id, Rc::new(listener)));
        on_cleanup(move || {
            if let Some(session) = self.session() {
                session
                    .listeners
                    .borrow_mut()
                    .retain(|(kept, _)| *kept != id);
            }
        });
    }

    fn session(self) -> Option<Rc<Session>> {
        self.session
            .try_with_value(|session| session.as_deref().cloned())
            .flatten()
    }
}

impl State {
    fn subscribed(&mut self, id: mqtt::PacketId) -> Vec<Do> {
        let complete = self
            .socket
            .as_mut()
            .is_some_and(|socket| socket.subscribed(id));
        if complete {
            self.link.up(socket::now())
        } else {
            Vec::new()
        }
    }
}

impl Session {
    fn start(me: AccountId, trouble: RwSignal<bool>) -> Rc<Self> {
        let session = Rc::new(Self {
            me,
            trouble,
            state: RefCell::new(State {
                link: Link::new(socket::now()),
                socket: None,
                topics: Vec::new(),
            }),
            listeners: RefCell::default(),
            timer: RefCell::default(),
            wake: RefCell::default(),
        });
        let ticking = Rc::downgrade(&session);
        *session.timer.borrow_mut() = Some(Interval::new(500, move || {
            if let Some(session) = ticking.upgrade() {
                let hidden = document().visibility_state() == VisibilityState::Hidden;
                let todo = session.state.borrow_mut().link.tick(socket::now(), hidden);
                session.carry_out(todo);
            }
        }));
        let waking = Rc::downgrade(&session);
        *session.wake.borrow_mut() = Some(Wake::new(move || {
            if let Some(session) = waking.upgrade() {
                let todo = session.state.borrow_mut().link.woke(socket::now());
                session.carry_out(todo);
            }
        }));
        session
    }

    fn end(&self) {
        self.timer.borrow_mut().take();
        self.wake.borrow_mut().take();
        self.state.borrow_mut().socket.take();
        self.listeners.borrow_mut().clear();
        self.trouble.set(false);
    }

    fn carry_out(self: &Rc<Self>, todo: Vec<Do>) {
        for what in todo {
            match what {
                Do::Open => self.open(),
                Do::Close => self.closed(),
                Do::Ping => self.send(&Packet::PingReq),
                Do::Resync => self.tell(&News::Resync),
                Do::Poll => self.tell(&News::Poll),
            }
        }
        self.show();
    }

    fn show(&self) {
        let trouble = self.state.borrow().link.trouble(socket::now());
        if self.trouble.get_untracked() != trouble {
            self.trouble.set(trouble);
        }
    }

    fn open(self: &Rc<Self>) {
        let (hearing, closing) = (Rc::downgrade(self), Rc::downgrade(self));
        let socket = Socket::open(
            move |packet| {
                if let Some(session) = hearing.upgrade() {
                    session.received(packet);
                }
            },
            move || {
                if let Some(session) = closing.upgrade() {
                    session.closed();
                    session.show();
                }
            },
        );
        match socket {
            Some(socket) => self.state.borrow_mut().socket = Some(socket),
            None => self.closed(),
        }
    }

    fn closed(&self) {
        let mut state = self.state.borrow_mut();
        state.socket = None;
        state.link.closed(socket::now(), js_sys::Math::random());
    }

    fn send(&self, packet: &Packet) {
        if let Some(socket) = &self.state.borrow().socket {
            socket.send(packet);
        }
    }

    fn received(self: &Rc<Self>, packet: Packet) {
        self.state.borrow_mut().link.heard(socket::now());
        match packet {
            Packet::ConnAck(ack) if ack.code == mqtt::ConnectCode::Accepted => {
                let state = &mut *self.state.borrow_mut();
                let pages = state.topics.iter().copied().flat_map(topics);
                let topics: Vec<_> = std::iter::once(Topic::Account(self.me))
                    .chain(pages)
                    .collect();
                if let Some(socket) = &mut state.socket {
                    socket.subscribe(&topics);
                }
            }
            Packet::ConnAck(_) => self.closed(),
            Packet::SubAck(ack) => {
                // The borrow ends before listeners are told: they may want to follow other pages.
                let todo = self.state.borrow_mut().subscribed(ack.id);
                self.carry_out(todo);
            }
            Packet::Publish(publish) => {
                let topic = Topic::parse(&publish.topic);
                if let Some(Topic::Signals(page, who)) = topic {
                    // From a newer page than this one: nothing is missed.
                    if let Ok(signal) = serde_json::from_slice(&publish.payload) {
                        self.tell(&News::Signal(page, who, signal));
                    }
                    return;
                }
                match (topic, event::read(&publish.payload)) {
                    (_, Some(Event::Resync)) => self.tell(&News::Resync),
                    (Some(topic), Some(event)) => self.tell(&News::Event(topic, Box::new(event))),
                    (Some(topic), None) => self.tell(&News::Further(topic, publish.payload)),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn follow(&self, pages: Vec<PageId>) {
        let state = &mut *self.state.borrow_mut();
        if let Some(socket) = state.socket.as_mut().filter(|_| state.link.is_up()) {
            socket.subscribe(&beyond(&pages, &state.topics));
            socket.unsubscribe(&beyond(&state.topics, &pages));
        }
        state.topics = pages;
    }

    fn tell(&self, news: &News) {
        let listeners: Vec<_> = self
            .listeners
            .borrow()
            .iter()
            .map(|(_, listener)| Rc::clone(listener))
            .collect();
        for listener in listeners {
            listener(news);
        }
    }
}

/// What happens on a page, and what is said there in passing.
/// What is to be heard of the pages that are in one list and not in the other.
fn beyond(pages: &[PageId], others: &[PageId]) -> Vec<Topic> {
    let pages = pages.iter().filter(|page| !others.contains(page));
    pages.copied().flat_map(topics).collect()
}

fn topics(page: PageId) -> [Topic; 2] {
    [Topic::Page(page), Topic::AllSignals(page)]
}

/// The future's value, or `None` after so many milliseconds: a request on a dead network may hang for minutes.
pub async fn within<T>(millis: u32, future: impl Future<Output = T>) -> Option<T> {
    let timeout = gloo_timers::future::TimeoutFuture::new(millis);
    match futures::future::select(std::pin::pin!(future), timeout).await {
        futures::future::Either::Left((value, _)) => Some(value),
        futures::future::Either::Right(_) => None,
    }
}
