//! The store against a made-up page: whatever is lost, doubled or out of order, the same timeline comes out.

use std::collections::HashMap;

use domain::{Page, PageRole, Reaction};
use proptest::{collection::vec, prelude::*};

use super::*;

mod any_order;
mod news;
mod visits;

const ME: u8 = 0;

fn account(n: u8) -> AccountId {
    AccountId::new(Timestamp(1), [n; 10])
}

fn page() -> PageId {
    PageId::new(Timestamp(1), [9; 10])
}

fn id(n: usize) -> MessageId {
    MessageId::new(Timestamp(n as i64), [7; 10])
}

/// Everything that ever happened on the page: the change with number `n` is `changes[n - 1]`.
#[derive(Debug, Clone, Default)]
struct World {
    changes: Vec<Message>,
}

impl World {
    fn post(&mut self, author: u8) {
        let number = self.changes.len() as i64 + 1;
        self.changes.push(Message {
            id: id(number as usize),
            page: page(),
            author: account(author),
            author_name: format!("Person {author}"),
            seq: number,
            changed: number,
            at: Timestamp(number * 1000),
            edited: None,
            deleted: false,
            body: format!("message {number}"),
            reply: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
            call: None,
            images: Vec::new(),
        });
    }

    fn edit(&mut self, pick: usize) {
        self.change(pick, |message, number| {
            message.edited = Some(Timestamp(number * 1000));
            message.body = format!("message {}, changed by {number}", message.seq);
        });
    }

    /// Puts one there, or takes it back.
    fn react(&mut self, author: u8, pick: usize) {
        let who = (account(author), format!("Person {author}"));
        self.change(pick, |message, _| match message.reactions.first_mut() {
            None => message.reactions.push(Reaction {
                emoji: "🎉".into(),
                people: vec![who],
            }),
            Some(there) if there.people.contains(&who) => {
                there.people.retain(|other| *other != who);
                message.reactions.retain(|left| !left.people.is_empty());
            }
            Some(there) => there.people.push(who),
        });
    }

    fn delete(&mut self, pick: usize) {
        self.change(pick, |message, _| {
            message.deleted = true;
            message.body.clear();
            message.reactions.clear();
        });
    }

    /// Of a message that is still there; without any, one is posted.
    fn change(&mut self, pick: usize, change: impl FnOnce(&mut Message, i64)) {
        let number = self.changes.len() as i64 + 1;
        let mut there: Vec<_> = self.at(number).into_values().collect();
        there.retain(|message| !message.deleted);
        if there.is_empty() {
            return self.post(1);
        }
        let mut message = there.swap_remove(pick % there.len());
        message.changed = number;
        change(&mut message, number);
        self.changes.push(message);
    }

    /// Every message in its state when the counter stood at `upto`, by `seq`.
    fn at(&self, upto: i64) -> BTreeMap<i64, Message> {
        let changes = self.changes.iter().take(upto as usize);
        changes.map(|change| (change.seq, change.clone())).collect()
    }

    fn before(&self, before: i64, limit: usize, upto: i64) -> History {
        let all: Vec<_> = self.at(upto).into_values().collect();
        let older: Vec<_> = all.into_iter().filter(|m| m.seq < before).collect();
        let skip = older.len().saturating_sub(limit);
        History {
            messages: older[skip..].to_vec(),
            counter: upto,
            more: skip > 0,
        }
    }

    fn after(&self, after: i64, limit: usize, upto: i64) -> History {
        let mut changed: Vec<_> = self.at(upto).into_values().collect();
        changed.retain(|message| message.changed > after);
        changed.sort_by_key(|message| message.changed);
        let more = changed.len() > limit;
        changed.truncate(limit);
        let counter = if more {
            changed.last().map_or(upto, |message| message.changed)
        } else {
            upto
        };
        History {
            messages: changed,
            counter,
            more,
        }
    }

    /// Half of them before `seq`, half from there on.
    fn around(&self, seq: i64, half: usize, upto: i64) -> Around {
        let before = self.before(seq, half, upto);
        let mut from: Vec<_> = self.at(upto).split_off(&seq).into_values().collect();
        let newer = from.len() > half;
        from.truncate(half);
        Around {
            messages: [before.messages, from].concat(),
            counter: upto,
            older: before.more,
            newer,
        }
    }

    fn room(&self, upto: i64, limit: usize, read: i64) -> Room {
        let history = self.before(i64::MAX, limit, upto);
        let unread = self
            .at(upto)
            .values()
            .filter(|m| m.seq > read && m.author != account(ME))
            .count() as i64;
        Room {
            page: Page {
                id: page(),
                name: "Garden".into(),
                about: String::new(),
                archived: false,
            },
            me: domain::Identity {
                account: account(ME),
                name: "Me".into(),
                email: "me@here.example".into(),
                admin: false,
            },
            my_role: PageRole::Member,
            may_manage: false,
            member_count: 1,
            members: Vec::new(),
            invited: Vec::new(),
            history,
            read,
            unread,
            marks: domain::Marks::default(),
            online: Vec::new(),
        }
    }
}

fn world(posts: usize) -> World {
    let mut world = World::default();
    (0..posts).for_each(|n| world.post((n % 3) as u8));
    world
}

fn draft(n: usize) -> Draft {
    Draft {
        id: id(n),
        page: page(),
        body: format!("draft {n}"),
        reply: None,
        mentions: Vec::new(),
        images: Vec::new(),
        written: Timestamp(n as i64),
        refused: None,
    }
}

fn bodies(store: &Store) -> Vec<String> {
    let entries = store.entries();
    entries.iter().map(|e| e.message.body.clone()).collect()
}

fn state(store: &Store, n: usize) -> Option<State> {
    let mut entries = store.entries().into_iter();
    entries.find(|e| e.message.id == id(n)).map(|e| e.state)
}

#[test]
fn the_first_view_is_shown_and_tells_how_far_it_reaches() {
    let store = Store::open(&world(60).room(60, 50, 60));
    assert_eq!(bodies(&store).len(), 50);
    assert_eq!((store.known(), store.before()), (60, Some(11)));
    assert_eq!(store.divider(), None);
    let small = Store::open(&world(3).room(3, 50, 3));
    assert_eq!(small.before(), None);
    assert_eq!(Store::open(&World::default().room(0, 50, 0)).before(), None);
}

#[test]
fn a_jump_in_the_numbers_asks_for_what_is_missing_and_waits_with_what_came_after() {
    let world = world(8);
    let mut store = Store::open(&world.room(5, 50, 5));
    store.message(world.changes[7].clone());
    assert!(store.behind());
    assert_eq!((store.known(), store.latest()), (5, 5));
    store.caught_up(5, world.after(5, 200, 8));
    assert!(!store.behind());
    assert_eq!((store.known(), store.latest()), (8, 8));
}

#[test]
fn events_that_overtake_each_other_close_the_hole_themselves() {
    let world = world(8);
    let mut store = Store::open(&world.room(5, 50, 5));
    for n in [7, 6, 5] {
        store.message(world.changes[n].clone());
    }
    assert!(!store.behind());
    assert_eq!(store.latest(), 8);
}

#[test]
fn an_edit_that_was_overtaken_by_a_newer_one_changes_nothing() {
    let mut world = world(3);
    world.edit(1);
    world.edit(1);
    let mut store = Store::open(&world.room(3, 50, 3));
    store.message(world.changes[4].clone());
    store.message(world.changes[3].clone());
    assert_eq!(bodies(&store)[1], "message 2, changed by 5");
    assert_eq!(store.known(), 5);
}

#[test]
fn what_i_wrote_stands_last_in_order_of_writing_until_it_is_stored() {
    let mut world = world(3);
    let mut store = Store::open(&world.room(3, 50, 3));
    store.write(draft(900));
    store.write(draft(5));
    store.write(draft(4));
    assert_eq!(state(&store, 4), Some(State::Waiting));
    world.post(1);
    store.message(world.changes[3].clone());
    // Number 4 is the id of the draft in this world: it has become the stored message.
    assert_eq!(bodies(&store)[3..], ["message 4", "draft 5", "draft 900"]);
    store.accepted(id(5), 6);
    assert_eq!(state(&store, 5), Some(State::Stored));
    assert!(store.behind(), "the stored message itself is on the way");
}

#[test]
fn a_refusal_says_why_and_can_be_retried_or_given_up() {
    let mut store = Store::open(&world(1).room(1, 50, 1));
    store.write(draft(5));
    store.refused(id(5), "This page is archived.".into());
    assert_eq!(
        state(&store, 5),
        Some(State::Refused("This page is archived.".into()))
    );
    store.retry(id(5));
    assert_eq!(state(&store, 5), Some(State::Waiting));
    store.discard(id(5));
    assert_eq!(
        state(&store, 5),
        Some(State::Waiting),
        "may be stored by now"
    );
    store.refused(id(5), "no".into());
    store.discard(id(5));
    assert_eq!(state(&store, 5), None);
}

#[test]
fn a_stored_message_never_looks_unsent_again() {
    let mut store = Store::open(&world(1).room(1, 50, 1));
    store.write(draft(5));
    store.accepted(id(5), 2);
    store.refused(id(5), "late".into());
    store.retry(id(5));
    store.discard(id(5));
    assert_eq!(state(&store, 5), Some(State::Stored));
    store.write(draft(1));
    assert_eq!(state(&store, 1), Some(State::Stored));
}

#[test]
fn messages_of_another_page_are_not_taken() {
    let mut store = Store::open(&world(1).room(1, 50, 1));
    let mut stranger = world(2).changes[1].clone();
    stranger.page = PageId::new(Timestamp(5), [1; 10]);
    store.message(stranger);
    assert_eq!(bodies(&store).len(), 1);
}
