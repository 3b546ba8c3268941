//! One client as everybody else sees it: a queue to put parcels into, and a way to close it.
//! What its own task does is in `session`.

use std::{
    collections::VecDeque,
    future::poll_fn,
    mem,
    sync::{Mutex, OnceLock},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use domain::AccountId;

use crate::held::held;

/// One encoded PUBLISH, shared by all who get it.
#[derive(Clone)]
pub(crate) struct Parcel {
    pub(crate) bytes: Bytes,
    /// Where each client writes its own packet identifier, at quality of service 1.
    pub(crate) id_at: Option<u32>,
}

impl Parcel {
    /// What it counts in a queue: its bytes, shared or not, and its place.
    pub(crate) fn weight(&self) -> usize {
        self.bytes.len() + size_of::<Self>()
    }
}

/// Why the hub ends a connection that has done nothing wrong, or nothing but being slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    Cut,
    Slow,
    TakenOver,
    Draining,
}

pub(crate) struct Client {
    pub(crate) id: u64,
    pub(crate) account: AccountId,
    /// The client id of its CONNECT.
    pub(crate) name: OnceLock<Box<str>>,
    outbox: Mutex<Outbox>,
}

#[derive(Default)]
struct Outbox {
    queue: VecDeque<Parcel>,
    /// The weight of what is queued or being written.
    weight: usize,
    closed: Option<Closed>,
    /// Present while the task sleeps.
    task: Option<Waker>,
    /// The task sleeps for want of parcels; otherwise it will look by itself and need not be woken for one.
    hungry: bool,
}

impl Client {
    pub(crate) fn new(id: u64, account: AccountId) -> Self {
        Self {
            id,
            account,
            name: OnceLock::new(),
            outbox: Mutex::default(),
        }
    }

    /// Whether it was taken. A queue that would pass `limit` closes the client instead.
    pub(crate) fn push(&self, parcel: &Parcel, limit: usize) -> bool {
        let mut outbox = held(&self.outbox);
        if outbox.closed.is_some() {
            return false;
        }
        let weight = outbox.weight + parcel.weight();
        if weight > limit {
            drop(outbox);
            self.close(Closed::Slow);
            return false;
        }
        outbox.weight = weight;
        outbox.queue.push_back(parcel.clone());
        let task = if mem::take(&mut outbox.hungry) {
            outbox.task.take()
        } else {
            None
        };
        drop(outbox);
        if let Some(task) = task {
            task.wake();
        }
        true
    }

    /// From now on nothing is taken, what has queued is gone, and the task ends at its next step.
    pub(crate) fn close(&self, why: Closed) {
        let mut outbox = held(&self.outbox);
        outbox.closed.get_or_insert(why);
        outbox.queue = VecDeque::new();
        let task = outbox.task.take();
        drop(outbox);
        if let Some(task) = task {
            task.wake();
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        held(&self.outbox).closed.is_some()
    }

    /// Resolves when the client has been closed. Polled by its task before anything else, always: the waker that this
    /// leaves is the one that [`Client::push`] uses too.
    pub(crate) async fn closed(&self) -> Closed {
        poll_fn(|cx| self.poll_closed(cx)).await
    }

    fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<Closed> {
        let mut outbox = held(&self.outbox);
        if let Some(why) = outbox.closed {
            return Poll::Ready(why);
        }
        match &outbox.task {
            Some(task) if task.will_wake(cx.waker()) => {}
            _ => outbox.task = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Resolves when something is queued.
    pub(crate) async fn filled(&self) {
        poll_fn(|_| {
            let mut outbox = held(&self.outbox);
            outbox.hungry = outbox.queue.is_empty();
            if outbox.hungry {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    /// Gives the task all that has queued, in exchange for its own empty queue. It weighs until [`Client::sent`].
    pub(crate) fn collect(&self, empty: &mut VecDeque<Parcel>) {
        let mut outbox = held(&self.outbox);
        outbox.hungry = false;
        if !outbox.queue.is_empty() {
            mem::swap(&mut outbox.queue, empty);
        }
    }

    pub(crate) fn sent(&self, weight: usize) {
        if weight > 0 {
            let mut outbox = held(&self.outbox);
            outbox.weight = outbox.weight.saturating_sub(weight);
        }
    }
}
