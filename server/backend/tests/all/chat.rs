//! Replies, deletion, mentions and reactions on both databases.

use crate::support::{Place, Told, body, node, refused};
use backend::{Posting, Viewer};
use domain::{
    AccountId, Emoji, Event, Message, MessageId, PageId, PageRole, PersonName, Quote, Rate,
    Refusal, Topic,
};

fn emoji(text: &str) -> Emoji {
    Emoji::parse(text).unwrap()
}

/// A page with Ada, who manages it, and Mila.
async fn two(place: &Place) -> (Viewer, Viewer, PageId) {
    let ada = place.admin().await;
    let mila = place.person("Mila").await;
    let page = place.page(&ada, "Garden").await.id;
    place.join(page, &mila).await;
    (ada, mila, page)
}

async fn all(place: &Place, viewer: &Viewer, page: PageId) -> Vec<Message> {
    let history = place.backend.messages_before(viewer, page, None, 200).await;
    history.unwrap().messages
}

async fn reply(place: &Place, viewer: &Viewer, page: PageId, to: MessageId) -> MessageId {
    let id = place.message_id();
    let posting = Posting {
        reply: Some(to),
        ..Posting::plain(id, body("An answer"))
    };
    place
        .backend
        .post_message(viewer, page, posting)
        .await
        .unwrap();
    id
}

fn last_message(place: &Place) -> Message {
    let told = place.told.take();
    let message = |told: &Told| match told {
        Told::Event(_, Event::Message(message)) => Some(message.clone()),
        _ => None,
    };
    told.iter().rev().find_map(message).unwrap()
}

/// The emoji under a message, each with the names of its people.
fn reactions(message: &Message) -> Vec<(String, Vec<String>)> {
    let names = |people: &[(AccountId, String)]| people.iter().map(|p| p.1.clone()).collect();
    let reactions = message.reactions.iter();
    reactions
        .map(|r| (r.emoji.clone(), names(&r.people)))
        .collect()
}

fn under(emoji: &str, people: &[&str]) -> (String, Vec<String>) {
    (
        emoji.to_owned(),
        people.iter().map(|&name| name.to_owned()).collect(),
    )
}

on_both! {
    async fn an_answer_quotes_what_it_answers_as_it_is_now(place) {
        let (ada, mila, page) = two(&place).await;
        let long = "é".repeat(300);
        let (id, seq) = place.post(&ada, page, &long).await;
        reply(&place, &mila, page, id).await;
        let quote = Quote {
            id,
            seq,
            author: ada.account,
            author_name: "Ada".into(),
            text: "é".repeat(Quote::MAX),
            images: 0,
        };
        let told = last_message(&place);
        assert_eq!(told.reply, Some(quote.clone()));
        assert_eq!(all(&place, &mila, page).await[1], told);
        place.backend.edit_message(&ada, page, id, body("Short"), vec![]).await.unwrap();
        let edited = Quote { text: "Short".into(), ..quote.clone() };
        assert_eq!(all(&place, &mila, page).await[1].reply, Some(edited));
        place.backend.rename_me(&ada, PersonName::parse("Ada L").unwrap()).await.unwrap();
        place.backend.delete_message(&ada, page, id).await.unwrap();
        let deleted = Quote { author_name: "Ada L".into(), text: String::new(), ..quote };
        assert_eq!(all(&place, &mila, page).await[1].reply, Some(deleted.clone()));
        let room = place.backend.room(&mila, page).await.unwrap();
        assert_eq!(room.history.messages[1].reply, Some(deleted.clone()));
        // What was deleted meanwhile can still be answered.
        reply(&place, &mila, page, id).await;
        assert_eq!(last_message(&place).reply, Some(deleted));
    }

    async fn only_messages_of_the_same_page_can_be_answered(place) {
        let (ada, _, page) = two(&place).await;
        let other = place.page(&ada, "Kitchen").await.id;
        let (elsewhere, _) = place.post(&ada, other, "Hello").await;
        for to in [elsewhere, place.message_id()] {
            let posting = Posting { reply: Some(to), ..Posting::plain(place.message_id(), body("x")) };
            let posted = place.backend.post_message(&ada, page, posting).await;
            assert_eq!(refused(posted), Refusal::NotFound);
        }
        assert!(all(&place, &ada, page).await.is_empty());
    }

    async fn an_answer_that_is_sent_twice_is_one_message(place) {
        let (ada, mila, page) = two(&place).await;
        let (id, _) = place.post(&ada, page, "Hello").await;
        let posting = Posting {
            reply: Some(id),
            mentions: vec![ada.account],
            ..Posting::plain(place.message_id(), body("@Ada yes"))
        };
        let once = place.backend.post_message(&mila, page, posting.clone());
        let twice = place.backend.post_message(&mila, page, posting.clone());
        let (once, twice) = tokio::join!(once, twice);
        assert_eq!((once.unwrap(), twice.unwrap()), (2, 2));
        place.backend.delete_message(&ada, page, id).await.unwrap();
        assert_eq!(place.backend.post_message(&mila, page, posting).await.unwrap(), 2);
        assert_eq!(all(&place, &ada, page).await.len(), 2);
    }

    async fn those_are_mentioned_who_are_members_and_stand_in_the_text(place) {
        let (ada, mila, page) = two(&place).await;
        let bo = place.person("Bo").await;
        let lind = place.person("Mila Lind").await;
        place.join(page, &lind).await;
        let post = async |text: &str| {
            let posting = Posting {
                mentions: vec![ada.account, mila.account, lind.account, bo.account, mila.account],
                ..Posting::plain(place.message_id(), body(text))
            };
            place.backend.post_message(&ada, page, posting).await.unwrap();
            let message = last_message(&place);
            assert_eq!(all(&place, &ada, page).await.last(), Some(&message));
            let named = message.mentions.into_iter().map(|mention| (mention.account, mention.name));
            named.collect::<Vec<_>>()
        };
        assert_eq!(post("@Bo, @Milan and Mila").await, []);
        assert_eq!(post("(@Mila)").await, [(mila.account, "Mila".to_owned())]);
        assert_eq!(post("@Ada and @Mila Lind").await, [
            (ada.account, "Ada".to_owned()),
            (mila.account, "Mila".to_owned()),
            (lind.account, "Mila Lind".to_owned()),
        ]);
    }

    async fn at_most_fifty_are_mentioned(place) {
        let (ada, _, page) = two(&place).await;
        let mut mentions = Vec::new();
        let mut names = Vec::new();
        for n in 0..60 {
            let person = place.person(&format!("P{n:02}")).await;
            place.join(page, &person).await;
            mentions.push(person.account);
            names.push(format!("@P{n:02}"));
        }
        let posting = Posting { mentions, ..Posting::plain(place.message_id(), body(&names.join(" "))) };
        place.backend.post_message(&ada, page, posting).await.unwrap();
        assert_eq!(all(&place, &ada, page).await[0].mentions.len(), 50);
    }

    async fn the_sidebar_says_where_one_is_mentioned_until_it_is_read(place) {
        let (ada, mila, page) = two(&place).await;
        let mentioned = async |viewer: &Viewer| {
            place.backend.my_pages(viewer).await.unwrap()[0].mentioned
        };
        let name = async |text: &str| {
            let id = place.message_id();
            let posting = Posting {
                mentions: vec![ada.account, mila.account],
                ..Posting::plain(id, body(text))
            };
            (id, place.backend.post_message(&ada, page, posting).await.unwrap())
        };
        let (id, seq) = name("@Mila @Ada").await;
        assert!(mentioned(&mila).await);
        assert!(!mentioned(&ada).await, "nobody is told of naming themselves");
        place.backend.mark(&mila, page, seq, seq).await.unwrap();
        assert!(!mentioned(&mila).await);
        let (other, _) = name("@Mila").await;
        assert!(mentioned(&mila).await);
        place.backend.edit_message(&ada, page, other, body("@Mila"), vec![]).await.unwrap();
        assert!(!mentioned(&mila).await);
        let named = vec![mila.account];
        let edited = place.backend.edit_message(&ada, page, other, body("@Mila!"), named).await;
        assert_eq!(edited.unwrap().mentions[0].account, mila.account);
        assert!(mentioned(&mila).await);
        place.backend.delete_message(&ada, page, other).await.unwrap();
        assert!(!mentioned(&mila).await);
        // One that was read before does not come back with an edit.
        let named = vec![mila.account];
        place.backend.edit_message(&ada, page, id, body("@Mila?"), named).await.unwrap();
        assert!(!mentioned(&mila).await);
    }

    async fn what_a_deleted_message_said_is_gone_and_its_place_is_kept(place) {
        let (ada, mila, page) = two(&place).await;
        let posting = Posting {
            mentions: vec![ada.account],
            ..Posting::plain(place.message_id(), body("@Ada secret"))
        };
        let id = posting.id;
        place.backend.post_message(&mila, page, posting).await.unwrap();
        place.backend.react(&ada, page, id, emoji("👍"), true).await.unwrap();
        place.told.take();
        let deleted = place.backend.delete_message(&mila, page, id).await.unwrap();
        assert_eq!((deleted.seq, deleted.changed, deleted.deleted), (1, 3, true));
        assert_eq!(deleted.body, "");
        assert!(deleted.mentions.is_empty() && deleted.reactions.is_empty());
        let told = Told::Event(Topic::Page(page), Event::Message(deleted.clone()));
        assert_eq!(place.told.take(), [told]);
        let again = place.backend.delete_message(&ada, page, id).await.unwrap();
        assert_eq!(again, deleted);
        assert!(place.told.take().is_empty());
        assert_eq!(all(&place, &ada, page).await, vec![deleted.clone()]);
        let after = place.backend.messages_after(&ada, page, 2, 50).await.unwrap();
        assert_eq!((after.messages, after.counter), (vec![deleted.clone()], 3));
        let around = place.backend.messages_around(&ada, page, 1, 50).await.unwrap();
        assert_eq!(around.messages, [deleted]);
        let backend = &place.backend;
        let answers = [
            refused(backend.edit_message(&mila, page, id, body("x"), vec![]).await),
            refused(backend.react(&mila, page, id, emoji("👍"), true).await),
        ];
        assert_eq!(answers, [Refusal::NotFound, Refusal::NotFound]);
        assert_eq!(backend.room(&ada, page).await.unwrap().history.counter, 3);
    }

    async fn the_author_and_who_manages_the_page_delete(place) {
        let (ada, mila, page) = two(&place).await;
        let bo = place.person("Bo").await;
        place.join(page, &bo).await;
        let (hers, _) = place.post(&mila, page, "Hello").await;
        let (by_ada, _) = place.post(&ada, page, "Hello").await;
        let backend = &place.backend;
        for id in [hers, by_ada] {
            assert_eq!(refused(backend.delete_message(&bo, page, id).await), Refusal::NotYours);
        }
        backend.set_role(&ada, page, bo.account, PageRole::Admin).await.unwrap();
        assert!(backend.delete_message(&bo, page, by_ada).await.unwrap().deleted);
        assert!(backend.delete_message(&mila, page, hers).await.unwrap().deleted);
        let unknown = backend.delete_message(&ada, page, place.message_id()).await;
        assert_eq!(refused(unknown), Refusal::NotFound);
    }

    async fn on_an_archived_page_nothing_is_deleted_nor_reacted_to(place) {
        let (ada, _, page) = two(&place).await;
        let (id, _) = place.post(&ada, page, "Hello").await;
        place.backend.archive_page(&ada, page, true).await.unwrap();
        let deleted = place.backend.delete_message(&ada, page, id).await;
        assert_eq!(refused(deleted), Refusal::Archived);
        let reacted = place.backend.react(&ada, page, id, emoji("👍"), true).await;
        assert_eq!(refused(reacted), Refusal::Archived);
    }

    async fn a_reaction_is_toggled_by_each_for_themselves(place) {
        let (ada, mila, page) = two(&place).await;
        let (id, _) = place.post(&ada, page, "Hello").await;
        place.post(&ada, page, "Another").await;
        let react = async |who: &Viewer, text: &str, on| {
            let message = place.backend.react(who, page, id, emoji(text), on).await.unwrap();
            (message.changed, reactions(&message))
        };
        assert_eq!(react(&mila, "👍", true).await, (3, vec![under("👍", &["Mila"])]));
        assert_eq!(react(&mila, "👍", true).await, (3, vec![under("👍", &["Mila"])]));
        let both = vec![under("👍", &["Mila", "Ada"])];
        assert_eq!(react(&ada, "👍", true).await, (4, both));
        let three = vec![under("👍", &["Mila", "Ada"]), under("🌻", &["Ada"])];
        assert_eq!(react(&ada, "🌻", true).await, (5, three.clone()));
        assert_eq!(reactions(&last_message(&place)), three);
        let lists = [
            all(&place, &mila, page).await,
            place.backend.messages_after(&mila, page, 0, 50).await.unwrap().messages,
            place.backend.messages_around(&mila, page, 1, 50).await.unwrap().messages,
            place.backend.room(&mila, page).await.unwrap().history.messages,
        ];
        for list in lists {
            let of: Vec<_> = list.iter().map(|m| (m.seq, m.reactions.len())).collect();
            assert!(of.contains(&(1, 2)) && of.contains(&(2, 0)), "{of:?}");
        }
        let rest = vec![under("👍", &["Ada"]), under("🌻", &["Ada"])];
        assert_eq!(react(&mila, "👍", false).await, (6, rest.clone()));
        assert_eq!(react(&mila, "👍", false).await, (6, rest));
        place.backend.rename_me(&ada, PersonName::parse("Ada L").unwrap()).await.unwrap();
        let room = place.backend.room(&mila, page).await.unwrap();
        let now = vec![under("👍", &["Ada L"]), under("🌻", &["Ada L"])];
        assert_eq!(reactions(&room.history.messages[0]), now);
    }

    async fn two_who_toggle_the_same_reaction_at_once_do_not_lose_each_other(place) {
        let (ada, mila, page) = two(&place).await;
        let (id, _) = place.post(&ada, page, "Hello").await;
        let (other, _) = node(&place.settings, &place.clock).await;
        let toggle = async |backend: &backend::Backend, who: &Viewer| {
            for n in 0..21 {
                backend.react(who, page, id, emoji("👍"), n % 2 == 0).await.unwrap();
            }
        };
        tokio::join!(toggle(&place.backend, &ada), toggle(&other, &mila));
        let message = all(&place, &ada, page).await.remove(0);
        assert_eq!(message.changed, 1 + 2 * 21);
        let mut people = reactions(&message).remove(0).1;
        people.sort();
        assert_eq!((message.reactions.len(), people), (1, vec!["Ada".to_owned(), "Mila".to_owned()]));
        other.stop().await;
    }

    async fn a_message_takes_twenty_different_reactions(place) {
        let (ada, mila, page) = two(&place).await;
        let (id, _) = place.post(&ada, page, "Hello").await;
        let faces: Vec<Emoji> = ('😀'..).take(21).map(|face| emoji(&face.to_string())).collect();
        for face in &faces[..20] {
            place.backend.react(&ada, page, id, face.clone(), true).await.unwrap();
        }
        let one_more = place.backend.react(&ada, page, id, faces[20].clone(), true).await;
        assert_eq!(refused(one_more).code(), "bad_request");
        let known = place.backend.react(&mila, page, id, faces[3].clone(), true).await;
        assert_eq!(known.unwrap().reactions[3].people.len(), 2);
        place.backend.react(&ada, page, id, faces[0].clone(), false).await.unwrap();
        place.backend.react(&mila, page, id, faces[20].clone(), true).await.unwrap();
    }

    async fn reacting_counts_as_posting(place) {
        let (ada, _, page) = two(&place).await;
        let (id, _) = place.post(&ada, page, "Hello").await;
        let mut settings = place.settings.clone();
        settings.post_rate = Rate::new(2, 1, 10);
        let (backend, _) = node(&settings, &place.clock).await;
        for on in [true, false] {
            backend.react(&ada, page, id, emoji("👍"), on).await.unwrap();
        }
        let third = backend.react(&ada, page, id, emoji("👍"), true).await;
        assert_eq!(refused(third), Refusal::TooMany { seconds: 10 });
        backend.stop().await;
    }

    async fn messages_around_one_of_them_stand_in_order(place) {
        let (ada, _, page) = two(&place).await;
        for n in 1..=20 {
            place.post(&ada, page, &format!("{n}")).await;
        }
        let around = async |seq, limit| {
            let around = place.backend.messages_around(&ada, page, seq, limit).await.unwrap();
            assert_eq!(around.counter, 20);
            let seqs: Vec<i64> = around.messages.iter().map(|m| m.seq).collect();
            (seqs, around.older, around.newer)
        };
        assert_eq!(around(10, 6).await, (vec![7, 8, 9, 10, 11, 12], true, true));
        assert_eq!(around(10, 1).await, (vec![10], true, true));
        assert_eq!(around(2, 6).await, (vec![1, 2, 3, 4], false, true));
        assert_eq!(around(20, 6).await, (vec![17, 18, 19, 20], true, false));
        assert_eq!(around(1, 40).await, ((1..=20).collect(), false, false));
        assert_eq!(around(99, 4).await, (vec![19, 20], true, false));
    }

    async fn to_strangers_none_of_it_is_there(place) {
        let (ada, _, page) = two(&place).await;
        let bo = place.person("Bo").await;
        let (id, _) = place.post(&ada, page, "Hello").await;
        let backend = &place.backend;
        let answer = Posting { reply: Some(id), ..Posting::plain(place.message_id(), body("x")) };
        let answers = [
            refused(backend.post_message(&bo, page, answer).await),
            refused(backend.delete_message(&bo, page, id).await),
            refused(backend.react(&bo, page, id, emoji("👍"), true).await),
            refused(backend.messages_around(&bo, page, 1, 50).await),
            refused(backend.message_info(&bo, page, id).await),
            refused(backend.mark(&bo, page, 1, 1).await),
        ];
        assert!(answers.iter().all(|refusal| *refusal == Refusal::NotFound), "{answers:?}");
    }
}
