//! The files of images, with both databases: each kept once, freed when nobody uses it, and nothing left of what is refused.

use crate::pictures;
use crate::support::{node, refused};
use crate::uploads::{read, upload, upload_text};
use backend::{Backend, Settings, Upload, Variant, Viewer};
use domain::{Image, Refusal};

on_both! {
    async fn the_same_id_at_once_is_one_image(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (id, file) = (place.image_id(), pictures::jpeg(400, 300, 1));
        let uploads = (0..6).map(|_| upload(&place.backend, &ada, page, id, &file));
        let images = futures::future::join_all(uploads).await;
        for image in images {
            assert_eq!(image.unwrap().id, id);
        }
        place.backend.sweep_images().await.unwrap();
        assert_eq!(place.kept().len(), 2);
    }

    async fn the_same_picture_is_stored_once_and_freed_with_its_last_use(place) {
        let (ada, jon) = (place.admin().await, place.person("Jon").await);
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        place.join(other, &jon).await;
        let file = pictures::jpeg(900, 600, 1);
        // The same picture, whatever else came with it.
        let first = place.upload(&ada, page, &pictures::telling_jpeg(&file, 1)).await;
        let kept = place.kept();
        let second = place.upload(&jon, other, &file).await;
        assert_eq!(place.kept(), kept);
        let first = place.show(&ada, page, &[&first]).await;
        let second = place.show(&jon, other, &[&second]).await;

        place.backend.delete_message(&ada, page, first.id).await.unwrap();
        place.backend.sweep_images().await.unwrap();
        assert_eq!(place.kept(), kept, "somebody else shows it");
        let shown = read(&place.backend, &jon, second.images[0].id, Variant::Original).await;
        assert_eq!(shown.unwrap(), file);

        place.backend.delete_message(&jon, other, second.id).await.unwrap();
        place.backend.sweep_images().await.unwrap();
        assert!(place.kept().is_empty());
        // Again, as if it had never been there.
        let anew = place.upload(&ada, page, &file).await;
        assert_eq!(read(&place.backend, &ada, anew.id, Variant::Original).await.unwrap(), file);
    }

    async fn a_picture_that_is_sent_again_while_it_is_freed_is_there(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let file = pictures::jpeg(400, 300, 1);
        for _ in 0..20 {
            let image = place.upload(&ada, page, &file).await;
            let (discarded, again) = tokio::join!(
                async {
                    place.backend.discard_image(&ada, page, image.id).await.unwrap();
                    place.backend.sweep_images().await
                },
                place.upload(&ada, page, &file),
            );
            discarded.unwrap();
            place.backend.sweep_images().await.unwrap();
            assert_eq!(read(&place.backend, &ada, again.id, Variant::Original).await.unwrap(), file);
            place.backend.discard_image(&ada, page, again.id).await.unwrap();
        }
    }

    async fn what_was_never_sent_goes_after_a_day(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let sent = place.upload(&ada, page, &pictures::jpeg(40, 30, 1)).await;
        let unsent = place.upload(&ada, page, &pictures::jpeg(40, 30, 2)).await;
        place.show(&ada, page, &[&sent]).await;
        place.clock.advance(24 * 3600 - 1);
        place.backend.sweep_images().await.unwrap();
        assert_eq!(place.kept().len(), 2);
        place.clock.advance(1);
        place.backend.sweep_images().await.unwrap();
        assert_eq!(place.kept().len(), 1);
        let gone = read(&place.backend, &ada, unsent.id, Variant::Original).await;
        assert_eq!(refused(gone), Refusal::NotFound);
        read(&place.backend, &ada, sent.id, Variant::Original).await.unwrap();
        // Its id may be used again: the browser still has the file.
        upload(&place.backend, &ada, page, unsent.id, &pictures::jpeg(40, 30, 2)).await.unwrap();
    }

    async fn a_discarded_one_is_gone_and_a_sent_one_stays(place) {
        let (ada, jon) = (place.admin().await, place.person("Jon").await);
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &jon).await;
        let image = place.upload(&ada, page, &pictures::jpeg(40, 30, 1)).await;
        let discard = async |by: &Viewer| place.backend.discard_image(by, page, image.id).await;
        discard(&jon).await.unwrap();
        read(&place.backend, &ada, image.id, Variant::Original).await.unwrap();
        discard(&ada).await.unwrap();
        discard(&ada).await.unwrap();
        place.backend.sweep_images().await.unwrap();
        assert!(place.kept().is_empty());
        let sent = place.upload(&ada, page, &pictures::jpeg(40, 30, 1)).await;
        place.show(&ada, page, &[&sent]).await;
        place.backend.discard_image(&ada, page, sent.id).await.unwrap();
        read(&place.backend, &ada, sent.id, Variant::Original).await.unwrap();
    }

    async fn a_deleted_page_takes_its_images_with_it(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        let both = pictures::jpeg(40, 30, 1);
        for (page, file) in [(page, &both), (page, &pictures::jpeg(40, 30, 2)), (other, &both)] {
            let image = place.upload(&ada, page, file).await;
            place.show(&ada, page, &[&image]).await;
        }
        place.upload(&ada, page, &pictures::jpeg(40, 30, 3)).await;
        assert_eq!(place.kept().len(), 3);
        place.backend.delete_page(&ada, page, "Garden").await.unwrap();
        place.backend.sweep_images().await.unwrap();
        assert_eq!(place.kept().len(), 1, "what the other page shows");
    }

    async fn quotas_count_what_is_kept(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let other = place.page(&ada, "Kitchen").await.id;
        let file = pictures::jpeg(300, 200, 1);
        let room = 2 * file.len() as u64 + 100;
        let settings = Settings { image_quota_page: Some(room), ..place.settings.clone() };
        let (small_pages, _) = node(&settings, &place.clock).await;
        let send = async |backend: &Backend, page, seed| {
            upload(backend, &ada, page, place.image_id(), &pictures::jpeg(300, 200, seed)).await
        };
        send(&small_pages, page, 1).await.unwrap();
        send(&small_pages, page, 1).await.unwrap();
        let full = send(&small_pages, page, 1).await;
        assert_eq!(refused(full), Refusal::page_full(room), "it counts each time");
        let image = send(&small_pages, other, 1).await.unwrap();
        small_pages.discard_image(&ada, other, image.id).await.unwrap();
        small_pages.stop().await;

        let settings = Settings { image_quota: Some(room), ..place.settings.clone() };
        let (small_place, _) = node(&settings, &place.clock).await;
        // However often it is there, it is kept once.
        for _ in 0..3 {
            send(&small_place, other, 1).await.unwrap();
        }
        send(&small_place, other, 2).await.unwrap();
        assert_eq!(refused(send(&small_place, other, 3).await), Refusal::StorageFull);
        assert_eq!(place.kept().len(), 2, "nothing of what was refused");
        let pages = place.backend.page_summaries(&ada).await.unwrap();
        let garden = pages.iter().find(|it| it.page.id == page).unwrap();
        assert_eq!(garden.image_bytes, 2 * file.len() as i64);
        small_place.stop().await;
    }

    async fn hostile_files_leave_nothing(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        for file in [
            pictures::promising_png(50_000, 50_000),
            pictures::promising_png(8_000, 8_000),
            pictures::jpeg(300, 200, 1)[..2_000].to_vec(),
            b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".to_vec(),
            b"<!DOCTYPE html><script>alert(1)</script>".to_vec(),
            pictures::long_gif(10_000),
            Vec::new(),
        ] {
            let by_file = upload(&place.backend, &ada, page, place.image_id(), &file).await;
            let by_text = upload_text(&place.backend, &ada, page, place.image_id(), &file).await;
            assert_eq!(refused(by_file), refused(by_text));
        }
        // A picture and a page of a site in one: only the picture is kept.
        let mut both = pictures::telling_jpeg(&pictures::jpeg(40, 30, 1), 1);
        both.extend(b"<html><script>alert(1)</script></html>");
        let image = place.upload(&ada, page, &both).await;
        let kept = read(&place.backend, &ada, image.id, Variant::Original).await.unwrap();
        assert!(!pictures::holds(&kept, b"script"));
        assert!(place.left().is_empty());
        assert_eq!(place.kept().len(), 1);
    }

    async fn too_much_is_refused_while_it_comes(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let Upload::Wanted(mut incoming) =
            place.backend.begin_upload(&ada, page, place.image_id()).await.unwrap()
        else {
            panic!("there is none yet");
        };
        let part = vec![0; 1024 * 1024];
        for _ in 0..25 {
            incoming.write(&part).await.unwrap();
        }
        assert_eq!(place.left().len(), 1);
        let max = Image::MAX_BYTES as usize;
        assert_eq!(refused(incoming.write(&[0]).await), Refusal::ImageTooLarge { max });
        drop(incoming);
        assert!(place.left().is_empty(), "also when the line is cut");
    }

    async fn a_start_clears_what_an_end_has_left(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let image = place.upload(&ada, page, &pictures::jpeg(40, 30, 1)).await;
        let folder = place.settings.data_dir.join("images").join("ab");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("abc#1"), b"half").unwrap();
        std::fs::write(place.settings.data_dir.join("incoming/half"), b"half").unwrap();
        let (again, _) = node(&place.settings, &place.clock).await;
        assert!(place.left().is_empty());
        assert_eq!(place.kept().len(), 1);
        read(&again, &ada, image.id, Variant::Original).await.unwrap();
        again.stop().await;
    }
}
