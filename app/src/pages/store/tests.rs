//! The store against a made-up page: whatever is lost, doubled or out of order, the same timeline comes out.

use std::collections::HashMap;

use domain::{Page, PageRole};
use proptest::{collection::vec, prelude::*};

use super::*;
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
        let number = self.changes.len() as i64 + 1;
        let Some(seq) = self
            .changes
            .get(pick % self.changes.len().max(1))
            .map(|m| m.seq)
        else {
            return self.post(1);
        };
        let mut message = self.changes[seq as usize - 1].clone();
        message.changed = number;
        message.edited = Some(Timestamp(number * 1000));
        message.body = format!("message {seq}, changed by {number}");
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

#[derive(Debug, Clone)]
enum Step {
    Live(usize),
    AskAfter { limit: usize, at: usize },
    AskBefore { limit: usize, at: usize },
    Answer(usize),
    Write(usize),
    Accepted(usize),
    Refused(usize),
    Retry(usize),
}

enum Flying {
    /// The number asked from, the counter of the page when the server answered, the answer.
    After(i64, i64, History),
    Before(i64, i64, History),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = 0..1000_usize;
    vec(
        prop_oneof![
            4 => any.clone().prop_map(Step::Live),
            2 => (1..6_usize, any.clone()).prop_map(|(limit, at)| Step::AskAfter { limit, at }),
            2 => (1..6_usize, any.clone()).prop_map(|(limit, at)| Step::AskBefore { limit, at }),
            3 => any.clone().prop_map(Step::Answer),
            1 => any.clone().prop_map(Step::Write),
            1 => any.clone().prop_map(Step::Accepted),
            1 => any.clone().prop_map(Step::Refused),
            1 => any.prop_map(Step::Retry),
        ],
        0..60,
    )
}

fn worlds() -> impl Strategy<Value = World> {
    vec(
        (0..3_u8, proptest::option::weighted(0.3, 0..1000_usize)),
        1..40,
    )
    .prop_map(|story| {
        let mut world = World::default();
        for (author, edit) in story {
            match edit {
                Some(pick) => world.edit(pick),
                None => world.post(author),
            }
        }
        world
    })
}

/// What holds at every moment: in order, each once, nothing missing in what is shown, nothing going back.
fn check(store: &Store, world: &World, before: &mut HashMap<MessageId, (bool, i64)>) {
    let entries = store.entries();
    let keys: Vec<_> = entries
        .iter()
        .map(|e| match e.message.seq {
            0 => (i64::MAX, e.message.at),
            seq => (seq, Timestamp(0)),
        })
        .collect();
    assert!(keys.is_sorted(), "{keys:?}");
    let now: HashMap<_, _> = entries
        .iter()
        .map(|e| (e.message.id, (e.state == State::Stored, e.message.changed)))
        .collect();
    assert_eq!(now.len(), entries.len(), "each message once");
    for (id, (stored, changed)) in before.iter() {
        let Some((stored_now, changed_now)) = now.get(id).copied() else {
            // Written before a reload, and found stored further up than what is loaded.
            let number = world.changes.iter().find(|change| change.id == *id);
            assert!(number.is_some_and(|change| change.seq < store.floor));
            continue;
        };
        assert!(stored_now >= *stored && changed_now >= *changed, "{id:?}");
    }
    for (seq, message) in world.at(store.whole) {
        if seq >= store.floor {
            assert!(
                now[&message.id].1 >= message.changed,
                "{seq} is missing or old"
            );
        }
    }
    let beyond = |e: &Entry| e.message.seq > store.whole && e.message.author != account(ME);
    assert!(!entries.iter().any(beyond), "read in its order");
    *before = now;
}

proptest! {
    #[test]
    fn any_order_of_arrival_gives_the_same_timeline(
        world in worlds(), opened in 0..40_i64, limit in 1..10_usize, steps in steps(),
    ) {
        let end = world.changes.len() as i64;
        let opened = opened.min(end);
        let mut store = Store::open(&world.room(opened, limit, opened));
        let mine: Vec<_> = world.at(end).into_values().filter(|m| m.author == account(ME)).collect();
        let pick = |n: usize| (!mine.is_empty()).then(|| &mine[n % mine.len()]);
        let mut flying = Vec::new();
        let mut seen = HashMap::new();
        let mut told = opened;
        for step in steps {
            // The server never answers with less than what it has told already.
            let upto = |at: usize| told + (at as i64) % (end - told + 1);
            match step {
                Step::Live(n) => {
                    let change = world.changes[n % world.changes.len()].clone();
                    told = told.max(change.changed);
                    store.message(change);
                }
                Step::AskAfter { limit, at } => {
                    let (after, upto) = (store.known(), upto(at));
                    flying.push(Flying::After(after, upto, world.after(after, limit, upto)));
                }
                Step::AskBefore { limit, at } => {
                    let upto = upto(at);
                    if let Some(before) = store.before() {
                        flying.push(Flying::Before(before, upto, world.before(before, limit, upto)));
                    }
                }
                Step::Answer(n) if !flying.is_empty() => match flying.swap_remove(n % flying.len()) {
                    Flying::After(after, upto, answer) => {
                        told = told.max(upto);
                        store.caught_up(after, answer);
                    }
                    Flying::Before(before, upto, answer) => {
                        told = told.max(upto);
                        store.older(before, &answer);
                    }
                },
                Step::Answer(_) => {}
                Step::Write(n) => if let Some(message) = pick(n) {
                    store.write(Draft { id: message.id, page: page(), body: message.body.clone(), reply: None, mentions: Vec::new(), images: Vec::new(), written: message.at, refused: None });
                },
                Step::Accepted(n) => if let Some(message) = pick(n) {
                    told = told.max(message.seq);
                    store.accepted(message.id, message.seq);
                },
                Step::Refused(n) => if let Some(message) = pick(n) { store.refused(message.id, "no".into()) },
                Step::Retry(n) => if let Some(message) = pick(n) { store.retry(message.id) },
            }
            check(&store, &world, &mut seen);
        }
        loop {
            let answer = world.after(store.known(), 3, end);
            let (after, more) = (store.known(), answer.more);
            store.caught_up(after, answer);
            check(&store, &world, &mut seen);
            if !more { break }
        }
        while let Some(before) = store.before() {
            store.older(before, &world.before(before, 4, end));
            check(&store, &world, &mut seen);
        }
        prop_assert!(!store.behind());
        let shown: Vec<_> = store.entries().into_iter().map(|e| (*e.message).clone()).collect();
        prop_assert_eq!(shown, world.at(end).into_values().collect::<Vec<_>>());
        prop_assert!(store.entries().iter().all(|e| e.state == State::Stored));
    }
}
