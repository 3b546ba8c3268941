//! Far history, shown instead of the end.

use super::*;

fn numbers(store: &Store) -> (i64, i64) {
    let entries = store.entries();
    let seq = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.message.seq);
    (seq(entries.first()), seq(entries.last()))
}

#[test]
fn far_history_is_visited_and_left_again() {
    let mut world = world(1000);
    let mut store = Store::open(&world.room(1000, 50, 1000));
    store.visit(&world.around(300, 25, 1000));
    assert_eq!(numbers(&store), (275, 324));
    assert_eq!((store.before(), store.after()), (Some(275), Some(324)));
    assert!(store.at(300).is_some() && store.at(999).is_none());
    // What comes meanwhile waits at the end.
    world.post(1);
    store.message(world.changes[1000].clone());
    store.write(draft(2000));
    assert_eq!(numbers(&store), (275, 324));
    store.leave();
    assert_eq!(store.entries().len(), 52);
    assert_eq!(store.after(), None);
}

#[test]
fn a_visit_goes_on_in_both_directions_and_ends_where_it_meets_the_end() {
    let world = world(400);
    let mut store = Store::open(&world.room(400, 50, 400));
    store.visit(&world.around(200, 25, 400));
    store.older(175, &world.before(175, 50, 400));
    assert_eq!(numbers(&store), (125, 224));
    store.visit(&world.around(224, 100, 400));
    assert_eq!((numbers(&store), store.after()), ((124, 323), Some(323)));
    store.visit(&world.around(323, 100, 400));
    assert_eq!((numbers(&store), store.after()), ((124, 400), None));
    assert_eq!(store.entries().len(), 277);
    assert_eq!(store.before(), Some(124));
}
