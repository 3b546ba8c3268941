//! One open page in the browser: its store, what is shown of it, and everything that changes either.

mod acts;
mod aloud;
mod marks;
mod news;
mod signals;
mod window;

use std::sync::Arc;

use domain::{
    AccountId, Caption, Identity, Image, ImageId, Invited, Member, Mention, Message, MessageId,
    Page, PageId, Refusal, Room, Timestamp,
};
use leptos::{prelude::*, task::spawn_local};
use web_sys::VisibilityState;

use super::{
    api, lines,
    outbox::{Outbox, Outcome},
    scroll::{Held, Scroll},
    sheet::Sheet,
    shelf::Shelf,
    span::Span,
    store::{Draft, Store},
    zone::{Zone, now},
};
pub use signals::writing;

use crate::{
    Problem,
    images::Tray,
    live::{Live, within},
};

/// Whether I am still on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Member,
    Removed,
    Deleted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Older {
    None,
    There,
    Loading,
    Failed,
}

/// A handle on an open page; it ends with the owner it was made under.
#[derive(Clone, Copy)]
pub struct Talk {
    pub id: PageId,
    pub page: RwSignal<Page>,
    pub me: StoredValue<Identity>,
    pub may_manage: RwSignal<bool>,
    /// The first of them, or all.
    pub members: RwSignal<Vec<Member>>,
    pub member_count: RwSignal<usize>,
    pub invited: RwSignal<Vec<Invited>>,
    pub standing: RwSignal<Standing>,
    pub older: RwSignal<Older>,
    /// The conversation goes on below what is in the document.
    pub below: RwSignal<bool>,
    /// My message that the composer edits.
    pub editing: RwSignal<Option<Arc<Message>>>,
    /// What the composer answers.
    pub replying: RwSignal<Option<Arc<Message>>>,
    /// The message whose menu is open.
    pub acting: RwSignal<Option<Arc<Message>>>,
    /// The image that fills the screen.
    pub looking: RwSignal<Option<ImageId>>,
    /// The newest images of what is loaded.
    pub pictures: RwSignal<Vec<Image>>,
    pub tray: Tray,
    /// Up to which numbers all others have got and read the messages; never back.
    pub reach: RwSignal<(i64, i64)>,
    /// What a screen reader is to say.
    pub aloud: RwSignal<String>,
    /// What went wrong with the last thing that was tried.
    pub trouble: RwSignal<Option<String>>,
    /// Members who are online now.
    pub online: RwSignal<Vec<AccountId>>,
    /// Who is writing: their names.
    pub typing: RwSignal<Vec<String>>,
    /// Messages by others below what is in view.
    pub fresh: RwSignal<usize>,
    pub sheet: Sheet,
    pub scroll: Scroll,
    pub zone: RwSignal<Zone>,
    pub now: RwSignal<Timestamp>,
    store: StoredValue<Store>,
    state: StoredValue<State>,
    live: Live,
    outbox: Outbox,
    shelf: Shelf,
}

#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one question under way"
)]
struct State {
    catching_up: bool,
    again: bool,
    checking: bool,
    counting: bool,
    going_down: bool,
    /// Messages are loaded above what is in the document.
    above: bool,
    span: Span,
    marking: bool,
    /// The numbers up to which the server knows that I have read, and that this device has got the messages.
    read: i64,
    delivered: i64,
    /// The newest number when the end was last in view.
    seen: i64,
    /// When typing was last told; 0 after it has stopped.
    typed: i64,
    writers: signals::Writers,
    /// The page's number when it was opened: what came later is news.
    opened: i64,
    /// News that waits to be said.
    unsaid: Vec<String>,
    /// When the last draft was written: the next is later, whatever the clock says.
    written: i64,
}

const ANSWER: u32 = 10_000;
const AT_ONCE: u32 = 200;
const OLDER: u32 = 50;

impl Talk {
    pub fn open(room: Room) -> Self {
        let store = Store::open(&room);
        let shelf = Shelf::here();
        let zone = shelf.zone().get_untracked();
        let older = if store.before().is_some() {
            Older::There
        } else {
            Older::None
        };
        let entries = store.entries();
        // With much unread, reading begins at its first.
        let span = store
            .divider()
            .map_or_else(Span::default, |divider| Span::around(&entries, divider.seq));
        let (entries, above, below) = span.cut(entries);
        let days = lines::days(entries, store.divider(), |at| zone.local(at).days);
        let state = State {
            span,
            above,
            read: room.read,
            delivered: room.read,
            seen: store.latest(),
            opened: store.latest(),
            ..State::default()
        };
        Self {
            id: room.page.id,
            page: RwSignal::new(room.page),
            me: StoredValue::new(room.me.clone()),
            may_manage: RwSignal::new(room.may_manage),
            members: RwSignal::new(room.members),
            member_count: RwSignal::new(room.member_count),
            invited: RwSignal::new(room.invited),
            standing: RwSignal::new(Standing::Member),
            older: RwSignal::new(older),
            below: RwSignal::new(below),
            editing: RwSignal::new(None),
            replying: RwSignal::new(None),
            acting: RwSignal::new(None),
            looking: RwSignal::new(None),
            pictures: RwSignal::new(store.pictures()),
            tray: Tray::empty(),
            aloud: RwSignal::new(String::new()),
            trouble: RwSignal::new(None),
            reach: RwSignal::new(room.marks.by_others(room.me.account)),
            online: RwSignal::new(room.online),
            typing: RwSignal::new(Vec::new()),
            fresh: RwSignal::new(0),
            sheet: Sheet::new(days),
            scroll: Scroll::new(),
            zone: shelf.zone(),
            now: shelf.now(),
            store: StoredValue::new(store),
            state: StoredValue::new(state),
            live: Live::here(),
            outbox: Outbox::here(),
            shelf,
        }
    }

    /// Once, in the browser, when the page is on screen.
    pub fn begin(self) {
        let me = self.me.with_value(|me| me.account);
        self.scroll.to_first_unread();
        self.outbox.start(me);
        self.live.start(me);
        self.zone.set(Zone::Browser);
        let waiting = self.outbox.of(self.id);
        self.change(|store| waiting.into_iter().for_each(|draft| store.write(draft)));
        self.live.listen(move |news| self.heard(news));
        self.hear_signals();
        self.hear_visits();
        self.outbox.listen(move |outcome| self.sent(outcome));
        self.tray.take_up(me, self.id);
        if self.live.is_up() {
            self.catch_up();
        }
        self.looked_at();
    }

    /// Changes the store and then what is shown of it, keeping one's place.
    fn change(self, change: impl FnOnce(&mut Store)) {
        let held = if self.is_at_end() {
            self.scroll.hold()
        } else {
            self.scroll.hold_message()
        };
        self.change_holding(held, change);
    }

    fn change_holding(self, held: Held, change: impl FnOnce(&mut Store)) {
        if self.store.try_update_value(change).is_some() {
            self.show();
            self.scroll.settle(held);
            self.looked_at();
        }
    }

    /// The end may have come into view, or the window into focus: what is seen there is read.
    pub fn looked_at(self) {
        let at_end = self.is_at_end();
        let (latest, fresh) = self.store.with_value(|store| {
            let seen = self.state.with_value(|state| state.seen);
            (store.latest(), store.by_others_after(seen))
        });
        if at_end {
            self.state
                .update_value(|state| state.seen = state.seen.max(latest));
        }
        let fresh = if at_end { 0 } else { fresh };
        if self.fresh.get_untracked() != fresh {
            self.fresh.set(fresh);
        }
        self.shelf.newest(self.id, latest);
        let looking = self.is_looked_at();
        self.shelf.watch(looking.then_some(self.id));
        self.mark(looking);
    }

    /// Read means visible, focused, and at the end.
    fn is_looked_at(self) -> bool {
        let page = document();
        page.visibility_state() == VisibilityState::Visible
            && page.has_focus().unwrap_or(false)
            && self.is_at_end()
    }

    /// The newest message is in view, or nearly.
    fn is_at_end(self) -> bool {
        self.scroll.at_end.try_get_untracked().unwrap_or(false)
            && !self.below.try_get_untracked().unwrap_or(true)
    }

    /// A hole may close by itself: events overtake each other, and an answer may overtake its event.
    fn check_soon(self) {
        let wanted =
            self.store.with_value(Store::behind) && !self.state.with_value(|state| state.checking);
        if wanted {
            self.state.update_value(|state| state.checking = true);
            spawn_local(async move {
                gloo_timers::future::TimeoutFuture::new(AT_ONCE).await;
                if self
                    .state
                    .try_update_value(|state| state.checking = false)
                    .is_some()
                    && self.store.with_value(Store::behind)
                {
                    self.catch_up();
                }
            });
        }
    }

    /// Asks for everything after what is known, until there is no more.
    fn catch_up(self) {
        let busy = self.state.with_value(|state| state.catching_up);
        self.state.update_value(|state| {
            state.again = busy;
            state.catching_up = true;
        });
        if !busy {
            spawn_local(async move {
                while self.catch_up_once().await {}
                let _ = self
                    .state
                    .try_update_value(|state| state.catching_up = false);
            });
        }
    }

    /// Whether to ask again.
    async fn catch_up_once(self) -> bool {
        let Some(after) = self.store.try_with_value(Store::known) else {
            return false;
        };
        self.state.update_value(|state| state.again = false);
        let answer = within(ANSWER, api::messages(self.id, None, Some(after), Some(200))).await;
        if self.state.is_disposed() {
            return false;
        }
        match answer {
            Some(Ok(history)) => {
                self.live.answered();
                let more = history.more;
                for message in &history.messages {
                    self.announce(message);
                }
                self.change(|store| store.caught_up(after, history));
                let further = self.store.with_value(Store::known) > after;
                (more && further) || self.state.with_value(|state| state.again)
            }
            Some(Err(problem)) => {
                self.refused(&problem);
                false
            }
            None => false,
        }
    }

    /// What a refusal says about where I stand.
    fn refused(self, problem: &Problem) {
        match problem {
            Problem::Refused(Refusal::NotFound) => {
                self.live.answered();
                if self.standing.get_untracked() == Standing::Member {
                    self.standing.set(Standing::Removed);
                }
            }
            Problem::Refused(Refusal::SignedOut) => signed_out(),
            _ => {}
        }
    }

    /// Sends what was written: shown at once, kept until the server has it.
    pub fn say(self, body: &Caption, mentions: Vec<Mention>) {
        let reply = self.take_reply();
        let body = body.as_str().to_owned();
        // Kept or not, it is sent.
        drop(self.deliver(message_id(), body, mentions, Vec::new(), reply));
    }

    pub fn edit_last(self) {
        if let Some(mine) = self.store.with_value(Store::my_last) {
            self.edit_this(mine);
        }
    }

    pub fn edit_this(self, mine: Arc<Message>) {
        self.replying.set(None);
        self.editing.set(Some(mine));
    }

    pub fn retry(self, id: MessageId) {
        self.change(|store| store.retry(id));
        self.outbox.retry(id);
    }

    pub fn discard(self, id: MessageId) {
        self.change(|store| store.discard(id));
        self.outbox.discard(id);
    }

    fn sent(self, outcome: &Outcome) {
        match outcome {
            Outcome::Stored { id, seq } => {
                let (id, seq) = (*id, *seq);
                self.live.answered();
                self.change(|store| store.accepted(id, seq));
                self.check_soon();
            }
            Outcome::Refused { id, why } => {
                let (id, why) = (*id, why.clone());
                self.change(|store| store.refused(id, why));
            }
            Outcome::Written(draft) => {
                let draft = draft.clone();
                self.change(|store| store.write(draft));
            }
            Outcome::Retried { id } => {
                let id = *id;
                self.change(|store| store.retry(id));
            }
            Outcome::Discarded { id } => {
                let id = *id;
                self.change(|store| store.discard(id));
            }
            Outcome::SignedOut => signed_out(),
        }
    }
}

/// The session is over: the server shows where to go on.
pub fn signed_out() {
    let _ = window().location().set_href("/sign-in");
}

/// For a message that is being sent.
pub fn message_id() -> MessageId {
    MessageId(new_id(now()))
}

/// A version 7 id, made here.
pub fn new_id(now: Timestamp) -> uuid::Uuid {
    let mut bytes = [0; 10];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    MessageId::new(now, bytes).0
}
