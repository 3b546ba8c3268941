//! The first start on both databases.

use crate::support::{Place, email, name, node, page_name, refused};
use domain::Refusal;

async fn token(place: &Place) -> String {
    let link = place.backend.setup_link().await.unwrap().unwrap();
    let token = link.strip_prefix("https://stoa.example/setup/").unwrap();
    token.to_owned()
}

on_both! {
    async fn a_setup_link_works_once(place) {
        assert_eq!(place.backend.place_name().await.unwrap(), None);
        let token = token(&place).await;
        place.backend.check_setup(&token).await.unwrap();
        place.backend.check_setup(&token).await.unwrap();
        let set_up = async |token: &str| {
            let (called, ada, mail) = (page_name("Our place"), name("Ada"), email("ada@stoa.example"));
            place.backend.set_up(token, called, ada, mail).await
        };
        assert_eq!(refused(set_up("something else").await), Refusal::LinkUnknown);
        let session = set_up(&token).await.unwrap();
        let ada = place.viewer(&session).await.unwrap();
        assert_eq!((ada.name.as_str(), ada.email.as_str(), ada.admin), ("Ada", "ada@stoa.example", true));
        assert_eq!(place.backend.place_name().await.unwrap().unwrap(), "Our place");
        assert_eq!(refused(set_up(&token).await), Refusal::SetUpAlready);
        assert_eq!(refused(place.backend.check_setup(&token).await), Refusal::SetUpAlready);
        assert_eq!(place.backend.setup_link().await.unwrap(), None);
    }

    async fn a_new_setup_link_ends_the_one_before(place) {
        let first = token(&place).await;
        let second = token(&place).await;
        assert_eq!(refused(place.backend.check_setup(&first).await), Refusal::LinkUnknown);
        place.backend.check_setup(&second).await.unwrap();
    }

    async fn of_two_who_set_up_at_once_one_does(place) {
        let token = token(&place).await;
        let set_up = async |person: &str| {
            let mail = email(&format!("{person}@stoa.example"));
            place.backend.set_up(&token, page_name("Ours"), name(person), mail).await
        };
        let (ada, bo) = tokio::join!(set_up("ada"), set_up("bo"));
        assert!(ada.is_ok() != bo.is_ok(), "{ada:?} {bo:?}");
    }

    async fn a_place_remembers_its_name_and_starts_again(place) {
        place.admin().await;
        place.backend.ready().await.unwrap();
        place.backend.stop().await;
        let (again, _) = node(&place.settings, &place.clock).await;
        assert_eq!(again.place_name().await.unwrap().unwrap(), "Our place");
        again.stop().await;
        assert!(again.ready().await.is_err());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_data_directory_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::sqlite().await;
    let mode = std::fs::metadata(&place.settings.data_dir)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    place.end().await;
}

#[tokio::test]
async fn a_wrong_setting_is_named_when_the_start_fails() {
    let place = Place::sqlite().await;
    let start = async |change: fn(&mut backend::Settings)| {
        let mut settings = place.settings.clone();
        change(&mut settings);
        let started = backend::Backend::start(settings, place.clock.clone(), backend::Random).await;
        started.err().unwrap().to_string()
    };
    let database = start(|s| s.database_url = Some(backend::Secret::new("mysql://x".into()))).await;
    assert!(database.contains("STOA_DATABASE_URL"), "{database}");
    let broker = start(|s| s.mqtt_url = Some(backend::Secret::new("amqp://x".into()))).await;
    assert!(broker.contains("STOA_MQTT_URL"), "{broker}");
    let dir = start(|s| s.data_dir = "/dev/null/stoa".into()).await;
    assert!(dir.contains("STOA_DATA_DIR"), "{dir}");
    place.end().await;
}
