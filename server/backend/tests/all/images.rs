//! Images on both databases: taken, sent with messages, seen by members.

use crate::pictures;
use crate::support::{Told, body, refused};
use crate::uploads::{alt, read, upload, upload_text};
use backend::{Posting, Variant, Viewer};
use domain::{Caption, Event, Image, ImageAlt, ImageId, ImageKind, PageImage, Refusal};

on_both! {
    async fn an_upload_is_kept_with_its_thumbnails_and_told_as_it_is(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let file = pictures::jpeg(1000, 500, 1);
        let image = place.upload(&ada, page, &file).await;
        assert_eq!((image.kind, image.width, image.height), (ImageKind::Jpeg, 1000, 500));
        assert_eq!(image.bytes, file.len() as i64);
        assert!(!image.blur.is_empty() && !image.animated && image.alt.is_empty());
        assert_eq!(read(&place.backend, &ada, image.id, Variant::Original).await.unwrap(), file);
        for width in [320, 800] {
            let small = read(&place.backend, &ada, image.id, Variant::Wide(width)).await.unwrap();
            let small = image::load_from_memory(&small).unwrap();
            assert_eq!((small.width(), small.height()), (width, width / 2));
        }
        // Of what is wider than the image there is nothing better than the image.
        let whole = read(&place.backend, &ada, image.id, Variant::Wide(1600)).await.unwrap();
        assert_eq!(whole, file);
        assert_eq!(place.kept().len(), 3);
        assert!(place.left().is_empty());
    }

    async fn uploading_the_same_id_again_is_one_image(place) {
        let (ada, jon) = (place.admin().await, place.person("Jon").await);
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        place.join(page, &jon).await;
        let image = place.upload(&ada, page, &pictures::jpeg(50, 40, 1)).await;
        // Whatever comes with it.
        let again = upload(&place.backend, &ada, page, image.id, b"nonsense").await;
        assert_eq!(again.unwrap(), image);
        let taken = upload(&place.backend, &jon, page, image.id, b"nonsense").await;
        assert_eq!(refused(taken), Refusal::IdTaken);
        let taken = upload(&place.backend, &ada, other, image.id, b"nonsense").await;
        assert_eq!(refused(taken), Refusal::IdTaken);
        let message = place.show(&ada, page, &[&image]).await;
        let sent = upload(&place.backend, &ada, page, image.id, b"nonsense").await;
        assert_eq!(sent.unwrap().id, message.images[0].id);
    }

    async fn an_album_stands_in_its_order_with_its_words(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let mut images = Vec::new();
        for seed in 0..3 {
            images.push(place.upload(&ada, page, &pictures::jpeg(40 + seed, 30, seed)).await);
        }
        let id = place.message_id();
        let posting = Posting {
            images: vec![alt(&images[2], " a\nhedge "), alt(&images[0], ""), alt(&images[1], "a gate")],
            ..Posting::plain(id, body("Look"))
        };
        let seq = place.backend.post_message(&ada, page, posting.clone()).await.unwrap();
        let again = place.backend.post_message(&ada, page, posting).await.unwrap();
        assert_eq!(again, seq, "the same message again");
        let history = place.backend.messages_before(&ada, page, None, 50).await.unwrap();
        let shown = &history.messages[0].images;
        let order: Vec<ImageId> = shown.iter().map(|image| image.id).collect();
        assert_eq!(order, [images[2].id, images[0].id, images[1].id]);
        let words: Vec<&str> = shown.iter().map(|image| &*image.alt).collect();
        assert_eq!(words, ["a hedge", "", "a gate"]);
        // The same for everybody who is told.
        let told = place.told.all();
        let told = told.iter().find_map(|told| match told {
            Told::Event(_, Event::Message(message)) => Some(message),
            _ => None,
        });
        assert_eq!(told, Some(&history.messages[0]));
        let gallery = place.backend.page_images(&ada, page, None, 50).await.unwrap();
        let newest: Vec<&Image> = gallery.iter().map(|it| &it.image).rev().collect();
        assert_eq!(newest, shown.iter().collect::<Vec<_>>());
        let PageImage { message, seq: number, author, ref author_name, at, .. } = gallery[0];
        assert_eq!((message, number, author, author_name), (id, seq, ada.account, &ada.name));
        assert_eq!(at, place.clock.now());
    }

    async fn an_image_is_sent_once(place) {
        let (ada, jon) = (place.admin().await, place.person("Jon").await);
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        place.join(page, &jon).await;
        let image = place.upload(&ada, page, &pictures::jpeg(40, 30, 1)).await;
        let send = async |by: &Viewer, page, images: Vec<ImageAlt>| {
            let posting = Posting { images, ..Posting::plain(place.message_id(), body("x")) };
            place.backend.post_message(by, page, posting).await
        };
        assert_eq!(refused(send(&jon, page, vec![alt(&image, "")]).await), Refusal::NotFound);
        assert_eq!(refused(send(&ada, other, vec![alt(&image, "")]).await), Refusal::NotFound);
        let twice = vec![alt(&image, ""), alt(&image, "")];
        assert_eq!(refused(send(&ada, page, twice).await), Refusal::NotFound);
        let long = vec![alt(&image, &"x".repeat(1_001))];
        assert_eq!(refused(send(&ada, page, long).await), Refusal::TooLong { max: 1_000 });
        let many = vec![alt(&image, ""); 31];
        assert_eq!(refused(send(&ada, page, many).await), Refusal::TooManyImages { max: 30 });
        send(&ada, page, vec![alt(&image, "")]).await.unwrap();
        assert_eq!(refused(send(&ada, page, vec![alt(&image, "")]).await), Refusal::NotFound);
        // Nothing of the refused ones is there, nor has it taken a number.
        let history = place.backend.messages_before(&ada, page, None, 50).await.unwrap();
        assert_eq!((history.messages.len(), history.counter), (1, 1));
    }

    async fn a_message_says_something_or_shows_something(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let nothing = Posting { body: Caption::default(), ..Posting::plain(place.message_id(), body("x")) };
        let nothing = place.backend.post_message(&ada, page, nothing).await;
        assert_eq!(refused(nothing), Refusal::Empty);
        let image = place.upload(&ada, page, &pictures::jpeg(40, 30, 1)).await;
        let shown = place.show(&ada, page, &[&image]).await;
        assert_eq!((&*shown.body, shown.images.len()), ("", 1));
        let edit = async |id, text: &str| {
            let text = Caption::parse(text).unwrap();
            place.backend.edit_message(&ada, page, id, text, Vec::new()).await
        };
        let said = edit(shown.id, "The gate").await.unwrap();
        assert_eq!((&*said.body, &said.images), ("The gate", &shown.images));
        assert_eq!(edit(shown.id, "").await.unwrap().body, "");
        let (text, _) = place.post(&ada, page, "Hello").await;
        assert_eq!(refused(edit(text, "").await), Refusal::Empty);
    }

    async fn a_quote_and_the_list_of_pages_count_the_images(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let first = place.upload(&ada, page, &pictures::jpeg(40, 30, 1)).await;
        let second = place.upload(&ada, page, &pictures::jpeg(40, 30, 2)).await;
        let shown = place.show(&ada, page, &[&first, &second]).await;
        let listing = place.backend.my_pages(&ada).await.unwrap().remove(0);
        assert_eq!((listing.last, listing.last_images), (Some((ada.name.clone(), String::new())), 2));
        let answer = Posting { reply: Some(shown.id), ..Posting::plain(place.message_id(), body("x")) };
        place.backend.post_message(&ada, page, answer).await.unwrap();
        let quoted = async || {
            let history = place.backend.messages_before(&ada, page, None, 1).await.unwrap();
            history.messages[0].reply.as_ref().unwrap().images
        };
        assert_eq!(quoted().await, 2);
        place.backend.delete_message(&ada, page, shown.id).await.unwrap();
        assert_eq!(quoted().await, 0);
        assert_eq!(place.backend.my_pages(&ada).await.unwrap()[0].last_images, 0);
    }

    async fn only_members_see_it_and_an_unsent_one_only_its_sender(place) {
        let (ada, jon) = (place.admin().await, place.person("Jon").await);
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        place.join(page, &jon).await;
        place.join(other, &mila).await;
        let image = place.upload(&jon, page, &pictures::jpeg(400, 300, 1)).await;
        let see = async |by: &Viewer| {
            for variant in [Variant::Original, Variant::Wide(320)] {
                read(&place.backend, by, image.id, variant).await?;
            }
            backend::Result::Ok(())
        };
        see(&jon).await.unwrap();
        assert_eq!(refused(see(&ada).await), Refusal::NotFound, "not sent yet");
        let message = place.show(&jon, page, &[&image]).await;
        see(&ada).await.unwrap();
        assert_eq!(refused(see(&mila).await), Refusal::NotFound, "of another page");
        let gallery = place.backend.page_images(&mila, page, None, 9).await;
        assert_eq!(refused(gallery), Refusal::NotFound);
        let strange = upload(&place.backend, &mila, page, place.image_id(), b"x").await;
        assert_eq!(refused(strange), Refusal::NotFound);

        place.backend.remove_member(&ada, page, jon.account).await.unwrap();
        assert_eq!(refused(see(&jon).await), Refusal::NotFound, "removed, though it is theirs");
        place.join(page, &jon).await;
        place.backend.delete_message(&ada, page, message.id).await.unwrap();
        for viewer in [&ada, &jon] {
            assert_eq!(refused(see(viewer).await), Refusal::NotFound, "deleted");
        }
        assert!(place.backend.page_images(&ada, page, None, 9).await.unwrap().is_empty());
        let unknown = read(&place.backend, &ada, place.image_id(), Variant::Original).await;
        assert_eq!(refused(unknown), Refusal::NotFound);
    }

    async fn an_archived_page_takes_nothing(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let image = place.upload(&ada, page, &pictures::jpeg(40, 30, 1)).await;
        place.show(&ada, page, &[&image]).await;
        place.backend.archive_page(&ada, page, true).await.unwrap();
        let late = upload(&place.backend, &ada, page, place.image_id(), b"x").await;
        assert_eq!(refused(late), Refusal::Archived);
        read(&place.backend, &ada, image.id, Variant::Original).await.unwrap();
    }

    async fn what_comes_as_text_is_taken_like_a_file(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let file = pictures::gif(30, 20, 3);
        let id = place.image_id();
        let image = upload_text(&place.backend, &ada, page, id, &file).await.unwrap();
        assert_eq!((image.id, image.kind, image.animated), (id, ImageKind::Gif, true));
        assert_eq!(read(&place.backend, &ada, id, Variant::Original).await.unwrap(), file);
        let again = upload_text(&place.backend, &ada, page, id, b"").await;
        assert_eq!(again.unwrap(), image);
    }

    async fn the_gallery_goes_back_by_messages(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let mut sent = Vec::new();
        for count in [1, 3, 2, 4] {
            let mut images = Vec::new();
            for at in 0..count {
                images.push(place.upload(&ada, page, &pictures::jpeg(20 + at, 20, count)).await);
            }
            let shown = place.show(&ada, page, &images.iter().collect::<Vec<_>>()).await;
            sent.extend(shown.images.into_iter().map(|image| image.id));
        }
        sent.reverse();
        let (mut walked, mut before) = (Vec::new(), None);
        loop {
            let part = place.backend.page_images(&ada, page, before, 3).await.unwrap();
            let Some(last) = part.last() else { break };
            assert!(part.len() >= 3 || last.seq == 1);
            before = Some(last.seq);
            walked.extend(part.into_iter().map(|it| it.image.id));
        }
        assert_eq!(walked, sent);
    }
}
