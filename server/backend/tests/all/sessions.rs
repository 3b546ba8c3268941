//! Sessions on both databases: they slide, expire, and end at once when they are ended.

use crate::support::{Told, name};
use backend::Backend;
use domain::{Event, Topic};

const DAY: i64 = 86_400;

on_both! {
    async fn a_session_slides_with_use_and_ends_without(place) {
        place.admin().await;
        let (_, session) = place.person_with_session("Mila").await;
        let days = Backend::SESSION_SECONDS / DAY;
        for _ in 0..3 {
            place.clock.advance((days - 1) * DAY);
            assert!(place.viewer(&session).await.is_some());
        }
        place.clock.advance(days * DAY);
        assert!(place.viewer(&session).await.is_none());
    }

    async fn an_unknown_token_is_nobody(place) {
        place.admin().await;
        for token in ["", "x", "a token\0with a nul", &"long".repeat(5000)] {
            assert!(place.backend.viewer(token).await.unwrap().is_none());
        }
    }

    async fn signing_out_ends_this_session_and_no_other(place) {
        let ada = place.admin().await;
        let (mila, session) = place.person_with_session("Mila").await;
        let viewer = place.viewer(&session).await.unwrap();
        place.backend.sign_out(&viewer).await.unwrap();
        assert!(place.viewer(&session).await.is_none());
        assert_eq!(place.told.take(), [Told::Cut(mila)]);
        assert!(place.backend.my_pages(&ada).await.is_ok());
    }

    async fn a_disabled_account_is_nobody_until_it_is_enabled_and_signs_in_again(place) {
        let ada = place.admin().await;
        let (mila, session) = place.person_with_session("Mila").await;
        let viewer = place.viewer(&session).await.unwrap();
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &viewer).await;
        place.told.take();
        place.backend.set_disabled(&ada, mila, true).await.unwrap();
        assert!(place.viewer(&session).await.is_none());
        assert!(!place.backend.is_member(mila, page).await.unwrap());
        // A request that was under way finds nothing any more.
        assert!(place.backend.room(&viewer, page).await.is_err());
        let signed_out = Told::Event(Topic::Account(mila), Event::SignedOut);
        assert_eq!(place.told.take(), [signed_out, Told::Cut(mila)]);
        place.backend.set_disabled(&ada, mila, false).await.unwrap();
        assert!(place.viewer(&session).await.is_none());
        assert!(place.backend.is_member(mila, page).await.unwrap());
    }

    async fn signing_out_everywhere_ends_every_session(place) {
        let ada = place.admin().await;
        let (mila, session) = place.person_with_session("Mila").await;
        let viewer = place.viewer(&session).await.unwrap();
        assert!(place.backend.sign_out_everywhere(&viewer, ada.account).await.is_err());
        place.backend.sign_out_everywhere(&ada, mila).await.unwrap();
        assert!(place.viewer(&session).await.is_none());
        assert!(place.told.take().contains(&Told::Cut(mila)));
    }

    async fn a_new_name_is_seen_with_the_next_request(place) {
        let ada = place.admin().await;
        let (mila, session) = place.person_with_session("Mila").await;
        let viewer = place.viewer(&session).await.unwrap();
        place.backend.rename_me(&viewer, name("Mila V.")).await.unwrap();
        assert_eq!(place.viewer(&session).await.unwrap().name, "Mila V.");
        place.backend.set_admin(&ada, mila, true).await.unwrap();
        assert!(place.viewer(&session).await.unwrap().admin);
    }

    async fn a_person_was_last_seen_when_they_last_asked(place) {
        let ada = place.admin().await;
        let (mila, session) = place.person_with_session("Mila").await;
        let seen = async || {
            let people = place.backend.people(&ada).await.unwrap();
            people.into_iter().find(|p| p.id == mila).unwrap().last_seen
        };
        assert_eq!(seen().await, None);
        place.clock.advance(3600);
        place.viewer(&session).await.unwrap();
        assert_eq!(seen().await, Some(place.clock.now()));
    }
}
