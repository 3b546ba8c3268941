//! What the inviter does: whom an invitation reaches, again, by hand, taken back, and how often.

use crate::support::{Place, email, name, refused};
use backend::{Backend, Viewer};
use domain::{InvitationState, InvitationView, InviteVerdict, Note, PageId, PageRole, Refusal};

const WEEK: i64 = Backend::INVITATION_SECONDS;

async fn invite(place: &Place, by: &Viewer, page: PageId, addresses: &str) -> Vec<InviteVerdict> {
    let outcome = place
        .backend
        .invite(by, page, addresses, Note::default())
        .await
        .unwrap();
    outcome
        .addresses
        .into_iter()
        .map(|(_, verdict)| verdict)
        .collect()
}

/// The tokens mailed to this address, the newest first.
async fn mailed(place: &Place, admin: &Viewer, address: &str) -> Vec<String> {
    let mails = place.backend.mailbox(admin).await.unwrap().items;
    let to = mails.into_iter().filter(|mail| mail.to == address);
    to.filter_map(|mail| Some(token(&mail.text?))).collect()
}

fn token(text: &str) -> String {
    let (_, rest) = text.split_once("https://stoa.example/invite/").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

async fn view(place: &Place, token: &str) -> InvitationView {
    place.backend.invitation_view(token, None).await.unwrap()
}

async fn works(place: &Place, token: &str) -> bool {
    matches!(view(place, token).await, InvitationView::Open { .. })
}

on_both! {
    async fn a_pasted_list_is_invited_once_each_and_the_rest_is_named(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let list = "Mila <mila@stoa.example>, ben@stoa.example; ben@stoa.example\nnobody ada@stoa.example";
        let outcome = place.backend.invite(&ada, page, list, Note::default()).await.unwrap();
        assert_eq!(outcome.addresses, [
            (email("mila@stoa.example"), InviteVerdict::Invited),
            (email("ben@stoa.example"), InviteVerdict::Invited),
            (email("ada@stoa.example"), InviteVerdict::AlreadyMember),
        ]);
        assert_eq!(outcome.wrong.len(), 1);
        assert_eq!(outcome.wrong[0].text, "nobody");
        assert_eq!(invite(&place, &ada, page, "MILA@stoa.example").await, [InviteVerdict::AlreadyInvited]);
        assert_eq!(mailed(&place, &ada, "mila@stoa.example").await.len(), 1);
        assert_eq!(mailed(&place, &ada, "ben@stoa.example").await.len(), 1);
        assert!(invite(&place, &ada, page, "nobody").await.is_empty());
    }

    async fn who_is_disabled_is_named_and_gets_no_mail_and_nobody_is_refused(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let eve = place.person("Eve").await;
        place.backend.set_disabled(&ada, eve.account, true).await.unwrap();
        let list = "eve@stoa.example mila@stoa.example";
        let outcome = place.backend.invite(&ada, page, list, Note::default()).await.unwrap();
        assert_eq!(outcome.addresses, [(email("mila@stoa.example"), InviteVerdict::Invited)]);
        assert_eq!(outcome.wrong[0].text, "eve@stoa.example");
        assert!(outcome.wrong[0].why.contains("disabled"));
        assert!(mailed(&place, &ada, "eve@stoa.example").await.is_empty());
        let nobody = place.backend.invite(&ada, page, " ,; ", Note::default()).await;
        assert!(matches!(refused(nobody), Refusal::Email(_)));
    }

    async fn two_who_invite_the_same_person_at_once_send_one_mail(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (one, two) = tokio::join!(
            invite(&place, &ada, page, "mila@stoa.example"),
            invite(&place, &ada, page, "mila@stoa.example"),
        );
        let verdicts = [one, two].concat();
        assert!(verdicts.contains(&InviteVerdict::Invited) && verdicts.contains(&InviteVerdict::AlreadyInvited));
        assert_eq!(mailed(&place, &ada, "mila@stoa.example").await.len(), 1);
    }

    async fn an_expired_or_revoked_invitation_may_be_made_anew(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        invite(&place, &ada, page, "mila@stoa.example").await;
        place.clock.advance(WEEK);
        assert_eq!(invite(&place, &ada, page, "mila@stoa.example").await, [InviteVerdict::Invited]);
        let newest = place.backend.invitations(&ada, Some(page)).await.unwrap()[0].id;
        place.backend.revoke_invitation(&ada, newest).await.unwrap();
        assert_eq!(invite(&place, &ada, page, "mila@stoa.example").await, [InviteVerdict::Invited]);
    }

    async fn only_who_manages_the_page_invites_to_it(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (mila, eve) = (place.person("Mila").await, place.person("Eve").await);
        place.join(page, &mila).await;
        let backend = &place.backend;
        let invite = |viewer: Viewer| async move {
            backend.invite(&viewer, page, "ben@stoa.example", Note::default()).await
        };
        assert_eq!(refused(invite(mila.clone()).await), Refusal::AdminsOnly);
        assert_eq!(refused(invite(eve.clone()).await), Refusal::NotFound);
        assert_eq!(refused(backend.invitations(&mila, Some(page)).await), Refusal::AdminsOnly);
        assert_eq!(refused(backend.invitations(&eve, Some(page)).await), Refusal::NotFound);
        assert_eq!(refused(backend.invitations(&mila, None).await), Refusal::AdminsOnly);
        backend.set_role(&ada, page, mila.account, PageRole::Admin).await.unwrap();
        invite(mila.clone()).await.unwrap();
        let id = backend.invitations(&mila, Some(page)).await.unwrap()[0].id;
        assert_eq!(refused(backend.resend_invitation(&eve, id).await), Refusal::NotFound);
        assert_eq!(refused(backend.copy_invitation_link(&eve, id).await), Refusal::NotFound);
        assert_eq!(refused(backend.revoke_invitation(&eve, id).await), Refusal::NotFound);
        backend.archive_page(&ada, page, true).await.unwrap();
        assert_eq!(refused(invite(ada.clone()).await), Refusal::Archived);
        assert_eq!(refused(backend.resend_invitation(&ada, id).await), Refusal::Archived);
        assert_eq!(refused(backend.copy_invitation_link(&ada, id).await), Refusal::Archived);
    }

    async fn resending_makes_a_new_link_and_ends_the_others_copying_adds_one(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        invite(&place, &ada, page, "mila@stoa.example").await;
        let id = place.backend.invitations(&ada, None).await.unwrap()[0].id;
        let mails = mailed(&place, &ada, "mila@stoa.example").await;
        let copied = token(&place.backend.copy_invitation_link(&ada, id).await.unwrap());
        assert!(works(&place, &copied).await && works(&place, &mails[0]).await);
        place.clock.advance(WEEK - 1);
        place.backend.resend_invitation(&ada, id).await.unwrap();
        assert_eq!(view(&place, &copied).await, InvitationView::Gone);
        assert_eq!(view(&place, &mails[0]).await, InvitationView::Gone);
        place.clock.advance(WEEK - 1);
        let mails = mailed(&place, &ada, "mila@stoa.example").await;
        assert!(works(&place, &mails[0]).await);
        place.clock.advance(1);
        assert_eq!(view(&place, &mails[0]).await, InvitationView::Expired);
        assert_eq!(refused(place.backend.copy_invitation_link(&ada, id).await), Refusal::LinkExpired);
        place.backend.revoke_invitation(&ada, id).await.unwrap();
        assert_eq!(refused(place.backend.resend_invitation(&ada, id).await), Refusal::LinkUnknown);
        assert_eq!(refused(place.backend.copy_invitation_link(&ada, id).await), Refusal::LinkUnknown);
    }

    async fn the_invited_person_gets_a_new_link_for_an_expired_one_once_an_hour(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        invite(&place, &ada, page, "mila@stoa.example").await;
        let id = place.backend.invitations(&ada, None).await.unwrap()[0].id;
        let first = mailed(&place, &ada, "mila@stoa.example").await.remove(0);
        place.clock.advance(WEEK - 60);
        let copied = token(&place.backend.copy_invitation_link(&ada, id).await.unwrap());
        place.backend.ask_for_new_link(&first).await.unwrap();
        assert_eq!(mailed(&place, &ada, "mila@stoa.example").await.len(), 1, "it works still");
        place.clock.advance(60);
        place.backend.ask_for_new_link("nonsense").await.unwrap();
        place.backend.ask_for_new_link(&first).await.unwrap();
        let mails = mailed(&place, &ada, "mila@stoa.example").await;
        assert_eq!(mails.len(), 2);
        assert!(works(&place, &mails[0]).await);
        for old in [&first, &copied] {
            assert_eq!(view(&place, old).await, InvitationView::Expired);
        }
        place.clock.advance(3599);
        place.backend.ask_for_new_link(&first).await.unwrap();
        assert_eq!(mailed(&place, &ada, "mila@stoa.example").await.len(), 2);
        place.clock.advance(1);
        place.backend.ask_for_new_link(&first).await.unwrap();
        assert_eq!(mailed(&place, &ada, "mila@stoa.example").await.len(), 3);
        place.backend.revoke_invitation(&ada, id).await.unwrap();
        place.clock.advance(WEEK);
        place.backend.ask_for_new_link(&mails[0]).await.unwrap();
        assert_eq!(mailed(&place, &ada, "mila@stoa.example").await.len(), 3);
    }

    async fn a_person_who_opens_it_is_noted_once(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        invite(&place, &ada, page, "mila@stoa.example").await;
        let token = mailed(&place, &ada, "mila@stoa.example").await.remove(0);
        place.backend.note_invitation_opened("nonsense").await.unwrap();
        place.clock.advance(5);
        let at = place.clock.now();
        place.backend.note_invitation_opened(&token).await.unwrap();
        place.clock.advance(5);
        place.backend.note_invitation_opened(&token).await.unwrap();
        let list = place.backend.invitations(&ada, Some(page)).await.unwrap();
        assert_eq!(list[0].state, InvitationState::Opened { at });
        let accepted = place.backend.accept_invitation(&token, Some(name("Mila")), None, false).await.unwrap();
        assert_eq!(accepted.page.id, page);
        assert_eq!(place.backend.page_summaries(&ada).await.unwrap()[0].invited, 0);
    }

    async fn invitations_are_limited_by_address_by_inviter_and_by_list(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let too_many = (0..101).map(|n| format!("p{n}@stoa.example"));
        let too_many = too_many.collect::<Vec<_>>().join(" ");
        let refusal = refused(place.backend.invite(&ada, page, &too_many, Note::default()).await);
        assert_eq!(refusal, Refusal::TooManyAddresses { max: 100 });
        invite(&place, &ada, page, "mila@stoa.example").await;
        let id = place.backend.invitations(&ada, None).await.unwrap()[0].id;
        place.backend.resend_invitation(&ada, id).await.unwrap();
        place.backend.resend_invitation(&ada, id).await.unwrap();
        let fourth = refused(place.backend.resend_invitation(&ada, id).await);
        assert!(matches!(fourth, Refusal::TooMany { seconds } if seconds > 3600), "{fourth:?}");
        let many = (0..98).map(|n| format!("q{n}@d{n}.example"));
        let many = many.collect::<Vec<_>>().join(" ");
        let refusal = refused(place.backend.invite(&ada, page, &many, Note::default()).await);
        assert!(matches!(refusal, Refusal::TooMany { .. }), "{refusal:?}");
        assert_eq!(place.backend.invitations(&ada, None).await.unwrap().len(), 1, "all or nothing");
        place.clock.advance(86_400);
        assert_eq!(invite(&place, &ada, page, &many).await.len(), 98);
    }

    async fn deleting_a_page_ends_its_invitations(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        invite(&place, &ada, page, "mila@stoa.example").await;
        let token = mailed(&place, &ada, "mila@stoa.example").await.remove(0);
        place.backend.delete_page(&ada, page, "Garden").await.unwrap();
        assert_eq!(view(&place, &token).await, InvitationView::Gone);
        let accepted = place.backend.accept_invitation(&token, Some(name("Mila")), None, false).await;
        assert_eq!(refused(accepted), Refusal::LinkUnknown);
        assert!(place.backend.invitations(&ada, None).await.unwrap().is_empty());
    }
}
