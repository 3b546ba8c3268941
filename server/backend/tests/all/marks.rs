//! How far members have got and read the messages, on both databases.

use std::time::{Duration, Instant};

use crate::support;
use crate::support::{Place, Told, refused};
use backend::{Seeding, Viewer};
use domain::{AccountId, Event, Marks, Note, PageId, Refusal, Seen, Timestamp, Topic};
use futures::future::join_all;

const DAY: i64 = 86_400;

/// A page with Ada and these, and five messages by Ada.
async fn place_with(place: &Place, names: &[&str]) -> (Viewer, Vec<Viewer>, PageId) {
    let ada = place.admin().await;
    let page = place.page(&ada, "Garden").await.id;
    let mut people = Vec::new();
    for name in names {
        let person = place.person(name).await;
        place.join(page, &person).await;
        people.push(person);
    }
    for n in 1..=5 {
        place.post(&ada, page, &format!("{n}")).await;
    }
    (ada, people, page)
}

fn marks(delivered: &[(&Viewer, i64)], read: &[(&Viewer, i64)]) -> Marks {
    // Of those who are equally far the first account comes first.
    let list = |marks: &[(&Viewer, i64)]| {
        let mut list: Vec<(AccountId, i64)> = marks.iter().map(|m| (m.0.account, m.1)).collect();
        list.sort_by_key(|(account, seq)| (*seq, account.0));
        list
    };
    Marks {
        delivered: list(delivered),
        read: list(read),
    }
}

on_both! {
    async fn marks_never_go_back_nor_past_the_end(place) {
        let (ada, people, page) = place_with(&place, &["Mila"]).await;
        let mila = &people[0];
        place.told.take();
        let mark = async |delivered, read| {
            place.backend.mark(mila, page, delivered, read).await.unwrap();
            let room = place.backend.room(&ada, page).await.unwrap();
            room.marks.by_others(ada.account)
        };
        assert_eq!(mark(3, 1).await, (3, 1));
        assert_eq!(mark(2, 0).await, (3, 1));
        assert_eq!(mark(0, 4).await, (4, 4), "what is read was delivered");
        assert_eq!(mark(99, -1).await, (5, 4));
        assert_eq!(mark(i64::MAX, i64::MAX).await, (5, 5));
        assert_eq!(mark(i64::MIN, i64::MIN).await, (5, 5));
        let read = |seq| Told::Event(Topic::Account(mila.account), Event::Read { page, seq });
        assert_eq!(place.told.take(), [read(1), read(4), read(5)]);
    }

    async fn the_page_is_told_of_the_two_furthest_behind_and_only_of_news(place) {
        let (ada, people, page) = place_with(&place, &["Mila", "Bo", "Jon"]).await;
        let [mila, bo, jon] = &people[..] else { unreachable!() };
        let backend = &place.backend;
        backend.mark(&ada, page, 5, 5).await.unwrap();
        backend.mark(mila, page, 4, 2).await.unwrap();
        backend.mark(bo, page, 3, 3).await.unwrap();
        backend.mark(jon, page, 5, 1).await.unwrap();
        let now = marks(&[(bo, 3), (mila, 4)], &[(jon, 1), (mila, 2)]);
        place.told.wait_for_marks(page, &now).await;
        assert_eq!(backend.room(bo, page).await.unwrap().marks, now);
        let told = place.told.marks(page).len();
        // Bo is further, but not among the two: no news but of what was delivered.
        backend.mark(bo, page, 3, 3).await.unwrap();
        backend.mark(&ada, page, 5, 5).await.unwrap();
        backend.mark(jon, page, 5, 4).await.unwrap();
        let now = marks(&[(bo, 3), (mila, 4)], &[(mila, 2), (bo, 3)]);
        place.told.wait_for_marks(page, &now).await;
        assert_eq!(place.told.marks(page).len(), told + 1);
        backend.remove_member(&ada, page, mila.account).await.unwrap();
        let now = marks(&[(bo, 3), (jon, 5)], &[(bo, 3), (jon, 4)]);
        let others = marks(&[(bo, 3), (&ada, 5)], &[(bo, 3), (jon, 4)]);
        let now = if jon.account.0 < ada.account.0 { now } else { others };
        place.told.wait_for_marks(page, &now).await;
        backend.remove_member(bo, page, bo.account).await.unwrap();
        let now = marks(&[(&ada, 5), (jon, 5)], &[(jon, 4), (&ada, 5)]);
        place.told.wait_for_marks(page, &now).await;
    }

    async fn a_thousand_who_mark_at_once_are_told_of_in_a_few_events(place) {
        let seed = place.backend.seed(Seeding { members: 1000, messages: 5 }).await.unwrap();
        let page = seed.pages[0].id;
        let mut people = Vec::new();
        for account in &seed.accounts {
            let token = account.cookie.strip_prefix("stoa_session=").unwrap();
            people.push(place.backend.viewer(token).await.unwrap().unwrap());
        }
        place.post(&people[0], page, "Hello").await;
        let begun = Instant::now();
        let marking = people.iter().map(|person| place.backend.mark(person, page, 6, 6));
        for marked in join_all(marking).await {
            marked.unwrap();
        }
        let done = |marks: &Marks| marks.by_others(people[0].account) == (6, 6);
        while !place.told.marks(page).last().is_some_and(done) {
            assert!(begun.elapsed() < Duration::from_secs(30), "never told");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let (told, most) = (place.told.marks(page).len(), 2 + begun.elapsed().as_millis() / 300);
        assert!(told as u128 <= most, "{told} in {:?}", begun.elapsed());
    }

    async fn a_newcomer_has_nothing_to_catch_up_with_and_the_page_knows(place) {
        let (ada, _, page) = place_with(&place, &[]).await;
        let backend = &place.backend;
        let alone = backend.room(&ada, page).await.unwrap().marks;
        assert_eq!(alone.by_others(ada.account), (0, 0));
        backend.invite(&ada, page, "mila@stoa.example", Note::default()).await.unwrap();
        let mails = backend.mailbox(&ada).await.unwrap();
        let text = mails.items[0].text.clone().unwrap();
        let (_, rest) = text.split_once("https://stoa.example/invite/").unwrap();
        let token = rest.split_whitespace().next().unwrap();
        let name = Some(support::name("Mila"));
        let accepted = backend.accept_invitation(token, name, None, false).await.unwrap();
        let mila = place.viewer(&accepted.session.unwrap()).await.unwrap();
        let now = marks(&[(&ada, 0), (&mila, 5)], &[(&ada, 0), (&mila, 5)]);
        place.told.wait_for_marks(page, &now).await;
        assert_eq!(backend.room(&mila, page).await.unwrap().marks, now);
        assert_eq!(backend.room(&mila, page).await.unwrap().unread, 0);
    }

    async fn a_deleted_page_leaves_no_marks(place) {
        let (ada, people, page) = place_with(&place, &["Mila"]).await;
        for viewer in [&ada, &people[0]] {
            place.backend.mark(viewer, page, 4, 4).await.unwrap();
            place.backend.mark(viewer, page, 5, 5).await.unwrap();
        }
        place.backend.delete_page(&ada, page, "Garden").await.unwrap();
        for table in ["marks", "pages", "messages"] {
            assert_eq!(place.sql(|sql| sql.query(&format!("DELETE FROM {table}"))).await, 0);
        }
    }

    async fn the_author_sees_who_has_got_and_read_a_message_and_when(place) {
        let (ada, people, page) = place_with(&place, &["Mila", "Bo"]).await;
        let [mila, bo] = &people[..] else { unreachable!() };
        let id = place.backend.messages_before(&ada, page, None, 50).await.unwrap().messages[2].id;
        let begun = place.clock.now();
        let backend = &place.backend;
        let seen = |person: &Viewer, delivered: Option<i64>, read: Option<i64>| Seen {
            account: person.account,
            name: person.name.clone(),
            delivered: delivered.map(|secs| Timestamp(begun.0 + secs * 1000)),
            read: read.map(|secs| Timestamp(begun.0 + secs * 1000)),
        };
        let info = async || backend.message_info(&ada, page, id).await.unwrap();
        assert_eq!(info().await, [seen(bo, None, None), seen(mila, None, None)]);
        place.clock.advance(10);
        backend.mark(mila, page, 2, 2).await.unwrap();
        backend.mark(bo, page, 5, 0).await.unwrap();
        assert_eq!(info().await, [seen(bo, Some(10), None), seen(mila, None, None)]);
        place.clock.advance(10);
        backend.mark(mila, page, 4, 3).await.unwrap();
        place.clock.advance(10);
        backend.mark(mila, page, 5, 5).await.unwrap();
        assert_eq!(info().await, [seen(bo, Some(10), None), seen(mila, Some(20), Some(20))]);
        assert_eq!(refused(backend.message_info(mila, page, id).await), Refusal::NotYours);
        let unknown = backend.message_info(&ada, page, place.message_id()).await;
        assert_eq!(refused(unknown), Refusal::NotFound);
        // After a month it is only known that it was.
        place.clock.advance(31 * DAY);
        backend.start_workers();
        for _ in 0..1000 {
            if info().await == [seen(bo, Some(0), None), seen(mila, Some(0), Some(0))] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(info().await, [seen(bo, Some(0), None), seen(mila, Some(0), Some(0))]);
    }
}
