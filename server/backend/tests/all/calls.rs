//! What is remembered of calls, on both databases: who may be in one, and the line in the log.

use crate::support::{Told, body, refused};
use backend::Posting;
use domain::{
    Call, CallId, CallLog, Caller, Event, MessageId, Refusal, SessionId, Timestamp, Topic,
};
use uuid::Uuid;

const CALL: CallId = CallId(Uuid::from_u128(0x0193_2d3c_5a00_7b1c_8f00_0000_0000_0001));
const LOG: CallLog = CallLog {
    seconds: 720,
    people: 4,
};

on_both! {
    async fn members_may_call_and_strangers_find_nothing(place) {
        let ada = place.admin().await;
        let (mila, jon) = (place.person("Mila").await, place.person("Jon").await);
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        let backend = &place.backend;
        assert_eq!(backend.may_call(&mila, page).await.unwrap(), "Garden");
        assert_eq!(refused(backend.may_call(&jon, page).await), Refusal::NotFound);
        backend.may_manage_call(&ada, page).await.unwrap();
        assert_eq!(refused(backend.may_manage_call(&mila, page).await), Refusal::AdminsOnly);
        assert_eq!(refused(backend.may_manage_call(&jon, page).await), Refusal::NotFound);
        backend.archive_page(&ada, page, true).await.unwrap();
        assert_eq!(refused(backend.may_call(&mila, page).await), Refusal::Archived);
    }

    async fn the_log_keeps_a_call_once(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        place.told.take();
        for _ in 0..2 {
            place.backend.log_call(CALL, page, mila.account, LOG).await.unwrap();
        }
        let [Told::Event(Topic::Page(on), Event::Message(told))] = &place.told.take()[..] else {
            panic!("one event is told");
        };
        assert_eq!((*on, told.call, told.author), (page, Some(LOG), mila.account));
        let history = place.backend.messages_before(&ada, page, None, 50).await.unwrap();
        assert_eq!(history.messages.last(), Some(told));
        assert_eq!(history.counter, told.seq);
        let line = MessageId(CALL.0);
        let edited = place.backend.edit_message(&mila, page, line, body("Not so"), vec![]).await;
        assert!(matches!(refused(edited), Refusal::BadRequest(_)));
        // An admin may take it back like anything else; then it says nothing any more.
        let deleted = place.backend.delete_message(&ada, page, line).await.unwrap();
        assert_eq!((deleted.deleted, deleted.call), (true, None));
        let next = Posting::plain(MessageId(Uuid::from_u128(5)), body("Hello"));
        assert_eq!(place.backend.post_message(&mila, page, next).await.unwrap(), told.seq + 1 + 1);
    }

    async fn who_opens_the_list_finds_the_calls_in_it(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let caller = Caller {
            session: SessionId(Uuid::from_u128(7)),
            account: ada.account,
            name: ada.name.clone(),
            muted: true,
            camera: false,
            screen: false,
            hand: None,
            away: false,
        };
        let mut call = Call {
            id: CALL,
            page,
            version: 1,
            since: Timestamp(0),
            callers: vec![caller],
            speaker: None,
        };
        place.told.take();
        place.backend.tell_call(call.clone());
        assert_eq!(place.told.take(), [Told::Event(Topic::Page(page), Event::Call(call.clone()))]);
        assert_eq!(place.backend.my_pages(&ada).await.unwrap()[0].in_call, 1);
        call.callers.clear();
        place.backend.tell_call(call);
        place.backend.log_call(CALL, page, ada.account, LOG).await.unwrap();
        let listing = place.backend.my_pages(&ada).await.unwrap().remove(0);
        assert_eq!(listing.in_call, 0);
        // In nobody's name.
        assert_eq!(listing.last, Some((String::new(), "Call, 12 min, 4 people".into())));
        place.backend.delete_message(&ada, page, MessageId(CALL.0)).await.unwrap();
        let listing = place.backend.my_pages(&ada).await.unwrap().remove(0);
        assert_eq!(listing.last, Some((ada.name.clone(), String::new())));
    }

    async fn only_those_who_are_online_are_rung(place) {
        let ada = place.admin().await;
        let (mila, jon) = (place.person("Mila").await, place.person("Jon").await);
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        place.join(page, &jon).await;
        let _online = [ada.account, mila.account].map(|account| place.backend.come_online(account));
        place.told.take();
        let rung = place.backend.ring(&ada, CALL, page, "Garden".into()).await.unwrap();
        assert_eq!(rung, [mila.account]);
        let ringing = Event::Ringing {
            call: CALL,
            page,
            page_name: "Garden".into(),
            by: ada.name.clone(),
        };
        place.backend.quiet(CALL, rung);
        let told = place.told.take();
        let mine: Vec<&Told> = told.iter().filter(|told| matches!(told, Told::Event(Topic::Account(_), _))).collect();
        assert_eq!(mine, [
            &Told::Event(Topic::Account(mila.account), ringing),
            &Told::Event(Topic::Account(mila.account), Event::Quiet { call: CALL }),
        ]);
    }
}
