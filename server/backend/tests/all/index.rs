//! The index of words follows the messages; what is found does not depend on how far it has come.

use std::time::Duration;

use crate::support::{Place, body};
use backend::{Search, Seeding, Viewer};

async fn texts(place: &Place, viewer: &Viewer, words: &str) -> Vec<String> {
    let search = Search {
        words: words.into(),
        page: None,
        from: None,
        before: None,
        limit: 100,
    };
    let (found, _) = place.backend.search(viewer, search).await.unwrap();
    found.into_iter().map(|found| found.message.body).collect()
}

on_both! {
    async fn what_was_never_indexed_may_be_edited_and_deleted(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (edited, _) = place.post(&ada, page, "roses").await;
        let (deleted, _) = place.post(&ada, page, "more roses").await;
        place.post(&ada, page, "no roses").await;
        place.backend.edit_message(&ada, page, edited, body("tulips"), vec![]).await.unwrap();
        place.backend.delete_message(&ada, page, deleted).await.unwrap();
        for _ in 0..2 {
            assert_eq!(texts(&place, &ada, "roses").await, ["no roses"]);
            assert_eq!(texts(&place, &ada, "tulips").await, ["tulips"]);
        }
    }

    async fn a_page_may_go_while_its_words_wait(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        for (found, on) in [(1, other), (1, page), (2, other)] {
            place.post(&ada, on, "spade").await;
            if on == page {
                place.backend.delete_page(&ada, page, "Garden").await.unwrap();
                place.post(&ada, other, "path").await;
            }
            assert_eq!(texts(&place, &ada, "spade").await.len(), found);
            place.post(&ada, other, "key").await;
        }
        assert_eq!(texts(&place, &ada, "path").await.len(), 1);
        assert_eq!(texts(&place, &ada, "key").await.len(), 3);
    }

    async fn the_last_numbers_of_a_page_that_goes_are_indexed_anew(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        for on in [other, page, page, page] {
            place.post(&ada, on, "spade").await;
        }
        assert_eq!(texts(&place, &ada, "spade").await.len(), 4);
        // Not in their order.
        for seq in [2, 3, 1] {
            let delete = "DELETE FROM messages WHERE page = $1 AND seq = $2";
            place.sql(|sql| sql.query(delete).uuid(page.0).number(seq)).await;
        }
        place.post(&ada, other, "key").await;
        place.post(&ada, other, "path").await;
        for (word, count) in [("key", 1), ("path", 1), ("spade", 1)] {
            assert_eq!(texts(&place, &ada, word).await.len(), count, "{word}");
        }
    }
}

/// All messages up to this number are in the index.
async fn reaches(place: &Place, doc: i64) -> bool {
    let same = "UPDATE indexed SET doc = doc WHERE doc = $1";
    place.sql(|sql| sql.query(same).number(doc)).await == 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_comes_along_by_itself() {
    let place = Place::sqlite().await;
    let ada = place.admin().await;
    let page = place.page(&ada, "Garden").await.id;
    place.backend.start_workers();
    for n in 1..=3 {
        place.post(&ada, page, "roses").await;
        let mut tries = 0;
        while !reaches(&place, n).await {
            tries += 1;
            assert!(tries < 400, "not within 10 s");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_was_left_behind_is_made_up_for() {
    let place = Place::sqlite().await;
    let seeding = Seeding {
        members: 1,
        messages: 1_700,
    };
    let seed = place.backend.seed(seeding).await.unwrap();
    assert!(reaches(&place, 1_700).await, "a seeded place is complete");
    let all = "INSERT INTO words (words) VALUES ('delete-all')";
    place.sql(|sql| sql.query(all)).await;
    let back = "UPDATE indexed SET doc = 0";
    place.sql(|sql| sql.query(back)).await;
    let token = seed.accounts[0].cookie.strip_prefix("stoa_session=");
    let admin = place.backend.viewer(token.unwrap()).await.unwrap().unwrap();
    assert_eq!(texts(&place, &admin, "garden").await.len(), 100);
    assert!(reaches(&place, 1_700).await);
    place.end().await;
}
