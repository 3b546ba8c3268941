//! What I wrote, until the server has it: kept over a reload, sent in order on each page, tried again while the
//! network fails. The same id goes out every time, so that nothing doubles. All tabs of a browser share it: what waits
//! lies in the browser's database, one tab at a time sends what waits on a page, and another goes on when that one closes.

mod drafts;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use domain::{AccountId, Image, ImageAlt, MessageId, PageId, Refusal};
use futures::channel::oneshot::{self, Receiver};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use self::drafts::{Drafts, differences};
use super::{api, store::Draft};
use crate::{
    Problem,
    live::{alone, within},
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
    kept: Drafts,
    /// Pages on which a sender is at work.
    sending: RefCell<Vec<PageId>>,
    /// Counts up when the network came back: whoever waits tries at once.
    nudges: Cell<u32>,
    listeners: RefCell<Vec<(usize, Listener)>>,
}

const ANSWER: u32 = 15_000;
const DATABASE: u32 = 2_000;
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
            drafts: RefCell::default(),
            kept: Drafts::of(me),
            sending: RefCell::default(),
            nudges: Cell::new(0),
            listeners: RefCell::default(),
        });
        self.queue
            .set_value(Some(SendWrapper::new(Rc::clone(&queue))));
        let elsewhere = Rc::downgrade(&queue);
        queue.kept.changed_elsewhere(move || {
            if let Some(queue) = elsewhere.upgrade() {
                queue.take_up();
            }
        });
        queue.take_up();
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

    /// The answer comes when the browser keeps it, and is lost if it does not.
    pub fn push(self, draft: Draft) -> Receiver<()> {
        let Some(queue) = self.queue() else {
            return oneshot::channel().1;
        };
        let kept = queue.kept.change(draft.id, Some(draft.clone()));
        let page = draft.page;
        queue.drafts.borrow_mut().push(draft);
        queue.send(page);
        kept
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
            queue.take_up();
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
    /// Goes on with what there is: an earlier visit left it, another tab changed it and may be closed.
    fn take_up(self: &Rc<Self>) {
        let queue = Rc::clone(self);
        spawn_local(async move {
            if let Some(drafts) = queue.kept.all().await {
                queue.know(drafts);
                queue.send_all();
            }
        });
    }

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
            self.look_again().await;
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
            drop(self.kept.change(id, Some(draft.clone())));
        }
    }

    fn remove(&self, id: MessageId) {
        self.drafts.borrow_mut().retain(|draft| draft.id != id);
        drop(self.kept.change(id, None));
    }

    /// What is kept is the truth: other tabs write and send as well.
    async fn look_again(&self) {
        // Databases have been seen to keep silent; what is known goes out all the same.
        if let Some(Some(drafts)) = within(DATABASE, self.kept.all()).await {
            self.know(drafts);
        }
    }

    fn know(&self, drafts: Vec<Draft>) {
        let before = self.drafts.replace(drafts.clone());
        for outcome in differences(&before, &drafts) {
            self.tell(&outcome);
        }
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
