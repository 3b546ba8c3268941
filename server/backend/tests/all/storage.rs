//! Images in a bucket, on a server that speaks S3: `STOA_TEST_S3` is `s3://bucket/prefix`, and `AWS_ENDPOINT` and its like
//! say where, as they do to the program. Without it there is nothing to test.

use crate::pictures;
use crate::support::{Place, node, refused};
use backend::{Backend, Clock, Random, Settings, StartError, Upload, Variant};
use domain::{ImageId, Refusal};
use futures::TryStreamExt;

fn bucket(place: &Place) -> Option<Settings> {
    let url = std::env::var("STOA_TEST_S3").ok()?;
    let endpoint = std::env::var("AWS_ENDPOINT").unwrap();
    let name = url.trim_start_matches("s3://").split('/').next().unwrap();
    // There already: fine.
    let _ = ureq::put(format!("{endpoint}/{name}")).send_empty();
    Some(Settings {
        storage_url: Some(url),
        ..place.settings.clone()
    })
}

on_both! {
    async fn images_are_kept_in_a_bucket_and_leave_it(place) {
        let Some(settings) = bucket(&place) else {
            return place.end().await;
        };
        let (backend, _) = node(&settings, &place.clock).await;
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        // Larger than what is read at once.
        let file = pictures::png(1500, 1400);
        let id = ImageId(place.message_id().0);
        let Upload::Wanted(mut incoming) = backend.begin_upload(&ada, page, id).await.unwrap() else {
            panic!("there is none yet");
        };
        incoming.write(&file).await.unwrap();
        let image = backend.take_upload(incoming, page, id).await.unwrap();
        assert_eq!(image.bytes, file.len() as i64);
        let kept = async |variant, range: Option<std::ops::Range<u64>>| {
            let found = backend.image_file(&ada, id, variant).await?;
            assert!(backend.image_size(&found).await? > 0);
            let opened = backend.open_image(&found, range).await?;
            let parts: Vec<_> = opened.bytes.try_collect().await.unwrap();
            backend::Result::Ok(parts.concat())
        };
        assert_eq!(kept(Variant::Original, None).await.unwrap(), file);
        assert_eq!(kept(Variant::Original, Some(5..9)).await.unwrap(), file[5..9]);
        for width in [320, 800] {
            let small = kept(Variant::Wide(width), None).await.unwrap();
            assert_eq!(image::load_from_memory(&small).unwrap().width(), width);
        }
        // Nothing of it lies here.
        assert!(!settings.data_dir.join("images/ab").exists());
        let found = backend.image_file(&ada, id, Variant::Original).await.unwrap();
        backend.discard_image(&ada, page, id).await.unwrap();
        backend.sweep_images().await.unwrap();
        assert_eq!(refused(kept(Variant::Original, None).await), Refusal::NotFound);
        assert!(backend.open_image(&found, None).await.is_err(), "the file itself is gone");
        backend.stop().await;
    }

    async fn a_bucket_that_is_not_there_is_said_at_the_start(place) {
        let Some(settings) = bucket(&place) else {
            return place.end().await;
        };
        let settings = Settings {
            storage_url: Some("s3://no-such-bucket".into()),
            ..settings
        };
        let started = Backend::start(settings, Clock::System, Random).await;
        match started.err() {
            Some(StartError::Setting(words)) => {
                assert!(words.starts_with("STOA_STORAGE_URL "), "{words}");
            }
            other => panic!("{other:?}"),
        }
    }
}
