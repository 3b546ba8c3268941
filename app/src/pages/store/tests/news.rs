//! What is new to whoever opens the page: the divider, the count of the jump.

use super::*;

#[test]
fn the_divider_counts_and_stays() {
    let world = world(9);
    let mut store = Store::open(&world.room(6, 50, 3));
    // Of 4, 5 and 6 the first is mine.
    assert_eq!(store.divider(), Some(Divider { seq: 5, unread: 2 }));
    store.caught_up(6, world.after(6, 200, 9));
    assert_eq!(store.divider(), Some(Divider { seq: 5, unread: 2 }));
}

#[test]
fn new_ones_by_others_are_counted_for_the_jump() {
    let world = world(9);
    let store = Store::open(&world.room(9, 50, 9));
    assert_eq!(store.by_others_after(9), 0);
    assert_eq!(store.by_others_after(6), 2, "7 is mine");
    assert_eq!(store.my_last().map(|m| m.seq), Some(7));
}

#[test]
fn what_was_taken_back_is_no_news() {
    let world = world(9);
    let mut store = Store::open(&world.room(9, 50, 9));
    let mut gone = store.at(8).unwrap().as_ref().clone();
    (gone.changed, gone.deleted) = (10, true);
    store.message(gone);
    assert_eq!(store.by_others_after(6), 1);
}
