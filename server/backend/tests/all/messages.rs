//! Messages on both databases: stored once, numbered without gaps, told in order, read back.

use std::collections::HashSet;

use crate::support;
use crate::support::{Told, body, node, refused};
use backend::Posting;
use domain::{Event, Message, PageRole, Refusal, Topic};

fn messages(told: &[Told]) -> Vec<Message> {
    let message = |told: &Told| match told {
        Told::Event(_, Event::Message(message)) => Some(message.clone()),
        _ => None,
    };
    told.iter().filter_map(message).collect()
}

on_both! {
    async fn posting_the_same_id_again_is_one_message(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (id, seq) = place.post(&ada, page, "Hello").await;
        place.post(&ada, page, "Another").await;
        let again = place.backend.post_message(&ada, page, Posting::plain(id, body("Hello"))).await;
        assert_eq!(again.unwrap(), seq);
        let history = place.backend.messages_before(&ada, page, None, 50).await.unwrap();
        assert_eq!(history.messages.len(), 2);
        assert_eq!(history.counter, 2);
        assert_eq!(messages(&place.told.all()).len(), 2);
    }

    async fn an_id_of_somebody_else_is_taken(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        place.join(page, &mila).await;
        let (id, _) = place.post(&ada, page, "Hello").await;
        let by_mila = place.backend.post_message(&mila, page, Posting::plain(id, body("Mine"))).await;
        assert_eq!(refused(by_mila), Refusal::IdTaken);
        let elsewhere = place.backend.post_message(&ada, other, Posting::plain(id, body("Hello"))).await;
        assert_eq!(refused(elsewhere), Refusal::IdTaken);
        assert_eq!(messages(&place.told.all()).len(), 1);
    }

    async fn sixteen_at_once_get_numbers_without_gaps_told_in_order(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let mut posters = Vec::new();
        for poster in 0..16 {
            let (backend, ada) = (place.backend.clone(), ada.clone());
            let ids: Vec<_> = (0..20).map(|_| place.message_id()).collect();
            posters.push(tokio::spawn(async move {
                let mut seqs = Vec::new();
                for id in ids {
                    let text = body(&format!("from {poster}"));
                    // Each is sent twice, as over a bad line, and both get the same number.
                    let once = backend.post_message(&ada, page, Posting::plain(id, text.clone()));
                    let twice = backend.post_message(&ada, page, Posting::plain(id, text));
                    let (once, twice) = tokio::join!(once, twice);
                    assert_eq!(once.as_ref().unwrap(), twice.as_ref().unwrap());
                    seqs.push(once.unwrap());
                }
                seqs
            }));
        }
        let mut seqs = HashSet::new();
        for poster in posters {
            let mine = poster.await.unwrap();
            assert!(mine.is_sorted(), "{mine:?}");
            seqs.extend(mine);
        }
        assert_eq!(seqs, (1..=320).collect());
        let told: Vec<i64> = messages(&place.told.all()).iter().map(|m| m.seq).collect();
        assert_eq!(told, (1..=320).collect::<Vec<i64>>());
    }

    async fn what_was_acknowledged_is_there_after_a_new_start(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (id, seq) = place.post(&ada, page, "Hello").await;
        place.backend.stop().await;
        let (backend, _) = node(&place.settings, &place.clock).await;
        let history = backend.messages_before(&ada, page, None, 50).await.unwrap();
        assert_eq!((history.messages[0].id, history.messages[0].seq), (id, seq));
        assert_eq!(history.messages[0].author_name, "Ada");
        backend.stop().await;
    }

    async fn a_refusal_in_a_group_harms_no_neighbour(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        let (mut stored, mut turned_away) = (Vec::new(), Vec::new());
        for n in 0..50 {
            let (backend, ada, mila) = (place.backend.clone(), ada.clone(), mila.clone());
            let (id, other) = (place.message_id(), place.message_id());
            stored.push(tokio::spawn(async move {
                backend.post_message(&ada, page, Posting::plain(id, body(&format!("{n}")))).await
            }));
            let backend = place.backend.clone();
            turned_away.push(tokio::spawn(async move {
                backend.post_message(&mila, page, Posting::plain(other, body("me too"))).await
            }));
        }
        for one in stored {
            one.await.unwrap().unwrap();
        }
        for one in turned_away {
            assert_eq!(refused(one.await.unwrap()), Refusal::NotFound);
        }
        let history = place.backend.messages_before(&ada, page, None, 200).await.unwrap();
        assert_eq!((history.messages.len(), history.counter), (50, 50));
    }

    async fn only_the_author_edits_and_the_page_counts_it(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        let (id, seq) = place.post(&mila, page, "Helo").await;
        place.post(&ada, page, "Hi Mila").await;
        let by_ada = place.backend.edit_message(&ada, page, id, body("No"), vec![]).await;
        assert_eq!(refused(by_ada), Refusal::NotYours);
        let unknown = place.backend.edit_message(&mila, page, place.message_id(), body("No"), vec![]).await;
        assert_eq!(refused(unknown), Refusal::NotFound);
        place.clock.advance(60);
        place.told.take();
        let edited = place.backend.edit_message(&mila, page, id, body("Hello"), vec![]).await.unwrap();
        assert_eq!((edited.seq, edited.changed), (seq, 3));
        assert_eq!(edited.edited, Some(place.clock.now()));
        assert_eq!(edited.body, "Hello");
        let told = place.told.take();
        assert_eq!(told, [Told::Event(Topic::Page(page), Event::Message(edited))]);
    }

    async fn an_archived_page_is_read_but_not_written(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (id, seq) = place.post(&ada, page, "Hello").await;
        place.backend.archive_page(&ada, page, true).await.unwrap();
        let post = place.backend.post_message(&ada, page, Posting::plain(place.message_id(), body("More"))).await;
        assert_eq!(refused(post), Refusal::Archived);
        let edit = place.backend.edit_message(&ada, page, id, body("More"), vec![]).await;
        assert_eq!(refused(edit), Refusal::Archived);
        // What was stored before is still acknowledged to a sender who never heard of it.
        let again = place.backend.post_message(&ada, page, Posting::plain(id, body("Hello"))).await;
        assert_eq!(again.unwrap(), seq);
        let history = place.backend.messages_before(&ada, page, None, 50).await.unwrap();
        assert_eq!(history.messages.len(), 1);
        place.backend.archive_page(&ada, page, false).await.unwrap();
        place.post(&ada, page, "Again").await;
    }

    async fn history_is_read_backwards_in_stretches(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        for n in 1..=25 {
            place.post(&ada, page, &format!("{n}")).await;
        }
        let read = async |before, limit| {
            let history = place.backend.messages_before(&ada, page, before, limit).await.unwrap();
            let seqs: Vec<i64> = history.messages.iter().map(|m| m.seq).collect();
            (seqs, history.more)
        };
        assert_eq!(read(None, 10).await, ((16..=25).collect(), true));
        assert_eq!(read(Some(16), 10).await, ((6..=15).collect(), true));
        assert_eq!(read(Some(6), 10).await, ((1..=5).collect(), false));
        assert_eq!(read(Some(11), 10).await, ((1..=10).collect(), false));
        assert_eq!(read(Some(1), 10).await, (vec![], false));
        assert_eq!(read(None, 0).await, (vec![25], true));
    }

    async fn catching_up_meets_each_change_once_in_its_newest_state(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let mut ids = Vec::new();
        for n in 1..=10 {
            ids.push(place.post(&ada, page, &format!("{n}")).await.0);
        }
        // Numbers 11 and 12; the second one again as 13.
        for at in [1, 4, 1] {
            place.backend.edit_message(&ada, page, ids[at], body("edited"), vec![]).await.unwrap();
        }
        let mut changed = Vec::new();
        let mut after = 3;
        loop {
            let history = place.backend.messages_after(&ada, page, after, 4).await.unwrap();
            changed.extend(history.messages.iter().map(|m| (m.seq, m.changed)));
            after = history.counter;
            if !history.more {
                break;
            }
        }
        assert_eq!(after, 13);
        let expected = [4, 6, 7, 8, 9, 10].map(|seq| (seq, seq)).into_iter();
        assert_eq!(changed, expected.chain([(5, 12), (2, 13)]).collect::<Vec<_>>());
        let nothing = place.backend.messages_after(&ada, page, 13, 50).await.unwrap();
        assert_eq!((nothing.messages.len(), nothing.counter, nothing.more), (0, 13, false));
    }

    async fn a_read_mark_never_goes_back_nor_past_the_end(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        for _ in 0..5 {
            place.post(&ada, page, "Hello").await;
        }
        place.told.take();
        let unread = async || place.backend.room(&mila, page).await.unwrap().unread;
        assert_eq!(unread().await, 5);
        place.backend.mark(&mila, page, 3, 3).await.unwrap();
        assert_eq!(unread().await, 2);
        place.backend.mark(&mila, page, 1, 1).await.unwrap();
        assert_eq!(unread().await, 2);
        place.backend.mark(&mila, page, 99, 99).await.unwrap();
        assert_eq!(place.backend.room(&mila, page).await.unwrap().read, 5);
        let topic = Topic::Account(mila.account);
        let read = |seq| Told::Event(topic, Event::Read { page, seq });
        assert_eq!(place.told.take(), [read(3), read(5)]);
    }

    async fn what_is_deleted_before_one_reads_it_is_not_unread(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        let mut ids = Vec::new();
        for n in 1..=80 {
            ids.push(place.post(&ada, page, &format!("{n}")).await.0);
        }
        let unread = async || {
            let room = place.backend.room(&mila, page).await.unwrap();
            let listing = place.backend.my_pages(&mila).await.unwrap().remove(0);
            assert_eq!((listing.unread, listing.read), (room.unread, room.read));
            room.unread
        };
        assert_eq!(unread().await, 80);
        place.backend.delete_message(&ada, page, ids[0]).await.unwrap();
        place.backend.delete_message(&ada, page, ids[79]).await.unwrap();
        assert_eq!(unread().await, 78);
        place.backend.mark(&mila, page, 79, 79).await.unwrap();
        assert_eq!(unread().await, 0);
    }

    async fn whoever_posts_too_fast_is_asked_to_wait(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        place.backend.stop().await;
        let mut settings = place.settings.clone();
        settings.post_rate = domain::Rate::new(3, 1, 10);
        let (backend, _) = node(&settings, &place.clock).await;
        let post = async || {
            backend.post_message(&ada, page, Posting::plain(place.message_id(), body("Hello"))).await
        };
        for _ in 0..3 {
            post().await.unwrap();
        }
        assert_eq!(refused(post().await), Refusal::TooMany { seconds: 10 });
        place.clock.advance(10);
        post().await.unwrap();
        backend.stop().await;
    }

    async fn a_page_is_not_found_by_strangers(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        let (id, _) = place.post(&ada, page, "Hello").await;
        let backend = &place.backend;
        let answers = [
            refused(backend.post_message(&mila, page, Posting::plain(place.message_id(), body("x"))).await),
            refused(backend.post_message(&mila, page, Posting::plain(id, body("x"))).await),
            refused(backend.edit_message(&mila, page, id, body("x"), vec![]).await),
            refused(backend.messages_before(&mila, page, None, 50).await),
            refused(backend.messages_after(&mila, page, 0, 50).await),
            refused(backend.mark(&mila, page, 1, 1).await),
            refused(backend.room(&mila, page).await),
            refused(backend.remove_member(&mila, page, ada.account).await),
            refused(backend.set_role(&mila, page, ada.account, PageRole::Member).await),
        ];
        assert!(answers.iter().all(|refusal| *refusal == Refusal::NotFound), "{answers:?}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let place = support::Place::sqlite().await;
    let ada = place.admin().await;
    let page = place.page(&ada, "Garden").await.id;
    let posts = (0..100).map(|n| {
        let text = body(&format!("{n}"));
        place
            .backend
            .post_message(&ada, page, Posting::plain(place.message_id(), text))
    });
    for post in futures::future::join_all(posts).await {
        post.unwrap();
    }
    // The files as a killed process leaves them: the log is not folded in.
    let mut killed = place.settings.clone();
    killed.data_dir = place.settings.data_dir.join("killed");
    std::fs::create_dir(&killed.data_dir).unwrap();
    for file in ["stoa.db", "stoa.db-wal"] {
        std::fs::copy(
            place.settings.data_dir.join(file),
            killed.data_dir.join(file),
        )
        .unwrap();
    }
    let (backend, _) = node(&killed, &place.clock).await;
    let history = backend
        .messages_before(&ada, page, None, 200)
        .await
        .unwrap();
    assert_eq!((history.messages.len(), history.counter), (100, 100));
    backend.stop().await;
    place.end().await;
}
