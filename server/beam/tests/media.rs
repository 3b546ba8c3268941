//! What the people in a call hear and see, fed packet by packet.

mod support;

use domain::Source;
use support::{World, account, page};

const LARGE: (u32, u32) = (1280, 720);
const SMALL: (u32, u32) = (300, 170);

#[test]
fn three_people_hear_and_see_each_other() {
    let mut world = World::with(3);
    assert!(world.clients.iter().all(|client| client.connected));
    for (viewer, others) in [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])] {
        let seen = others.map(|of| (of, Source::Camera, SMALL.0, SMALL.1));
        world.sees(viewer, &seen);
    }
    world.run(2_000);
    for viewer in &world.clients {
        for other in &world.clients {
            if other.n == viewer.n {
                assert_eq!(viewer.heard_of(other), 0, "nobody hears themselves");
            } else {
                assert!(viewer.heard_of(other) > 80);
                assert!(viewer.seen_of(other, 0) > 40);
                assert_eq!(
                    viewer.seen_of(other, 2),
                    0,
                    "a small tile gets a small picture"
                );
            }
        }
    }
}

#[test]
fn a_picture_begins_with_a_keyframe_and_its_numbers_never_break() {
    let mut world = World::with(3);
    for round in 0..6 {
        let of = 1 + round % 2;
        let side = if round < 3 { SMALL } else { LARGE };
        world.sees(0, &[(of, Source::Camera, side.0, side.1)]);
        world.run(1_200);
    }
    let viewer = &world.clients[0];
    let mut switches = 0;
    for mid in &viewer.mids.pictures {
        let all = viewer.all(mid);
        for pair in all.windows(2) {
            assert_eq!(pair[1].seq, pair[0].seq + 1);
            assert_eq!(pair[1].picture, (pair[0].picture + 1) & 0x7fff);
            let (one, other) = (&pair[0], &pair[1]);
            if (one.from, one.layer) != (other.from, other.layer) {
                switches += 1;
                assert!(other.keyframe);
            }
        }
        if let Some(first) = all.first() {
            assert!(first.keyframe && first.seq < 65_536);
        }
    }
    assert!(switches >= 5, "{switches}");
}

#[test]
fn a_picture_that_grows_gets_a_better_layer_and_one_that_is_not_shown_none() {
    let mut world = World::with(2);
    world.sees(0, &[(1, Source::Camera, SMALL.0, SMALL.1)]);
    world.run(1_000);
    world.sees(0, &[(1, Source::Camera, LARGE.0, LARGE.1)]);
    world.run(3_000);
    world.forget();
    world.run(1_000);
    let (viewer, other) = (&world.clients[0], &world.clients[1]);
    assert!(viewer.seen_of(other, 2) > 25, "{:?}", viewer.got.keys());
    world.sees(0, &[]);
    world.forget();
    world.run(500);
    assert!(
        world.clients[0]
            .mids
            .pictures
            .iter()
            .all(|mid| world.clients[0].all(mid).is_empty())
    );
    assert!(world.clients[0].heard_of(&world.clients[1]) > 20);
}

#[test]
fn a_layer_that_stops_is_replaced_by_one_that_comes() {
    let mut world = World::with(2);
    world.sees(0, &[(1, Source::Camera, SMALL.0, SMALL.1)]);
    world.run(1_000);
    world.clients[1].films = [false, true, true];
    world.run(3_500);
    world.forget();
    world.run(500);
    assert!(world.clients[0].seen_of(&world.clients[1], 1) > 10);
}

#[test]
fn a_screen_is_shown_beside_the_camera() {
    let mut world = World::with(2);
    world.clients[1].shares = true;
    let (sharer, who) = (world.clients[1].session, account(2));
    let change = beam::Change {
        screen: Some(true),
        ..beam::Change::default()
    };
    let at = domain::Timestamp(5);
    world
        .core
        .change(world.now, at, who, sharer, change)
        .unwrap();
    world.sees(
        0,
        &[
            (1, Source::Camera, SMALL.0, SMALL.1),
            (1, Source::Screen, LARGE.0, LARGE.1),
        ],
    );
    world.run(2_000);
    let shown = world.slots(0).unwrap().iter();
    let shown: Vec<Source> = shown
        .filter(|slot| slot.session == Some(sharer))
        .map(|slot| slot.source)
        .collect();
    assert!(shown.contains(&Source::Screen) && shown.contains(&Source::ScreenSound));
    let (viewer, other) = (&world.clients[0], &world.clients[1]);
    assert!(viewer.seen_of(other, 3) > 20);
    assert!(viewer.seen_of(other, 0) > 20);
}

#[test]
fn many_who_come_at_once_ask_for_few_keyframes() {
    let mut world = World::with(5);
    world.clients[0].keyframes_asked = 0;
    for viewer in 1..5 {
        world.sees(viewer, &[(0, Source::Camera, SMALL.0, SMALL.1)]);
    }
    world.run(1_000);
    for viewer in 1..5 {
        assert!(world.clients[viewer].seen_of(&world.clients[0], 0) > 15);
    }
    assert!(
        world.clients[0].keyframes_asked <= 3,
        "{}",
        world.clients[0].keyframes_asked
    );
}

#[test]
fn whoever_is_muted_is_not_heard_whatever_their_browser_sends() {
    let mut world = World::with(2);
    let session = world.clients[1].session;
    world.core.mute(world.now, page(), session).unwrap();
    world.run(50);
    world.forget();
    world.run(500);
    assert_eq!(world.clients[0].heard_of(&world.clients[1]), 0);
    assert!(world.clients[1].heard_of(&world.clients[0]) > 20);
    let change = beam::Change {
        muted: Some(false),
        ..beam::Change::default()
    };
    let at = domain::Timestamp(5);
    world
        .core
        .change(world.now, at, account(2), session, change)
        .unwrap();
    world.run(500);
    assert!(world.clients[0].heard_of(&world.clients[1]) > 20);
}

#[test]
fn of_more_voices_than_slots_those_who_speak_are_heard() {
    let mut world = World::with(6);
    for quiet in 0..6 {
        world.clients[quiet].talks = Some(-90);
    }
    world.run(2_000);
    world.clients[5].talks = Some(-20);
    world.run(1_000);
    world.forget();
    world.run(500);
    for viewer in 0..5 {
        assert!(world.clients[viewer].heard_of(&world.clients[5]) > 20);
    }
    let call = world.core.call(page()).unwrap();
    assert_eq!(call.speaker, Some(world.clients[5].session));
}
