//! A seeded place, on both databases.

use crate::support::{body, refused};
use backend::{Posting, Seeding};
use domain::Refusal;

on_both! {
    async fn a_seeded_place_is_like_one_that_people_have_used(place) {
        let seeding = Seeding { members: 40, messages: 1234 };
        let seed = place.backend.seed(seeding).await.unwrap();
        assert_eq!((seed.pages.len(), seed.accounts.len()), (1, 40));
        let page = seed.pages[0].id;
        let token = |n: usize| seed.accounts[n].cookie.strip_prefix("stoa_session=").unwrap();
        let admin = place.backend.viewer(token(0)).await.unwrap().unwrap();
        let member = place.backend.viewer(token(39)).await.unwrap().unwrap();
        assert!(admin.admin && !member.admin);
        let room = place.backend.room(&member, page).await.unwrap();
        assert_eq!((room.members.len(), room.unread), (40, 0));
        let messages = &room.history.messages;
        assert_eq!(messages.last().unwrap().seq, 1234);
        assert!(messages.is_sorted_by_key(|message| message.at));
        assert!(messages.windows(2).all(|pair| pair[0].author != pair[1].author));
        assert!(messages.last().unwrap().at <= place.clock.now());
        let id = place.message_id();
        let seq = place.backend.post_message(&member, page, Posting::plain(id, body("Next"))).await;
        assert_eq!(seq.unwrap(), 1235);
        assert_eq!(place.backend.page_summaries(&admin).await.unwrap()[0].messages, 1235);
        assert_eq!(place.backend.setup_link().await.unwrap(), None);
    }

    async fn a_place_in_use_is_left_alone(place) {
        place.admin().await;
        let seeded = place.backend.seed(Seeding { members: 1, messages: 1 }).await;
        assert_eq!(refused(seeded).status(), Refusal::SetUpAlready.status());
    }
}
