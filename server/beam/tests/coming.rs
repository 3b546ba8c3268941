//! Coming and going: the roster, the limits, and that nothing is left behind.

mod support;

use beam::{Address, Counts, Denied, Join, Notice};
use domain::{Call, Dropped, PageId, SessionId, Timestamp};
use support::{Client, World, account, page, server};
use uuid::Uuid;

#[test]
fn joining_twice_is_joining_once() {
    let mut world = World::with(1);
    let join = world.clients[0].join();
    let first = world.core.join(world.now, join.clone()).unwrap();
    let again = world.core.join(world.now, join.clone()).unwrap();
    assert_eq!(first, again);
    assert!(!again.began);
    assert_eq!(again.call.callers.len(), 1);
    let somebody = Join {
        account: account(9),
        ..join.clone()
    };
    assert_eq!(world.core.join(world.now, somebody), Err(Denied::Taken));
    let elsewhere = Join {
        page: PageId(Uuid::from_u128(2)),
        ..join
    };
    assert_eq!(world.core.join(world.now, elsewhere), Err(Denied::Taken));
}

#[test]
fn the_roster_is_told_whole_and_its_version_grows() {
    let mut world = World::with(3);
    let versions: Vec<i64> = states(&world).map(|call| call.version).collect();
    assert!(versions.is_sorted());
    let last = states(&world).last().unwrap();
    let names: Vec<&str> = last.callers.iter().map(|of| of.name.as_str()).collect();
    assert_eq!(names, ["Person 1", "Person 2", "Person 3"]);
    let session = world.clients[1].session;
    world.core.leave(world.now, account(3), session);
    assert_eq!(world.core.counts().sessions, 3, "only one's own");
    world.core.leave(world.now, account(2), session);
    world.core.leave(world.now, account(2), session);
    world.run(200);
    assert_eq!(states(&world).last().unwrap().callers.len(), 2);
}

fn states(world: &World) -> impl Iterator<Item = &Call> {
    world.notices.iter().filter_map(|notice| match notice {
        Notice::Call(call) => Some(call),
        _ => None,
    })
}

#[test]
fn whoever_an_admin_removed_comes_again_by_themselves_only() {
    let mut world = World::with(2);
    let session = world.clients[1].session;
    world.core.remove(world.now, page(), session).unwrap();
    let own = world.clients[1].join();
    assert_eq!(world.core.join(world.now, own), Err(Denied::Removed));
    let at = Address::udp(([127, 0, 0, 1], 20_000).into());
    let anew = Join {
        account: account(2),
        ..Client::new(7, at, world.now).join()
    };
    let rejoining = Join {
        after: Some(session),
        ..anew.clone()
    };
    assert_eq!(world.core.join(world.now, rejoining), Err(Denied::Removed));
    assert_eq!(world.core.callers().len(), 1);
    assert!(world.core.join(world.now, anew).is_ok());
    // Whose answer was lost knows itself as the one before.
    let at = Address::udp(([127, 0, 0, 1], 20_001).into());
    let lost = Join {
        account: account(1),
        after: Some(world.clients[0].session),
        ..Client::new(8, at, world.now).join()
    };
    let id = lost.session;
    world.core.join(world.now, lost).unwrap();
    world.core.remove(world.now, page(), id).unwrap();
    let at = Address::udp(([127, 0, 0, 1], 20_002).into());
    let again = Join {
        account: account(1),
        after: Some(world.clients[0].session),
        ..Client::new(9, at, world.now).join()
    };
    let somebody_else = Join {
        account: account(9),
        ..again.clone()
    };
    assert_eq!(world.core.join(world.now, again), Err(Denied::Removed));
    assert!(world.core.join(world.now, somebody_else).is_ok());
}

#[test]
fn the_last_one_who_leaves_ends_the_call_and_nothing_is_left() {
    let mut world = World::with(2);
    for (n, client) in [1, 2].into_iter().zip(0..) {
        let session = world.clients[client].session;
        world.core.leave(world.now, account(n), session);
    }
    world.run(100);
    assert_eq!(world.core.counts(), Counts::default());
    assert!(states(&world).last().unwrap().callers.is_empty());
    let over = world.notices.last().unwrap();
    assert!(
        matches!(over, Notice::Over { by, people: 2, since: Timestamp(1_000_000), .. } if *by == account(1)),
        "{over:?}"
    );
}

#[test]
fn twenty_who_come_and_go_leave_nothing() {
    let mut world = World::with(1);
    let alone = world.core.counts();
    for n in 0..20 {
        let client = 100 + n;
        world.add(client).unwrap();
        world.run(300);
        let newest = world.clients.pop().unwrap();
        assert!(newest.connected);
        let who = account(u128::from(client));
        world.core.leave(world.now, who, newest.session);
        world.run(50);
        assert_eq!(world.core.counts(), alone);
    }
}

#[test]
fn whoever_loses_the_network_is_away_and_then_gone() {
    let mut world = World::with(2);
    world.cut = vec![2];
    world.run(5_000);
    let call = world.core.call(page()).unwrap();
    assert!(call.callers[1].away && !call.callers[0].away);
    world.cut.clear();
    world.run(4_000);
    assert!(!world.core.call(page()).unwrap().callers[1].away);
    world.cut = vec![2];
    world.run(20_000);
    let gone = world.clients[1].session;
    assert_eq!(world.core.call(page()).unwrap().callers.len(), 1);
    let told =
        |notice: &Notice| matches!(notice, Notice::Dropped { session, .. } if *session == gone);
    assert!(world.notices.iter().any(told));
}

#[test]
fn whoever_never_connects_is_gone_as_well() {
    let mut world = World::new();
    world.cut = vec![1];
    world.add(1).unwrap();
    world.run(20_000);
    assert_eq!(world.core.counts(), Counts::default());
}

#[test]
fn a_thousand_joins_by_one_person_stay_few() {
    let mut world = World::with(1);
    let join = world.clients[0].join();
    for n in 0..1_000_u128 {
        let one = Join {
            session: SessionId(Uuid::from_u128(5_000 + n)),
            account: account(50),
            ..join.clone()
        };
        world.core.join(world.now, one).unwrap();
        while world.core.poll_datagram().is_some() {}
    }
    assert_eq!(world.core.counts().sessions, 1 + Call::MAX_OF_ONE);
    assert_eq!(world.core.counts().names, 1 + Call::MAX_OF_ONE);
    world.run(100);
    let replaced = |notice: &&Notice| {
        matches!(
            notice,
            Notice::Dropped {
                why: Dropped::Replaced,
                ..
            }
        )
    };
    assert_eq!(world.notices.iter().filter(replaced).count(), 996);
    world.run(1_000);
    assert!(!world.core.call(page()).unwrap().callers[0].away);
}

#[test]
fn a_full_call_takes_nobody_more() {
    let mut world = World::with(1);
    let join = world.clients[0].join();
    let person = |n: u128| Join {
        session: SessionId(Uuid::from_u128(5_000 + n)),
        account: account(100 + n),
        ..join.clone()
    };
    for n in 1..Call::MAX as u128 {
        world.core.join(world.now, person(n)).unwrap();
    }
    assert_eq!(world.core.join(world.now, person(99)), Err(Denied::Full));
    assert_eq!(world.core.counts().sessions, Call::MAX);
}

#[test]
fn an_offer_that_is_none_is_denied_and_ends_nothing() {
    let mut world = World::with(1);
    let good = world.clients[0].join();
    let before = world.core.counts();
    let offers = [
        String::new(),
        "v=0".repeat(400_000),
        good.offer.replace("a=fingerprint", "a=x"),
        good.offer.replace("a=ice-ufrag", "a=x"),
        good.offer.replace("m=video", "m=application"),
        format!(
            "{}{}",
            good.offer,
            "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96".repeat(60)
        ),
        good.offer[..good.offer.len() / 2].to_owned(),
    ];
    for offer in offers {
        let one = Join {
            offer,
            ..good.clone()
        };
        let denied = world.core.join(world.now, one);
        assert!(matches!(denied, Err(Denied::Offer(_))), "{denied:?}");
    }
    let mut crossed = good.clone();
    crossed.mids.voices[0] = crossed.mids.camera.clone();
    let mut twice = good.clone();
    twice.mids.pictures[0] = twice.mids.pictures[1].clone();
    let mut unknown = good;
    unknown.mids.screen = "nothing".into();
    for mut one in [crossed, twice, unknown] {
        one.session = SessionId(Uuid::from_u128(4));
        let denied = world.core.join(world.now, one);
        assert!(matches!(denied, Err(Denied::Offer(_))), "{denied:?}");
    }
    assert_eq!(world.core.counts(), before);
}

#[test]
fn noise_and_old_packets_disturb_nobody() {
    let mut world = World::with(2);
    let mut noise = 1_u64;
    for length in 0..3_000_usize {
        let bytes: Vec<u8> = (0..length.min(2_500))
            .map(|_| {
                noise = noise
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (noise >> 56) as u8
            })
            .collect();
        let known = world.clients[0].address;
        for from in [known, Address::udp("127.0.0.1:4".parse().unwrap())] {
            world.core.receive(world.now, from, server(), &bytes);
        }
    }
    world.run(3_000);
    let (from, bytes) = world.last_in.clone().unwrap();
    for _ in 0..500 {
        world.core.receive(world.now, from, server(), &bytes);
    }
    let stranger = Address::udp("127.0.0.1:5".parse().unwrap());
    world.core.receive(world.now, stranger, server(), &bytes);
    world.forget();
    world.run(1_000);
    assert_eq!(world.core.counts().sessions, 2);
    let (one, other) = (&world.clients[0], &world.clients[1]);
    assert!(one.heard_of(other) > 40 && other.heard_of(one) > 40);
}

#[test]
fn an_ice_restart_goes_on_with_the_same_session() {
    let mut world = World::with(2);
    let client = &mut world.clients[0];
    let mut sdp = client.rtc.sdp_api();
    sdp.ice_restart(true);
    let (offer, pending) = sdp.apply().unwrap();
    let session = client.session;
    let offer = offer.to_sdp_string();
    let denied = world.core.restart(world.now, account(2), session, &offer);
    assert_eq!(denied, Err(Denied::Unknown));
    let answer = world.core.restart(world.now, account(1), session, &offer);
    let answer = str0m::change::SdpAnswer::from_sdp_string(&answer.unwrap()).unwrap();
    let client: &mut Client = &mut world.clients[0];
    client.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    world.run(500);
    world.forget();
    world.run(1_000);
    assert!(world.clients[0].heard_of(&world.clients[1]) > 40);
    assert_eq!(world.core.counts().names, 2);
}

#[test]
fn who_comes_over_tcp_is_answered_over_tcp_and_is_nobody_else_s_address_over_udp() {
    let mut world = World::with(1);
    // The same number of a port, as far as UDP and TCP have the same.
    let tcp = Address::tcp(world.clients[0].address.socket);
    world.add_at(2, tcp).unwrap();
    world.add(3).unwrap();
    world.run(500);
    world.forget();
    world.run(1_000);
    for viewer in &world.clients {
        for other in world.clients.iter().filter(|other| other.n != viewer.n) {
            assert!(viewer.heard_of(other) > 40, "{} of {}", viewer.n, other.n);
        }
    }
    assert_eq!(world.core.counts().addresses, 3);
    let session = world.clients[1].session;
    world.core.leave(world.now, account(2), session);
    assert_eq!(world.core.counts().addresses, 2);
}

#[test]
fn an_answer_offers_udp_before_tcp() {
    let mut world = World::new();
    let answer = world.add(1).unwrap().answer;
    let priority = |of: &str| -> u32 {
        let candidate = answer.lines().find(|line| line.contains(of)).unwrap();
        candidate.split(' ').nth(3).unwrap().parse().unwrap()
    };
    assert!(priority(" udp ") > priority(" tcp "));
    assert!(answer.contains("typ host tcptype passive"), "{answer}");
}

#[test]
fn a_trial_is_told_to_nobody_takes_nobody_s_place_and_ends_by_itself() {
    let mut world = World::with(1);
    world.notices.clear();
    let counts = world.core.counts();
    // Client 1 is in a call; the same person tries the ways in, more often than fits.
    let mut tries = Vec::new();
    for n in 0..5_u8 {
        let at = Address::udp(([127, 0, 0, 1], 20_000 + u16::from(n)).into());
        let mut client = Client::new(50 + n, at, world.now);
        let join = Join {
            page: PageId(Uuid::from_u128(900)),
            account: account(1),
            trial: true,
            ..client.join()
        };
        let joined = world.core.join(world.now, join).unwrap();
        client.joined(&joined.answer);
        tries.push(client);
        world.run(50);
    }
    world.clients.extend(tries.drain(3..));
    world.run(1_500);
    let (speaks, hears) = (&world.clients[1], &world.clients[2]);
    assert!(hears.heard_of(speaks) > 20 && speaks.heard_of(hears) > 20);
    assert_eq!(world.core.counts().sessions, counts.sessions + 2);
    assert_eq!(world.core.callers().len(), 1);
    world.run(30_000);
    assert_eq!(world.core.counts(), counts);
    let about = |notice: &Notice| match notice {
        Notice::Call(call) => call.page != page(),
        Notice::Slots { .. } => false,
        Notice::Dropped { .. } | Notice::Over { .. } => true,
    };
    assert!(!world.notices.iter().any(about), "{:?}", world.notices);
}
