//! One page's messages, merged from the first view, live events, history, answers to a resync and what I wrote.
//! Pure: no clock, no browser. Whatever the order of arrival, the same timeline comes out, and no state goes back.

mod pictures;

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    AccountId, Around, History, Image, Mention, Message, MessageId, PageId, Quote, Room, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::lines::{Entry, State};

/// What I wrote and the server has not been seen to store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub id: MessageId,
    pub page: PageId,
    pub body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Quote>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    pub written: Timestamp,
    /// Why the server refused it; it waits for `Retry` or `Delete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

#[derive(Debug, Clone)]
struct Pending {
    message: Arc<Message>,
    state: Sending,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Sending {
    Waiting,
    Refused(String),
    /// The server has answered with its number; the stored message itself is still on the way.
    Accepted(i64),
}

/// Where reading begins: fixed when the page is opened, so that it stays put while one reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divider {
    pub seq: i64,
    pub unread: i64,
}

#[derive(Debug, Clone)]
pub struct Store {
    page: PageId,
    me: AccountId,
    my_name: String,
    /// By number, each in its newest state; also those outside of what is shown.
    stored: BTreeMap<i64, Arc<Message>>,
    /// In order of writing.
    pending: Vec<Pending>,
    /// From this number on nothing is missing upwards of it; 0 when history is loaded to its beginning.
    floor: i64,
    /// A resync asks for what changed after this number.
    known: i64,
    /// Every message up to this number is here; less than `known` only between two parts of an answer, where a
    /// message that was edited meanwhile comes with a later part. Newer ones of others wait until the hole
    /// before them is closed: a conversation is read in its order.
    whole: i64,
    /// Changes beyond a hole.
    ahead: Vec<i64>,
    /// The highest number heard of, be it only from the answer to a post.
    heard: i64,
    divider: Option<Divider>,
    /// A stretch somewhere in history that is shown instead of the end.
    visit: Option<Visit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Visit {
    low: i64,
    high: i64,
    /// There is more before it.
    older: bool,
}

impl Store {
    pub fn open(room: &Room) -> Self {
        let first_unread = room
            .history
            .messages
            .iter()
            .find(|message| message.seq > room.read && message.is_news_to(room.me.account));
        let mut store = Self {
            page: room.page.id,
            me: room.me.account,
            my_name: room.me.name.clone(),
            stored: BTreeMap::new(),
            pending: Vec::new(),
            floor: i64::MAX,
            known: 0,
            whole: 0,
            ahead: Vec::new(),
            heard: 0,
            divider: first_unread
                .filter(|_| room.unread > 0)
                .map(|message| Divider {
                    seq: message.seq,
                    unread: room.unread,
                }),
            visit: None,
        };
        store.older(i64::MAX, &room.history);
        store.advance(room.history.counter);
        store
    }

    /// What a resync asks from.
    pub fn known(&self) -> i64 {
        self.known
    }

    /// Something was heard of that lies beyond a hole: time to ask for everything after [`Self::known`].
    pub fn behind(&self) -> bool {
        self.heard > self.whole
    }

    pub fn divider(&self) -> Option<Divider> {
        self.divider
    }

    /// Where older history begins, while there is any.
    pub fn before(&self) -> Option<i64> {
        match self.visit {
            Some(visit) => visit.older.then_some(visit.low),
            None => (self.floor > 0).then_some(self.floor),
        }
    }

    /// Where what is shown of history goes on towards the end.
    pub fn after(&self) -> Option<i64> {
        self.visit.map(|visit| visit.high)
    }

    /// The answer to "what comes after the number `after`", where a visit ended when it was asked. Whoever has left
    /// meanwhile is not taken back.
    pub fn onward(&mut self, after: i64, around: &Around) {
        if self.after() == Some(after) {
            self.visit(around);
        }
    }

    /// Shows what lies around a message far up, or goes on from there towards the end. Where it meets what is
    /// known of the end, it is one with it.
    pub fn visit(&mut self, around: &Around) {
        for message in &around.messages {
            self.keep(message.clone());
        }
        let (Some(first), Some(last)) = (around.messages.first(), around.messages.last()) else {
            return;
        };
        let mut visit = Visit {
            low: first.seq,
            high: last.seq,
            older: around.older,
        };
        if let Some(before) = self.visit
            && (before.low..=before.high + 1).contains(&visit.low)
        {
            visit.low = before.low;
            visit.older = before.older;
        }
        if visit.high + 1 >= self.floor || !around.newer {
            self.floor = if visit.older {
                visit.low.min(self.floor)
            } else {
                0
            };
            self.visit = None;
        } else {
            self.visit = Some(visit);
        }
    }

    /// Back to the end.
    pub fn leave(&mut self) {
        self.visit = None;
    }

    /// A message pushed by the server, or the answer to an edit.
    pub fn message(&mut self, message: Message) {
        let changed = message.changed;
        self.keep(message);
        self.heard = self.heard.max(changed);
        if changed > self.known {
            self.ahead.push(changed);
            self.close_holes();
        }
    }

    /// The answer to "everything with `changed > after`".
    pub fn caught_up(&mut self, after: i64, answer: History) {
        let counter = answer.counter;
        for message in answer.messages {
            self.message(message);
        }
        if after > self.known {
            return;
        }
        if answer.more {
            self.heard = self.heard.max(counter);
            self.known = self.known.max(counter);
        } else {
            self.advance(counter);
        }
    }

    /// The answer to "what came before the number `before`".
    pub fn older(&mut self, before: i64, answer: &History) {
        for message in &answer.messages {
            self.keep(message.clone());
        }
        let first = answer.messages.first().map(|message| message.seq);
        if let Some(visit) = &mut self.visit {
            if before == visit.low {
                visit.low = first.unwrap_or(visit.low);
                visit.older = answer.more;
            }
            return;
        }
        if before >= self.floor {
            self.floor = match first {
                Some(first) if answer.more => first.min(self.floor),
                _ => 0,
            };
        }
    }

    /// I wrote something, now or before a reload.
    pub fn write(&mut self, draft: Draft) {
        let known = self.find(draft.id).is_some() || self.pending_mut(draft.id).is_some();
        if draft.page != self.page || known {
            return;
        }
        let message = Arc::new(Message {
            id: draft.id,
            page: draft.page,
            author: self.me,
            author_name: self.my_name.clone(),
            seq: 0,
            changed: 0,
            at: draft.written,
            edited: None,
            deleted: false,
            body: draft.body,
            reply: draft.reply,
            mentions: draft.mentions,
            reactions: Vec::new(),
            call: None,
            images: draft.images,
        });
        let state = draft.refused.map_or(Sending::Waiting, Sending::Refused);
        let place = |pending: &Pending| (pending.message.at, pending.message.id);
        let after = |pending: &Pending| place(pending) < (draft.written, draft.id);
        let at = self.pending.partition_point(after);
        self.pending.insert(at, Pending { message, state });
    }

    /// The server has stored it under this number.
    pub fn accepted(&mut self, id: MessageId, seq: i64) {
        self.heard = self.heard.max(seq);
        if let Some(pending) = self.pending_mut(id) {
            pending.state = Sending::Accepted(seq);
        }
    }

    pub fn refused(&mut self, id: MessageId, why: String) {
        self.change_unless_accepted(id, Sending::Refused(why));
    }

    pub fn retry(&mut self, id: MessageId) {
        self.change_unless_accepted(id, Sending::Waiting);
    }

    /// Gives up what was refused. What may have been stored cannot be given up.
    pub fn discard(&mut self, id: MessageId) {
        self.pending.retain(|pending| {
            pending.message.id != id || !matches!(pending.state, Sending::Refused(_))
        });
    }

    /// The number of the newest message shown.
    pub fn latest(&self) -> i64 {
        self.shown().next_back().map_or(0, |message| message.seq)
    }

    /// How many shown messages by others came after this number.
    pub fn by_others_after(&self, seq: i64) -> usize {
        self.shown()
            .rev()
            .take_while(|message| message.seq > seq)
            .filter(|message| message.is_news_to(self.me))
            .count()
    }

    /// My newest stored message: the one that arrow up edits.
    pub fn my_last(&self) -> Option<Arc<Message>> {
        self.shown()
            .rev()
            .find(|message| message.author == self.me && !message.deleted && message.call.is_none())
            .cloned()
    }

    /// A stored message, in its newest state.
    pub fn find(&self, id: MessageId) -> Option<Arc<Message>> {
        let mut newest_first = self.stored.values().rev();
        newest_first.find(|message| message.id == id).cloned()
    }

    /// The shown message of this number.
    pub fn at(&self, seq: i64) -> Option<&Arc<Message>> {
        let shown = match self.visit {
            Some(visit) => (visit.low..=visit.high).contains(&seq),
            None => seq >= self.floor,
        };
        self.stored.get(&seq).filter(|_| shown)
    }

    /// Everything to show, in order: stored by number, then what waits, in order of writing.
    pub fn entries(&self) -> Vec<Entry> {
        if let Some(visit) = self.visit {
            let stored = self.stored.range(visit.low..=visit.high);
            let entry = |(_, message): (&i64, &Arc<Message>)| Entry {
                message: message.clone(),
                state: State::Stored,
            };
            return stored.map(entry).collect();
        }
        let mut entries: Vec<_> = self
            .shown()
            .map(|message| Entry {
                message: message.clone(),
                state: State::Stored,
            })
            .collect();
        for pending in &self.pending {
            let entry = |state| Entry {
                message: pending.message.clone(),
                state,
            };
            match &pending.state {
                Sending::Waiting => entries.push(entry(State::Waiting)),
                Sending::Refused(why) => entries.push(entry(State::Refused(why.clone()))),
                // It was stored before a reload and lies further up than what is loaded.
                Sending::Accepted(seq) if *seq < self.floor => {}
                Sending::Accepted(seq) => {
                    let mut message = (*pending.message).clone();
                    message.seq = *seq;
                    // What has no number yet stays behind, in order of writing.
                    let at =
                        entries.partition_point(|entry| (1..*seq).contains(&entry.message.seq));
                    let entry = Entry {
                        message: Arc::new(message),
                        state: State::Stored,
                    };
                    entries.insert(at, entry);
                }
            }
        }
        entries
    }

    fn shown(&self) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        self.stored
            .range(self.floor..)
            .map(|(_, message)| message)
            .filter(|message| message.seq <= self.whole || message.author == self.me)
    }

    fn keep(&mut self, message: Message) {
        if message.page != self.page {
            return;
        }
        self.pending
            .retain(|pending| pending.message.id != message.id);
        match self.stored.get_mut(&message.seq) {
            Some(kept) if kept.changed >= message.changed => {}
            Some(kept) => *kept = Arc::new(message),
            None => {
                self.stored.insert(message.seq, Arc::new(message));
            }
        }
    }

    fn advance(&mut self, counter: i64) {
        self.heard = self.heard.max(counter);
        self.known = self.known.max(counter);
        self.whole = self.whole.max(counter);
        self.close_holes();
    }

    fn close_holes(&mut self) {
        let complete = self.whole == self.known;
        let follows = |known: i64| move |next: &i64| *next <= known + 1;
        while let Some(at) = self.ahead.iter().position(follows(self.known)) {
            self.known = self.known.max(self.ahead.remove(at));
        }
        if complete {
            self.whole = self.known;
        }
    }

    fn pending_mut(&mut self, id: MessageId) -> Option<&mut Pending> {
        self.pending
            .iter_mut()
            .find(|pending| pending.message.id == id)
    }

    fn change_unless_accepted(&mut self, id: MessageId, state: Sending) {
        if let Some(pending) = self.pending_mut(id)
            && !matches!(pending.state, Sending::Accepted(_))
        {
            pending.state = state;
        }
    }
}

#[cfg(test)]
mod tests;
