//! The outbox on both databases: a mail goes out once, or says why not, whatever the mail server does.

use std::time::Duration;

use crate::smtp::MailServer;
use crate::support::{Place, email, invite_one, newest, node, refused};
use backend::{Backend, MailSettings, Secret, Settings, Viewer};
use domain::{InvitationId, InvitationState, MailState, MailTransport, PageId, Refusal};

/// A node that sends by this mail server. Its worker is not started: a test says when mails go.
async fn sending(place: &Place, url: &str) -> Backend {
    let settings = Settings {
        mail: MailSettings::Smtp(Secret::new(url.to_owned())),
        ..place.settings.clone()
    };
    node(&settings, &place.clock).await.0
}

async fn invite(backend: &Backend, by: &Viewer, page: PageId, address: &str) -> InvitationId {
    invite_one(backend, by, page, address).await;
    let list = backend.invitations(by, Some(page)).await.unwrap();
    list.into_iter()
        .find(|i| i.email == email(address))
        .unwrap()
        .id
}

async fn state(backend: &Backend, by: &Viewer, id: InvitationId) -> InvitationState {
    let list = backend.invitations(by, None).await.unwrap();
    list.into_iter().find(|i| i.id == id).unwrap().state
}

on_both! {
    async fn an_invitation_waits_is_sent_and_its_text_erased(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        let id = invite(&backend, &ada, page, "mila@stoa.example").await;
        assert_eq!(state(&backend, &ada, id).await, InvitationState::WaitingToSend);
        let mailbox = backend.mailbox(&ada).await.unwrap();
        assert_eq!(mailbox.transport, MailTransport::Smtp { server: server.url[7..].to_owned() });
        assert_eq!(mailbox.waiting, 1);
        assert!(mailbox.items[0].text.as_ref().unwrap().contains("Garden"));
        assert_eq!(backend.send_due_mails().await.unwrap(), 1);
        assert_eq!(state(&backend, &ada, id).await, InvitationState::Sent);
        let mail = newest(&backend, &ada).await;
        assert_eq!((mail.state, mail.tries, mail.next_try, mail.text), (MailState::Sent, 1, None, None));
        assert_eq!(mail.said.unwrap(), "250 2.0.0 Ok: queued as 1A2B3C");
        assert_eq!(backend.send_due_mails().await.unwrap(), 0);
        let taken = server.taken().remove(0);
        assert!(taken.from.starts_with("<stoa@stoa.example>"), "{}", taken.from);
        assert_eq!(taken.to, ["<mila@stoa.example>"]);
        assert!(taken.data.contains("\r\nReply-To: Ada <ada@stoa.example>\r\n"), "{}", taken.data);
        backend.stop().await;
    }

    async fn a_mail_that_is_put_off_is_tried_again_and_the_words_are_kept(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        let id = invite(&backend, &ada, page, "mila@stoa.example").await;
        server.answer("451 4.7.1 Greylisted, try later");
        backend.send_due_mails().await.unwrap();
        let said = "451 4.7.1 Greylisted, try later".to_owned();
        assert_eq!(state(&backend, &ada, id).await, InvitationState::Delayed { said: said.clone() });
        let mail = newest(&backend, &ada).await;
        assert_eq!((mail.state, mail.said), (MailState::Delayed, Some(said)));
        assert_eq!(mail.next_try, Some(place.clock.now().plus_secs(5)));
        assert_eq!(backend.send_due_mails().await.unwrap(), 0);
        place.clock.advance(5);
        assert_eq!(backend.send_due_mails().await.unwrap(), 1);
        assert_eq!(state(&backend, &ada, id).await, InvitationState::Sent);
        assert_eq!(server.taken().len(), 1);
        backend.stop().await;
    }

    async fn a_refused_mail_is_not_delivered_and_can_be_retried_or_invited_anew(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        let id = invite(&backend, &ada, page, "mila@stoa.example").await;
        server.answer("550 5.1.1 No such person");
        backend.send_due_mails().await.unwrap();
        let said = "550 5.1.1 No such person".to_owned();
        assert_eq!(state(&backend, &ada, id).await, InvitationState::NotDelivered { said });
        place.clock.advance(86_400);
        assert_eq!(backend.send_due_mails().await.unwrap(), 0);
        let mail = newest(&backend, &ada).await.id;
        let mila = place.person("Mila").await;
        assert_eq!(refused(backend.retry_mail(&mila, mail).await), Refusal::AdminsOnly);
        invite(&backend, &ada, page, "mila@stoa.example").await;
        backend.retry_mail(&ada, mail).await.unwrap();
        assert_eq!(backend.send_due_mails().await.unwrap(), 2);
        assert_eq!(state(&backend, &ada, id).await, InvitationState::Sent);
        assert_eq!(refused(backend.retry_mail(&ada, mail).await), Refusal::NotFound);
        backend.stop().await;
    }

    async fn what_is_put_off_for_days_is_given_up(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        let id = invite(&backend, &ada, page, "mila@stoa.example").await;
        let mut tries = 0;
        while !matches!(state(&backend, &ada, id).await, InvitationState::NotDelivered { .. }) {
            server.answer("452 4.2.2 Mailbox full");
            tries += backend.send_due_mails().await.unwrap();
            place.clock.advance(6 * 3600);
            assert!(tries < 30);
        }
        let said = "452 4.2.2 Mailbox full".to_owned();
        assert_eq!(state(&backend, &ada, id).await, InvitationState::NotDelivered { said });
        backend.stop().await;
    }

    async fn a_server_that_is_not_there_delays_the_mail(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let backend = sending(&place, "smtp://ada:hunter2@127.0.0.1:1").await;
        let id = invite(&backend, &ada, page, "mila@stoa.example").await;
        backend.send_due_mails().await.unwrap();
        let InvitationState::Delayed { said } = state(&backend, &ada, id).await else {
            panic!("not delayed");
        };
        assert!(said.contains("127.0.0.1:1") && !said.contains("hunter2"), "{said}");
        let shown = format!("{:?}", backend.mailbox(&ada).await.unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
        backend.stop().await;
    }

    async fn a_mail_whose_link_has_expired_is_not_sent(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        invite(&backend, &ada, page, "mila@stoa.example").await;
        place.clock.advance(Backend::INVITATION_SECONDS);
        backend.send_due_mails().await.unwrap();
        let mail = newest(&backend, &ada).await;
        assert_eq!(mail.state, MailState::Failed);
        assert!(mail.said.unwrap().contains("expired"));
        assert!(server.taken().is_empty());
        backend.stop().await;
    }

    async fn what_is_taken_back_is_not_sent(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let kitchen = place.page(&ada, "Kitchen").await.id;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        let revoked = invite(&backend, &ada, page, "mila@stoa.example").await;
        let resent = invite(&backend, &ada, page, "ben@stoa.example").await;
        invite(&backend, &ada, kitchen, "cleo@stoa.example").await;
        backend.revoke_invitation(&ada, revoked).await.unwrap();
        backend.resend_invitation(&ada, resent).await.unwrap();
        backend.delete_page(&ada, kitchen, "Kitchen").await.unwrap();
        backend.send_due_mails().await.unwrap();
        let taken = server.taken();
        assert_eq!(taken.len(), 1, "{taken:?}");
        assert_eq!(taken[0].to, ["<ben@stoa.example>"]);
        let items = backend.mailbox(&ada).await.unwrap().items;
        let cancelled = items.iter().filter(|mail| mail.state == MailState::Cancelled);
        assert!(cancelled.clone().all(|mail| mail.text.is_none()));
        assert_eq!(cancelled.count(), 3);
        backend.stop().await;
    }

    async fn a_mail_that_is_taken_back_while_it_is_with_the_server_is_not_tried_again(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::held().await;
        let backend = sending(&place, &server.url).await;
        let id = invite(&backend, &ada, page, "mila@stoa.example").await;
        server.answer("451 later");
        let sending = tokio::spawn({
            let backend = backend.clone();
            async move { backend.send_due_mails().await.unwrap() }
        });
        sending.await.unwrap();
        backend.revoke_invitation(&ada, id).await.unwrap();
        place.clock.advance(86_400);
        assert_eq!(backend.send_due_mails().await.unwrap(), 0);
        assert_eq!(state(&backend, &ada, id).await, InvitationState::Revoked);
        backend.stop().await;
    }

    async fn two_nodes_never_send_a_mail_twice(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::start().await;
        let one = sending(&place, &server.url).await;
        let two = sending(&place, &server.url).await;
        for n in 0..20 {
            invite(&one, &ada, page, &format!("p{n}@stoa.example")).await;
        }
        let (by_one, by_two) = tokio::join!(
            tokio::spawn({ let one = one.clone(); async move { one.send_due_mails().await.unwrap() } }),
            tokio::spawn({ let two = two.clone(); async move { two.send_due_mails().await.unwrap() } }),
        );
        assert_eq!(by_one.unwrap() + by_two.unwrap(), 20);
        let mut to: Vec<String> = server.taken().into_iter().flat_map(|mail| mail.to).collect();
        to.sort();
        to.dedup();
        assert_eq!((to.len(), server.taken().len()), (20, 20));
        one.stop().await;
        two.stop().await;
    }

    async fn a_mail_that_a_crash_left_behind_is_taken_up_when_its_lease_has_run_out(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let hanging = MailServer::held().await;
        let crashing = sending(&place, &hanging.url).await;
        let server = MailServer::start().await;
        let other = sending(&place, &server.url).await;
        invite(&crashing, &ada, page, "mila@stoa.example").await;
        let task = tokio::spawn({
            let crashing = crashing.clone();
            async move { crashing.send_due_mails().await }
        });
        hanging.wait_for_waiting(1).await;
        task.abort();
        let _ = task.await;
        assert_eq!(other.send_due_mails().await.unwrap(), 0);
        place.clock.advance(119);
        assert_eq!(other.send_due_mails().await.unwrap(), 0);
        place.clock.advance(1);
        assert_eq!(other.send_due_mails().await.unwrap(), 1);
        assert_eq!(server.taken().len(), 1);
        crashing.stop().await;
        other.stop().await;
    }

    async fn the_only_node_takes_up_at_its_start_what_a_crash_left_behind(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        invite(&backend, &ada, page, "mila@stoa.example").await;
        let lease = place.clock.now().plus_secs(120).0;
        place.sql(|db| db.query("UPDATE mails SET leased = $1").number(lease)).await;
        backend.start_workers();
        tokio::time::sleep(Duration::from_millis(500)).await;
        // On PostgreSQL another node may be sending it.
        let alone = place.settings.database_url.is_none();
        assert_eq!(server.taken().len(), usize::from(alone));
        backend.stop().await;
    }

    async fn the_worker_sends_at_once_and_several_at_a_time(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::held().await;
        let backend = sending(&place, &server.url).await;
        backend.start_workers();
        for n in 0..6 {
            invite(&backend, &ada, page, &format!("p{n}@stoa.example")).await;
        }
        server.wait_for_waiting(4).await;
        server.open();
        server.wait_for_taken(6).await;
        for _ in 0..500 {
            if backend.mailbox(&ada).await.unwrap().waiting == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let items = backend.mailbox(&ada).await.unwrap().items;
        assert!(items.iter().all(|mail| mail.state == MailState::Sent));
        backend.stop().await;
    }

    async fn a_test_mail_tells_the_servers_answer_in_words(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        let to = email("ada@stoa.example");
        assert_eq!(refused(backend.send_test_mail(&mila, &to).await), Refusal::AdminsOnly);
        assert_eq!(refused(backend.mailbox(&mila).await), Refusal::AdminsOnly);
        let tested = backend.send_test_mail(&ada, &to).await.unwrap();
        assert_eq!((tested.ok, tested.said.as_str()), (true, "250 2.0.0 Ok: queued as 1A2B3C"));
        server.answer("554 5.7.1 Relay access denied");
        let tested = backend.send_test_mail(&ada, &to).await.unwrap();
        assert_eq!((tested.ok, tested.said.as_str()), (false, "554 5.7.1 Relay access denied"));
        let kept = place.backend.send_test_mail(&ada, &to).await.unwrap();
        assert!(kept.ok && kept.said.contains("No mail server"), "{kept:?}");
        for _ in 0..8 {
            backend.send_test_mail(&ada, &to).await.unwrap();
        }
        assert_eq!(refused(backend.send_test_mail(&ada, &to).await), Refusal::TooMany { seconds: 360 });
        assert_eq!(backend.send_due_mails().await.unwrap(), 0, "none of them waits");
        backend.stop().await;
    }

    async fn somebodys_way_in_is_not_shown_to_admins_while_it_waits(place) {
        let ada = place.admin().await;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        backend.request_sign_in(&email("ada@stoa.example"), "192.0.2.1").await.unwrap();
        for _ in 0..500 {
            if backend.mailbox(&ada).await.unwrap().waiting > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mail = newest(&backend, &ada).await;
        assert_eq!((mail.state, mail.text), (MailState::Waiting, None));
        backend.send_due_mails().await.unwrap();
        assert!(server.taken()[0].data.contains("/sign-in/"));
        backend.stop().await;
    }

    async fn a_stored_name_with_a_line_break_adds_no_header(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let server = MailServer::start().await;
        let backend = sending(&place, &server.url).await;
        let evil = "Ada\r\nBcc: all@stoa.example\r\n\r\n<b>Hi</b>";
        let (mila, session) = place.person_with_session("Eve").await;
        place.sql(|db| db.query("UPDATE accounts SET name = $1, admin = TRUE WHERE id = $2").text(evil).uuid(mila.0)).await;
        let viewer = backend.viewer(session.expose()).await.unwrap().unwrap();
        invite(&backend, &viewer, page, "mila@stoa.example").await;
        backend.send_due_mails().await.unwrap();
        let taken = server.taken().remove(0);
        assert_eq!(taken.to.len(), 1);
        let (head, body) = taken.data.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
        let (_, html) = body.split_once("Content-Type: text/html").unwrap();
        assert!(html.contains("&lt;b&gt;Hi") && !html.contains("<b>"), "{html}");
        backend.stop().await;
    }
}
