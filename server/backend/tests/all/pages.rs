//! Pages on both databases: made, renamed, archived, deleted, listed.

use crate::support::{Told, body, page_name, refused};
use backend::Posting;
use domain::{About, Event, Refusal, Topic};

on_both! {
    async fn the_maker_is_the_first_member_and_everything_is_told(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "<b>Garden</b> & co 🌻").await;
        assert_eq!(page.name, "<b>Garden</b> & co 🌻");
        let told = place.told.take();
        let [Told::Event(on, Event::Joined(member)), added] = &told[..] else {
            panic!("{told:?}");
        };
        assert_eq!((*on, member.account), (Topic::Page(page.id), ada.account));
        assert_eq!(*added, Told::Event(Topic::Account(ada.account), Event::Added { page: page.clone() }));
        let room = place.backend.room(&ada, page.id).await.unwrap();
        assert_eq!((room.page, room.members), (page, vec![member.clone()]));
    }

    async fn pages_are_made_by_admins_of_the_place_only(place) {
        place.admin().await;
        let mila = place.person("Mila").await;
        let made = place.backend.create_page(&mila, page_name("Mine"), About::default()).await;
        assert_eq!(refused(made), Refusal::AdminsOnly);
        assert_eq!(refused(place.backend.page_summaries(&mila).await), Refusal::AdminsOnly);
    }

    async fn a_new_name_is_told_to_everyone_on_the_page(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        place.told.take();
        let about = About::parse("Beds and paths").unwrap();
        let by_mila = place.backend.update_page(&mila, page, page_name("Mine"), about.clone()).await;
        assert_eq!(refused(by_mila), Refusal::AdminsOnly);
        let renamed = place.backend.update_page(&ada, page, page_name("Park"), about).await.unwrap();
        assert_eq!((renamed.name.as_str(), renamed.about.as_str()), ("Park", "Beds and paths"));
        assert_eq!(place.told.take(), [Told::Event(Topic::Page(page), Event::Page(renamed))]);
        assert_eq!(place.backend.my_pages(&mila).await.unwrap()[0].page.name, "Park");
    }

    async fn archiving_is_told_once_and_can_be_undone(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        place.told.take();
        let by_mila = place.backend.archive_page(&mila, page, true).await;
        assert_eq!(refused(by_mila), Refusal::AdminsOnly);
        assert!(place.backend.archive_page(&ada, page, true).await.unwrap().archived);
        assert!(place.backend.archive_page(&ada, page, true).await.unwrap().archived);
        assert_eq!(place.told.take().len(), 1);
        assert!(place.backend.room(&mila, page).await.unwrap().page.archived);
        assert!(!place.backend.archive_page(&ada, page, false).await.unwrap().archived);
    }

    async fn a_deleted_page_is_gone_for_everybody_with_all_it_held(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        let kept = place.page(&ada, "Kitchen").await.id;
        place.join(page, &mila).await;
        place.post(&mila, page, "Hello").await;
        let wrong = place.backend.delete_page(&ada, page, "garden").await;
        assert_eq!(refused(wrong), Refusal::NameDoesNotMatch);
        let by_mila = place.backend.delete_page(&mila, page, "Garden").await;
        assert_eq!(refused(by_mila), Refusal::AdminsOnly);
        place.told.take();
        place.backend.delete_page(&ada, page, "Garden").await.unwrap();
        let told = place.told.take();
        assert_eq!(told[0], Told::Event(Topic::Page(page), Event::Deleted { page }));
        assert!(told.contains(&Told::Event(Topic::Account(mila.account), Event::Removed { page })));
        assert_eq!(refused(place.backend.room(&ada, page).await), Refusal::NotFound);
        let post = place.backend.post_message(&ada, page, Posting::plain(place.message_id(), body("x"))).await;
        assert_eq!(refused(post), Refusal::NotFound);
        assert!(place.backend.my_pages(&mila).await.unwrap().is_empty());
        let summaries = place.backend.page_summaries(&ada).await.unwrap();
        assert_eq!(summaries.iter().map(|s| s.page.id).collect::<Vec<_>>(), [kept]);
        let left = place.sql(|sql| sql.query("DELETE FROM messages WHERE page = $1").uuid(page.0)).await;
        assert_eq!(left, 0);
    }

    async fn my_pages_come_by_activity_with_their_last_words_and_unread(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let mut pages = Vec::new();
        for name in ["First", "Second", "Third", "Old", "Not hers"] {
            place.clock.advance(60);
            let page = place.page(&ada, name).await.id;
            if name != "Not hers" {
                place.join(page, &mila).await;
            }
            pages.push(page);
        }
        place.backend.archive_page(&ada, pages[3], true).await.unwrap();
        place.clock.advance(60);
        place.post(&ada, pages[1], "one").await;
        place.post(&mila, pages[1], "two").await;
        place.post(&ada, pages[1], "three").await;
        let listing = place.backend.my_pages(&mila).await.unwrap();
        let names: Vec<_> = listing.iter().map(|l| l.page.name.as_str()).collect();
        assert_eq!(names, ["Second", "Third", "First", "Old"]);
        assert_eq!(listing[0].last, Some(("Ada".to_owned(), "three".to_owned())));
        assert_eq!(listing[0].last_at, Some(place.clock.now()));
        assert_eq!((listing[0].unread, listing[1].unread), (2, 0));
        assert_eq!((listing[1].last.clone(), listing[1].last_at), (None, None));
        place.backend.mark(&mila, pages[1], 1, 1).await.unwrap();
        assert_eq!(place.backend.my_pages(&mila).await.unwrap()[0].unread, 1);
    }
}
