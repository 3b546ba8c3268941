//! What I wrote, until the server has it: kept over a reload, sent in order on each page, tried again while the
//! network fails. The same id goes out every time, so that nothing doubles. All tabs of a browser share it: what waits
//! lies in the browser's storage, one tab at a time sends what waits on a page, and another goes on when that one closes.
//!
//! The storage is `localStorage`, an entry a message: it has been written when the key that sends comes up again, also when
//! the tab is closed in that moment.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use domain::{AccountId, Image, ImageAlt, MessageId, PageId, Refusal};
use gloo_timers::future::TimeoutFuture;
use leptos::{ev, prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use web_sys::{Storage, StorageEvent};

use super::{api, store::Draft};
use crate::{
    Problem,
    live::{alone, within},
    ui::ordered,
};

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// In another tab.
    Written(Draft),
    /// It is to be tried again, by another tab.
    Retried {
        id: MessageId,
    },
    /// Given up in another tab.
    Discarded {
        id: MessageId,
    },
    Stored {
        id: MessageId,
        seq: i64,
    },
    Refused {
        id: MessageId,
        why: String,
    },
    SignedOut,
}

type Listener = Rc<dyn Fn(&Outcome)>;

/// A handle, the same everywhere in a tab. On the server it does nothing.
#[derive(Clone, Copy)]
pub struct Outbox {
    queue: StoredValue<Option<SendWrapper<Rc<Queue>>>>,
}

struct Queue {
    me: AccountId,
    /// In order of writing.
    drafts: RefCell<Vec<Draft>>,
    /// Pages on which a sender is at work.
    sending: RefCell<Vec<PageId>>,
    /// Counts up when the network came back: whoever waits tries at once.
    nudges: Cell<u32>,
    listeners: RefCell<Vec<(usize, Listener)>>,
    /// What the storage would not take.
    unkept: RefCell<Vec<Draft>>,
}

const ANSWER: u32 = 15_000;
const LONGEST_WAIT: u32 = 8_000;
/// A failure that is not the network's may be over soon; after so many tries it is shown.
const TRIES: u32 = 3;

impl Outbox {
    /// Once, at the root of the app.
    pub fn provide() -> Self {
        let outbox = Self {
            queue: StoredValue::new(None),
        };
        provide_context(outbox);
        outbox
    }

    pub fn here() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// Takes up what this person left unsent. In the browser only.
    pub fn start(self, me: AccountId) {
        if self.queue().is_some_and(|queue| queue.me == me) {
            return;
        }
        let queue = Rc::new(Queue {
            me,
            drafts: RefCell::new(kept(me)),
            unkept: RefCell::default(),
            sending: RefCell::default(),
            nudges: Cell::new(0),
            listeners: RefCell::default(),
        });
        self.queue
            .set_value(Some(SendWrapper::new(Rc::clone(&queue))));
        let elsewhere = Rc::downgrade(&queue);
        // For as long as the tab lives, as the queue itself.
        let _ = window_event_listener(ev::storage, move |event| {
            if let Some(queue) = elsewhere.upgrade() {
                queue.changed_elsewhere(&event);
            }
        });
        queue.send_all();
    }

    /// What waits on this page, in order of writing.
    pub fn of(self, page: PageId) -> Vec<Draft> {
        self.queue().map_or_else(Vec::new, |queue| {
            let drafts = queue.drafts.borrow();
            drafts
                .iter()
                .filter(|draft| draft.page == page)
                .cloned()
                .collect()
        })
    }

    pub fn push(self, draft: Draft) {
        if let Some(queue) = self.queue() {
            if !keep(queue.me, &draft) {
                queue.unkept.borrow_mut().push(draft.clone());
            }
            let page = draft.page;
            queue.drafts.borrow_mut().push(draft);
            queue.send(page);
        }
    }

    pub fn retry(self, id: MessageId) {
        if let Some(queue) = self.queue() {
            queue.mark(id, None);
            queue.send_all();
        }
    }

    pub fn discard(self, id: MessageId) {
        if let Some(queue) = self.queue() {
            queue.remove(id);
        }
    }

    /// The network is back.
    pub fn nudge(self) {
        if let Some(queue) = self.queue() {
            queue.nudges.set(queue.nudges.get().wrapping_add(1));
            queue.send_all();
        }
    }

    /// Hears every outcome until the owner is cleaned up.
    pub fn listen(self, listener: impl Fn(&Outcome) + 'static) {
        let Some(queue) = self.queue() else { return };
        let mut listeners = queue.listeners.borrow_mut();
        let id = listeners.last().map_or(0, |(id, _)| id + 1);
        listeners.push((id, Rc::new(listener)));
        on_cleanup(move || {
            if let Some(queue) = self.queue() {
                queue.listeners.borrow_mut().retain(|(kept, _)| *kept != id);
            }
        });
    }

    fn queue(self) -> Option<Rc<Queue>> {
        self.queue
            .try_with_value(|queue| queue.as_deref().cloned())
            .flatten()
    }
}

impl Queue {
    fn send_all(self: &Rc<Self>) {
        let drafts = self.drafts.borrow();
        for draft in drafts.iter() {
            self.send(draft.page);
        }
    }

    /// One sender for a page, so that messages arrive in the order they were written.
    fn send(self: &Rc<Self>, page: PageId) {
        if !self.sending.borrow().contains(&page) {
            self.sending.borrow_mut().push(page);
            let queue = Rc::clone(self);
            spawn_local(async move {
                let name = format!("stoa.outbox.{}.{page}", queue.me);
                alone(&name, Box::pin(queue.work(page))).await;
                queue.sending.borrow_mut().retain(|busy| *busy != page);
            });
        }
    }

    async fn work(&self, page: PageId) {
        let mut failures = 0;
        loop {
            self.look_again();
            let Some(draft) = self.next(page) else { break };
            let id = draft.id;
            let reply = draft.reply.map(|quote| quote.id);
            let mentions = draft
                .mentions
                .iter()
                .map(|mention| mention.account)
                .collect();
            let images = draft.images.into_iter();
            let images = images.map(|Image { id, alt, .. }| ImageAlt { id, alt });
            let posting =
                api::post_message(page, id, draft.body, reply, mentions, images.collect());
            let answer = within(ANSWER, posting).await;
            match answer {
                Some(Ok(posted)) => {
                    failures = 0;
                    self.remove(id);
                    let seq = posted.seq;
                    self.tell(&Outcome::Stored { id, seq });
                }
                Some(Err(Problem::Refused(Refusal::SignedOut))) => {
                    self.tell(&Outcome::SignedOut);
                    return;
                }
                Some(Err(Problem::Refused(Refusal::TooMany { seconds }))) => {
                    TimeoutFuture::new(seconds.clamp(1, 600) * 1000).await;
                }
                Some(Err(problem @ Problem::Refused(_))) => self.refuse(id, &problem),
                Some(Err(problem @ Problem::Failed { .. })) if failures + 1 >= TRIES => {
                    failures = 0;
                    self.refuse(id, &problem);
                }
                _ => {
                    self.wait(failures).await;
                    failures += 1;
                }
            }
        }
    }

    fn next(&self, page: PageId) -> Option<Draft> {
        let drafts = self.drafts.borrow();
        drafts
            .iter()
            .find(|draft| draft.page == page && draft.refused.is_none())
            .cloned()
    }

    fn refuse(&self, id: MessageId, problem: &Problem) {
        let why = problem.to_string();
        self.mark(id, Some(why.clone()));
        self.tell(&Outcome::Refused { id, why });
    }

    fn mark(&self, id: MessageId, refused: Option<String>) {
        let mut drafts = self.drafts.borrow_mut();
        if let Some(draft) = drafts.iter_mut().find(|draft| draft.id == id) {
            draft.refused = refused;
            let _ = keep(self.me, draft);
        }
    }

    fn remove(&self, id: MessageId) {
        self.drafts.borrow_mut().retain(|draft| draft.id != id);
        self.unkept.borrow_mut().retain(|draft| draft.id != id);
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&key(self.me, id));
        }
    }

    /// What lies in the storage is the truth: other tabs write and send as well.
    fn look_again(&self) {
        if storage().is_some() {
            let mut drafts = kept(self.me);
            drafts.extend(self.unkept.borrow().iter().cloned());
            *self.drafts.borrow_mut() = in_order(drafts);
        }
    }

    /// Another tab has written, sent, retried or given up something.
    fn changed_elsewhere(self: &Rc<Self>, event: &StorageEvent) {
        let Some(id) = event.key().and_then(|key| {
            let id = key.strip_prefix(&prefix(self.me))?;
            id.parse().ok()
        }) else {
            return;
        };
        let now = event.new_value();
        let now = now.and_then(|json| serde_json::from_slice::<Draft>(json.as_bytes()).ok());
        let outcome = match now {
            None => Outcome::Discarded { id },
            Some(Draft {
                refused: Some(why), ..
            }) => Outcome::Refused { id, why },
            Some(_) if event.old_value().is_some() => Outcome::Retried { id },
            Some(draft) => Outcome::Written(draft),
        };
        self.look_again();
        self.tell(&outcome);
        // Should the other tab be closed, this one goes on.
        self.send_all();
    }

    async fn wait(&self, failures: u32) {
        const SLICE: u32 = 250;
        let longest = (500 << failures.min(5)).min(LONGEST_WAIT);
        let before = self.nudges.get();
        let mut waited = 0;
        while waited < longest && self.nudges.get() == before {
            TimeoutFuture::new(SLICE).await;
            waited += SLICE;
        }
    }

    fn tell(&self, outcome: &Outcome) {
        let listeners: Vec<_> = self
            .listeners
            .borrow()
            .iter()
            .map(|(_, listener)| Rc::clone(listener))
            .collect();
        for listener in listeners {
            listener(outcome);
        }
    }
}

/// One entry a message, so that tabs do not overwrite each other's.
fn key(me: AccountId, id: MessageId) -> String {
    format!("{}{id}", prefix(me))
}

fn prefix(me: AccountId) -> String {
    format!("stoa.outbox.{me}.")
}

/// `None` where the browser allows none; then a reload loses what was not sent.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Whether the browser has it.
fn keep(me: AccountId, draft: &Draft) -> bool {
    let (Some(storage), Ok(json)) = (storage(), serde_json::to_string(draft)) else {
        return false;
    };
    storage.set_item(&key(me, draft.id), &json).is_ok()
}

fn kept(me: AccountId) -> Vec<Draft> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let prefix = prefix(me);
    let drafts = (0..storage.length().unwrap_or(0))
        .filter_map(|at| storage.key(at).ok().flatten())
        .filter(|key| key.starts_with(&prefix))
        .filter_map(|key| storage.get_item(&key).ok().flatten())
        .filter_map(|json| serde_json::from_slice(json.as_bytes()).ok())
        .collect();
    in_order(drafts)
}

fn in_order(drafts: Vec<Draft>) -> Vec<Draft> {
    ordered(drafts, |one, other| {
        (one.written, one.id) < (other.written, other.id)
    })
}
