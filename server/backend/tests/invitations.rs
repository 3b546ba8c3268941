//! Invitations on both databases: asked for, mailed, followed, accepted, and every way in which they end.

mod support;

use domain::{Event, InvitationState, InvitationView, InviteVerdict, Note, PageId, Refusal, Topic};
use support::{Place, Told, email, name, refused};

/// Invites and returns the mailed link's token, from the built-in mailbox.
async fn invited(place: &Place, by: &backend::Viewer, page: PageId, address: &str) -> String {
    let outcome = place
        .backend
        .invite(by, page, address, Note::default())
        .await
        .unwrap();
    assert_eq!(
        outcome.addresses,
        [(email(address), InviteVerdict::Invited)]
    );
    mailed(place, by, address).await
}

/// The token of the newest link that was mailed to this address.
async fn mailed(place: &Place, admin: &backend::Viewer, address: &str) -> String {
    let mails = place.backend.mailbox(admin).await.unwrap();
    let mail = mails
        .items
        .into_iter()
        .find(|mail| mail.to == address)
        .unwrap();
    let text = mail.text.unwrap();
    let (_, rest) = text.split_once("https://stoa.example/invite/").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

fn token(link: &str) -> String {
    link.strip_prefix("https://stoa.example/invite/")
        .unwrap()
        .to_owned()
}

const WEEK: i64 = backend::Backend::INVITATION_SECONDS;

on_both! {
    async fn an_invited_person_joins_with_account_membership_and_session(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        place.told.take();
        let accepted = place.backend.accept_invitation(&token, Some(name("Mila")), None, false).await.unwrap();
        assert_eq!(accepted.page.id, page);
        let mila = place.viewer(&accepted.session.unwrap()).await.unwrap();
        assert_eq!((mila.name.as_str(), mila.email.as_str(), mila.admin), ("Mila", "mila@stoa.example", false));
        assert!(place.backend.is_member(mila.account, page).await.unwrap());
        let told = place.told.all();
        assert!(told.iter().any(|t| matches!(t, Told::Event(Topic::Page(on), Event::Joined(m)) if *on == page && m.name == "Mila")));
        assert!(told.iter().any(|t| matches!(t, Told::Event(Topic::Account(a), Event::Added { page: p }) if *a == mila.account && p.id == page)));
        let list = place.backend.invitations(&ada, Some(page)).await.unwrap();
        assert!(matches!(&list[0].state, InvitationState::Joined { name, .. } if name == "Mila"));
    }

    async fn looking_at_a_link_changes_nothing(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        for _ in 0..3 {
            let view = place.backend.invitation_view(&token, None).await.unwrap();
            let InvitationView::Open { page_name, invited_by, email: to, members, known_name, signed_in_as, .. } = view else {
                panic!("{view:?}");
            };
            assert_eq!((page_name.as_str(), invited_by.as_str(), to), ("Garden", "Ada", email("mila@stoa.example")));
            assert_eq!(members, [(ada.account, "AD".to_owned())]);
            assert_eq!((known_name, signed_in_as), (None, None));
        }
        let list = place.backend.invitations(&ada, Some(page)).await.unwrap();
        assert_eq!(list[0].state, InvitationState::Kept);
    }

    async fn a_second_click_by_the_one_who_joined_is_the_page_and_by_others_nothing(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        let accepted = place.backend.accept_invitation(&token, Some(name("Mila")), None, false).await.unwrap();
        let mila = place.viewer(&accepted.session.unwrap()).await.unwrap();
        let view = place.backend.invitation_view(&token, Some(&mila)).await.unwrap();
        assert!(matches!(view, InvitationView::Member { page: p } if p.id == page));
        let again = place.backend.accept_invitation(&token, None, Some(&mila), false).await.unwrap();
        assert_eq!((again.page.id, again.session.is_none()), (page, true));
        let eve = place.person("Eve").await;
        assert_eq!(place.backend.invitation_view(&token, None).await.unwrap(), InvitationView::Gone);
        assert_eq!(place.backend.invitation_view(&token, Some(&eve)).await.unwrap(), InvitationView::Gone);
        for viewer in [None, Some(&eve)] {
            let used = place.backend.accept_invitation(&token, Some(name("Eve")), viewer, viewer.is_some()).await;
            assert_eq!(refused(used), Refusal::LinkUnknown);
        }
        assert!(!place.backend.is_member(eve.account, page).await.unwrap());
    }

    async fn expired_revoked_unknown_and_archived_links_let_nobody_in(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let accept = |token: String| {
            let backend = place.backend.clone();
            async move { refused(backend.accept_invitation(&token, Some(name("Mila")), None, false).await) }
        };
        assert_eq!(accept("nonsense".into()).await, Refusal::LinkUnknown);
        assert_eq!(place.backend.invitation_view("nonsense", None).await.unwrap(), InvitationView::Gone);
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        place.backend.archive_page(&ada, page, true).await.unwrap();
        assert_eq!(accept(token.clone()).await, Refusal::LinkUnknown);
        assert_eq!(place.backend.invitation_view(&token, None).await.unwrap(), InvitationView::Gone);
        place.backend.archive_page(&ada, page, false).await.unwrap();
        place.clock.advance(WEEK);
        assert_eq!(accept(token.clone()).await, Refusal::LinkExpired);
        assert_eq!(place.backend.invitation_view(&token, None).await.unwrap(), InvitationView::Expired);
        let list = place.backend.invitations(&ada, None).await.unwrap();
        assert_eq!(list[0].state, InvitationState::Expired);
        place.backend.revoke_invitation(&ada, list[0].id).await.unwrap();
        assert_eq!(accept(token.clone()).await, Refusal::LinkUnknown);
        assert_eq!(place.backend.invitation_view(&token, None).await.unwrap(), InvitationView::Gone);
        let list = place.backend.invitations(&ada, None).await.unwrap();
        assert_eq!(list[0].state, InvitationState::Revoked);
    }
}
