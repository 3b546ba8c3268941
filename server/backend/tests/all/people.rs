//! The admin's view of people, on both databases.

use crate::support::refused;
use domain::Refusal;

on_both! {
    async fn people_are_listed_with_their_pages_to_admins(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let garden = place.page(&ada, "Garden").await.id;
        let kitchen = place.page(&ada, "Kitchen").await.id;
        place.join(kitchen, &mila).await;
        assert_eq!(refused(place.backend.people(&mila).await), Refusal::AdminsOnly);
        let people = place.backend.people(&ada).await.unwrap();
        assert_eq!(people.len(), 2);
        assert_eq!((people[0].name.as_str(), people[0].admin), ("Ada", true));
        let pages = [(garden, "Garden".to_owned()), (kitchen, "Kitchen".to_owned())];
        assert_eq!(people[0].pages, pages);
        assert_eq!((people[1].email.as_str(), &people[1].pages[..]), ("mila@stoa.example", &pages[1..]));
    }

    async fn the_last_admin_stays(place) {
        let ada = place.admin().await;
        let (bo, session) = place.person_with_session("Bo").await;
        let backend = &place.backend;
        assert_eq!(refused(backend.set_admin(&ada, ada.account, false).await), Refusal::LastAdmin);
        assert_eq!(refused(backend.set_disabled(&ada, ada.account, true).await), Refusal::LastAdmin);
        backend.set_admin(&ada, bo, true).await.unwrap();
        let bo = place.viewer(&session).await.unwrap();
        backend.set_admin(&bo, ada.account, false).await.unwrap();
        // Ada's right is gone at once, whatever her session remembers.
        assert_eq!(refused(backend.set_admin(&ada, ada.account, true).await), Refusal::AdminsOnly);
        assert_eq!(refused(backend.set_admin(&bo, bo.account, false).await), Refusal::LastAdmin);
    }

    async fn two_admins_who_unmake_each_other_leave_one(place) {
        let ada = place.admin().await;
        let (bo, session) = place.person_with_session("Bo").await;
        place.backend.set_admin(&ada, bo, true).await.unwrap();
        let bo = place.viewer(&session).await.unwrap();
        for _ in 0..5 {
            let (one, other) = tokio::join!(
                place.backend.set_admin(&ada, bo.account, false),
                place.backend.set_admin(&bo, ada.account, false),
            );
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
            let winner = if one.is_ok() { &ada } else { &bo };
            let loser = if one.is_ok() { &bo } else { &ada };
            place.backend.set_admin(winner, loser.account, true).await.unwrap();
        }
    }

    async fn somebody_unknown_is_not_found(place) {
        let ada = place.admin().await;
        let nobody = domain::AccountId(uuid::Uuid::from_u128(7));
        assert_eq!(refused(place.backend.set_admin(&ada, nobody, true).await), Refusal::NotFound);
        assert_eq!(refused(place.backend.set_disabled(&ada, nobody, true).await), Refusal::NotFound);
        assert_eq!(refused(place.backend.sign_out_everywhere(&ada, nobody).await), Refusal::NotFound);
    }
}
