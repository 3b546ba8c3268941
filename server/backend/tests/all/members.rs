//! Membership on both databases: who may change it, and what goes with it.

use crate::support::{Told, body, refused};
use backend::Posting;
use domain::{Event, PageRole, Refusal, Topic};

on_both! {
    async fn a_removed_member_loses_everything_at_once(place) {
        let ada = place.admin().await;
        let (mila, session) = place.person_with_session("Mila").await;
        let viewer = place.viewer(&session).await.unwrap();
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &viewer).await;
        let (id, _) = place.post(&viewer, page, "Hello").await;
        assert!(place.backend.is_member(mila, page).await.unwrap());
        assert_eq!(place.backend.my_pages(&viewer).await.unwrap().len(), 1);
        place.told.take();
        place.backend.remove_member(&ada, page, mila).await.unwrap();
        assert_eq!(place.told.take(), [
            Told::Event(Topic::Page(page), Event::Left { account: mila }),
            Told::Event(Topic::Account(mila), Event::Removed { page }),
            Told::Cut(mila),
        ]);
        assert!(!place.backend.is_member(mila, page).await.unwrap());
        assert!(place.backend.my_pages(&viewer).await.unwrap().is_empty());
        let answers = [
            refused(place.backend.room(&viewer, page).await),
            refused(place.backend.messages_before(&viewer, page, None, 50).await),
            refused(place.backend.messages_after(&viewer, page, 0, 50).await),
            refused(place.backend.post_message(&viewer, page, Posting::plain(id, body("Hello"))).await),
            refused(place.backend.edit_message(&viewer, page, id, body("Bye"), vec![]).await),
            refused(place.backend.mark(&viewer, page, 1, 1).await),
        ];
        assert!(answers.iter().all(|r| *r == Refusal::NotFound), "{answers:?}");
        assert!(place.viewer(&session).await.is_some(), "still signed in");
        // What they said stays, under their name.
        let history = place.backend.messages_before(&ada, page, None, 50).await.unwrap();
        assert_eq!(history.messages[0].author_name, "Mila");
    }

    async fn members_manage_nobody_but_may_leave(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let jon = place.person("Jon").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        let backend = &place.backend;
        let removal = backend.remove_member(&mila, page, ada.account).await;
        assert_eq!(refused(removal), Refusal::AdminsOnly);
        let role = backend.set_role(&mila, page, mila.account, PageRole::Admin).await;
        assert_eq!(refused(role), Refusal::AdminsOnly);
        let stranger = backend.remove_member(&ada, page, jon.account).await;
        assert_eq!(refused(stranger), Refusal::NotFound);
        backend.remove_member(&mila, page, mila.account).await.unwrap();
        assert!(!backend.is_member(mila.account, page).await.unwrap());
    }

    async fn a_page_admin_manages_this_page_only(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let jon = place.person("Jon").await;
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        for on in [page, other] {
            place.join(on, &mila).await;
            place.join(on, &jon).await;
        }
        let backend = &place.backend;
        place.told.take();
        backend.set_role(&ada, page, mila.account, PageRole::Admin).await.unwrap();
        backend.set_role(&ada, page, mila.account, PageRole::Admin).await.unwrap();
        assert_eq!(place.told.take(), [Told::Event(Topic::Page(page), Event::Role {
            account: mila.account,
            role: PageRole::Admin,
        })]);
        let room = backend.room(&mila, page).await.unwrap();
        assert!(room.may_manage && room.my_role == PageRole::Admin);
        backend.remove_member(&mila, page, jon.account).await.unwrap();
        let elsewhere = backend.remove_member(&mila, other, jon.account).await;
        assert_eq!(refused(elsewhere), Refusal::AdminsOnly);
    }

    async fn an_admin_of_the_place_manages_pages_they_cannot_read(place) {
        let ada = place.admin().await;
        let (bo, session) = place.person_with_session("Bo").await;
        let page = place.page(&ada, "Garden").await.id;
        place.post(&ada, page, "Secret").await;
        place.backend.set_admin(&ada, bo, true).await.unwrap();
        let bo = place.viewer(&session).await.unwrap();
        let read = [
            refused(place.backend.room(&bo, page).await),
            refused(place.backend.messages_before(&bo, page, None, 50).await),
            refused(place.backend.post_message(&bo, page, Posting::plain(place.message_id(), body("x"))).await),
        ];
        assert!(read.iter().all(|r| *r == Refusal::NotFound), "{read:?}");
        assert!(!place.backend.is_member(bo.account, page).await.unwrap());
        let summaries = place.backend.page_summaries(&bo).await.unwrap();
        assert_eq!((summaries[0].messages, summaries[0].members), (1, 1));
        place.backend.remove_member(&bo, page, ada.account).await.unwrap();
    }

    async fn a_first_view_lists_fifty_members_and_all_can_be_asked_for(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        for number in 0..51 {
            let person = place.person(&format!("P{number:02}")).await;
            place.join(page, &person).await;
        }
        let room = place.backend.room(&ada, page).await.unwrap();
        assert_eq!((room.members.len(), room.member_count), (50, 52));
        let all = place.backend.members(&ada, page).await.unwrap();
        assert_eq!(all.len(), 52);
        assert_eq!(room.members, all[..50]);
        let stranger = place.person("Zoe").await;
        assert_eq!(refused(place.backend.members(&stranger, page).await), Refusal::NotFound);
    }
}
