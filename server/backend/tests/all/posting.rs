//! How fast one account may post.

use crate::support::{body, node, refused};
use backend::{Posting, Settings};
use domain::{Rate, Refusal};

on_both! {
    async fn posting_is_limited_per_account_and_comes_back_with_time(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        let settings = Settings { post_rate: Rate::new(60, 20, 1), ..place.settings.clone() };
        let (backend, _) = node(&settings, &place.clock).await;
        let post = |author| backend.post_message(author, page, Posting::plain(place.message_id(), body("Hello")));
        for _ in 0..60 {
            post(&ada).await.unwrap();
        }
        assert_eq!(refused(post(&ada).await), Refusal::TooMany { seconds: 1 });
        post(&mila).await.unwrap();
        place.clock.advance(1);
        for _ in 0..20 {
            post(&ada).await.unwrap();
        }
        assert_eq!(refused(post(&ada).await), Refusal::TooMany { seconds: 1 });
        let history = backend.messages_before(&ada, page, None, 200).await.unwrap();
        assert_eq!(history.messages.len(), 81);
        backend.stop().await;
    }
}
