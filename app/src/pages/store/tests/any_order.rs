//! A page's whole life, told in any order, with anything lost, doubled or late: the same timeline comes out.

use proptest::{collection::vec, prelude::*};

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Live(usize),
    AskAfter {
        limit: usize,
        at: usize,
    },
    AskBefore {
        limit: usize,
        at: usize,
    },
    /// A jump to any message, as from a search.
    AskAround {
        seq: usize,
        half: usize,
        at: usize,
    },
    /// From the end of a visit on towards the end of the page.
    AskOnward {
        half: usize,
        at: usize,
    },
    Answer(usize),
    Leave,
    Write(usize),
    Accepted(usize),
    Refused(usize),
    Retry(usize),
    Discard(usize),
}

enum Flying {
    /// The number asked from, the counter of the page when the server answered, the answer.
    After(i64, i64, History),
    Before(i64, i64, History),
    Around(Around),
    Onward(i64, Around),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = 0..1000_usize;
    vec(
        prop_oneof![
            4 => any.clone().prop_map(Step::Live),
            2 => (1..6_usize, any.clone()).prop_map(|(limit, at)| Step::AskAfter { limit, at }),
            2 => (1..6_usize, any.clone()).prop_map(|(limit, at)| Step::AskBefore { limit, at }),
            2 => (any.clone(), 1..4_usize, any.clone()).prop_map(|(seq, half, at)| Step::AskAround { seq, half, at }),
            2 => (1..4_usize, any.clone()).prop_map(|(half, at)| Step::AskOnward { half, at }),
            1 => Just(Step::Leave),
            5 => any.clone().prop_map(Step::Answer),
            1 => any.clone().prop_map(Step::Write),
            1 => any.clone().prop_map(Step::Accepted),
            1 => any.clone().prop_map(Step::Refused),
            1 => any.clone().prop_map(Step::Retry),
            1 => any.prop_map(Step::Discard),
        ],
        0..80,
    )
}

#[derive(Debug, Clone)]
enum Happening {
    Post,
    Edit(usize),
    React(usize),
    Delete(usize),
}

fn worlds() -> impl Strategy<Value = World> {
    let any = 0..1000_usize;
    let happening = prop_oneof![
        12 => Just(Happening::Post),
        3 => any.clone().prop_map(Happening::Edit),
        3 => any.clone().prop_map(Happening::React),
        2 => any.prop_map(Happening::Delete),
    ];
    vec((0..3_u8, happening), 1..50).prop_map(|story| {
        let mut world = World::default();
        for (author, happening) in story {
            match happening {
                Happening::Post => world.post(author),
                Happening::Edit(pick) => world.edit(pick),
                Happening::React(pick) => world.react(author, pick),
                Happening::Delete(pick) => world.delete(pick),
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
    // All numbers that are shown; from `low` on nothing is left out.
    let (low, high) = match store.visit {
        Some(visit) => (visit.low, visit.high),
        None => (store.floor, store.whole),
    };
    for (id, (stored, changed)) in before.iter() {
        match now.get(id).copied() {
            Some((stored_now, changed_now)) => {
                assert!(stored_now >= *stored && changed_now >= *changed, "{id:?}");
            }
            None if store.visit.is_some() => {}
            None => {
                // Seen on a visit, or written before a reload and found stored further up than what is loaded.
                let number = world.changes.iter().find(|change| change.id == *id);
                let number = number.map_or(0, |change| change.seq);
                assert!(
                    number < store.floor || number > store.whole,
                    "{id:?} is gone"
                );
            }
        }
    }
    for (seq, message) in world.at(high.max(store.whole)).range(low..=high) {
        let known = world
            .at(store.whole)
            .get(seq)
            .map_or(0, |known| known.changed);
        assert!(
            now.get(&message.id)
                .is_some_and(|(_, changed)| *changed >= known),
            "{seq} is missing or old"
        );
    }
    for entry in &entries {
        let seq = entry.message.seq;
        if store.visit.is_some() {
            assert!((low..=high).contains(&seq), "only what is visited");
        } else {
            let mine = entry.message.author == account(ME);
            assert!(mine || seq <= store.whole, "read in its order");
        }
    }
    before.extend(now);
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
                Step::AskAround { seq, half, at } => {
                    let upto = upto(at);
                    flying.push(Flying::Around(world.around(1 + seq as i64 % end, half, upto)));
                }
                Step::AskOnward { half, at } => {
                    let upto = upto(at);
                    if let Some(after) = store.after() {
                        flying.push(Flying::Onward(after, world.around(after, half, upto)));
                    }
                }
                Step::Leave => store.leave(),
                Step::Answer(n) if !flying.is_empty() => match flying.swap_remove(n % flying.len()) {
                    Flying::After(after, upto, answer) => {
                        told = told.max(upto);
                        store.caught_up(after, answer);
                    }
                    Flying::Before(before, upto, answer) => {
                        told = told.max(upto);
                        store.older(before, &answer);
                    }
                    Flying::Around(answer) => {
                        told = told.max(answer.counter);
                        store.visit(&answer);
                    }
                    Flying::Onward(after, answer) => {
                        told = told.max(answer.counter);
                        store.onward(after, &answer);
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
                Step::Discard(n) => if let Some(message) = pick(n) {
                    store.discard(message.id);
                    if store.find(message.id).is_none() && store.pending_mut(message.id).is_none() {
                        seen.remove(&message.id);
                    }
                },
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
        store.leave();
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
