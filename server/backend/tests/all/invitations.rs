//! Invitations on both databases: asked for, mailed, followed, accepted, and every way in which they end.

use crate::support;
use crate::support::{Place, Told, email, invite_one, name, refused};
use domain::{Event, InvitationState, InvitationView, PageId, Refusal, Topic};

/// Invites and returns the mailed link's token, from the built-in mailbox.
async fn invited(place: &Place, by: &backend::Viewer, page: PageId, address: &str) -> String {
    invite_one(&place.backend, by, page, address).await;
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
            assert_eq!(members, [(ada.account, "Ad".to_owned())]);
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

on_both! {
    async fn two_who_use_one_link_at_once_make_one_account_and_one_membership(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        let (other, _) = support::node(&place.settings, &place.clock).await;
        let mut joining = Vec::new();
        for n in 0..8 {
            let backend = if n % 2 == 0 { place.backend.clone() } else { other.clone() };
            let token = token.clone();
            joining.push(tokio::spawn(async move {
                backend.accept_invitation(&token, Some(name("Mila")), None, false).await
            }));
        }
        let mut joined = 0;
        for answer in joining {
            match answer.await.unwrap() {
                Ok(_) => joined += 1,
                refusal => assert_eq!(refused(refusal), Refusal::LinkUnknown),
            }
        }
        assert_eq!(joined, 1);
        let people = place.backend.people(&ada).await.unwrap();
        let milas: Vec<_> = people.iter().filter(|p| p.email == "mila@stoa.example").collect();
        assert_eq!((milas.len(), milas[0].pages.len()), (1, 1));
        other.stop().await;
    }

    async fn two_pages_joined_at_once_by_one_address_make_one_account(place) {
        let ada = place.admin().await;
        let garden = place.page(&ada, "Garden").await.id;
        let kitchen = place.page(&ada, "Kitchen").await.id;
        let one = invited(&place, &ada, garden, "mila@stoa.example").await;
        place.clock.advance(1);
        let two = invited(&place, &ada, kitchen, "mila@stoa.example").await;
        let (other, _) = support::node(&place.settings, &place.clock).await;
        let (one, two) = tokio::join!(
            place.backend.accept_invitation(&one, Some(name("Mila")), None, false),
            other.accept_invitation(&two, Some(name("Mila")), None, false),
        );
        let sessions = [one.unwrap().session.unwrap(), two.unwrap().session.unwrap()];
        let (one, two) = (place.viewer(&sessions[0]).await.unwrap(), place.viewer(&sessions[1]).await.unwrap());
        assert_eq!(one.account, two.account);
        other.stop().await;
    }

    async fn an_account_of_the_invited_address_joins_under_its_own_name(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let mila = place.person("Mila").await;
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        let view = place.backend.invitation_view(&token, Some(&mila)).await.unwrap();
        assert!(matches!(view, InvitationView::Open { known_name: Some(name), signed_in_as: None, .. } if name == "Mila"));
        let accepted = place.backend.accept_invitation(&token, Some(name("Impostor")), Some(&mila), false).await.unwrap();
        assert!(accepted.session.is_none(), "the viewer's own goes on");
        let member = place.backend.room(&mila, page).await.unwrap().members;
        assert!(member.iter().any(|m| m.account == mila.account && m.name == "Mila"));
    }

    async fn signed_in_as_somebody_else_one_may_stay_or_switch(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let ben = place.person("Ben").await;
        let stay = invited(&place, &ada, page, "mila@stoa.example").await;
        let view = place.backend.invitation_view(&stay, Some(&ben)).await.unwrap();
        assert!(matches!(view, InvitationView::Open { signed_in_as: Some(who), .. } if who.account == ben.account));
        let unknown = place.backend.accept_invitation(&stay, None, None, true).await;
        assert_eq!(refused(unknown), Refusal::SignedOut);
        let accepted = place.backend.accept_invitation(&stay, None, Some(&ben), true).await.unwrap();
        assert!(accepted.session.is_none());
        assert!(place.backend.is_member(ben.account, page).await.unwrap());
        let cleo = place.person("Cleo").await;
        let switch = invited(&place, &ada, page, "dan@stoa.example").await;
        let accepted = place.backend.accept_invitation(&switch, Some(name("Dan")), Some(&cleo), false).await.unwrap();
        let dan = place.viewer(&accepted.session.unwrap()).await.unwrap();
        assert_eq!(dan.name, "Dan");
        assert!(!place.backend.is_member(cleo.account, page).await.unwrap());
    }

    async fn a_disabled_account_does_not_come_back_by_an_invitation(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let mila = place.person("Mila").await;
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        place.backend.set_disabled(&ada, mila.account, true).await.unwrap();
        assert_eq!(place.backend.invitation_view(&token, None).await.unwrap(), InvitationView::Gone);
        let joined = place.backend.accept_invitation(&token, Some(name("Mila")), None, false).await;
        assert_eq!(refused(joined), Refusal::LinkUnknown);
        let stayed = place.backend.accept_invitation(&token, None, Some(&mila), true).await;
        assert_eq!(refused(stayed), Refusal::SignedOut);
        // The link was not used up by those who were refused.
        place.backend.set_disabled(&ada, mila.account, false).await.unwrap();
        place.backend.accept_invitation(&token, None, None, false).await.unwrap();
    }

    async fn a_newcomer_needs_a_name_and_the_link_goes_on_working_without(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        let nameless = place.backend.accept_invitation(&token, None, None, false).await;
        assert_eq!(refused(nameless), Refusal::Name { max: 80 });
        place.backend.accept_invitation(&token, Some(name("Mila")), None, false).await.unwrap();
    }

    async fn whoever_is_on_the_page_goes_straight_to_it_and_uses_nothing_up(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        let view = place.backend.invitation_view(&token, Some(&ada)).await.unwrap();
        assert!(matches!(view, InvitationView::Member { .. }));
        let accepted = place.backend.accept_invitation(&token, None, Some(&ada), true).await.unwrap();
        assert!(accepted.session.is_none());
        place.backend.accept_invitation(&token, Some(name("Mila")), None, false).await.unwrap();
    }

    async fn the_token_itself_is_not_in_the_database(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let token = invited(&place, &ada, page, "mila@stoa.example").await;
        assert_eq!(token.len(), 43, "256 bits");
        let hash = backend::Secret::new(token).hash();
        let found = place.sql(|db| db.query("DELETE FROM invitation_links WHERE hash = $1").bytes(&hash)).await;
        assert_eq!(found, 1);
    }

    async fn a_copied_link_lets_newcomers_in_but_nobody_as_somebody_else(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let mila = place.person("Mila").await;
        let mailed = invited(&place, &ada, page, "mila@stoa.example").await;
        invited(&place, &ada, page, "ben@stoa.example").await;
        let list = place.backend.invitations(&ada, Some(page)).await.unwrap();
        let mut copied = Vec::new();
        for address in ["mila@stoa.example", "ben@stoa.example"] {
            let id = list.iter().find(|i| i.email == email(address)).unwrap().id;
            let link = place.backend.copy_invitation_link(&ada, id).await.unwrap();
            copied.push(link.rsplit('/').next().unwrap().to_owned());
        }
        let eve = place.person("Eve").await;
        for viewer in [None, Some(&eve)] {
            let as_mila = place.backend.accept_invitation(&copied[0], Some(name("Mila")), viewer, false).await;
            assert_eq!(refused(as_mila), Refusal::SignedOut);
        }
        let as_ben = place.backend.accept_invitation(&copied[1], Some(name("Ben")), None, false).await.unwrap();
        assert_eq!(place.viewer(&as_ben.session.unwrap()).await.unwrap().name, "Ben");
        let as_mila = place.backend.accept_invitation(&copied[0], None, Some(&mila), false).await.unwrap();
        assert!(as_mila.session.is_none());
        assert_eq!(refused(place.backend.accept_invitation(&mailed, None, None, false).await), Refusal::LinkUnknown);
    }
}
