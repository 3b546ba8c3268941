//! Signing in by email on both databases: link or code, once, for a quarter of an hour.

use std::time::{Duration, Instant};

use crate::support::{Place, email, refused};
use backend::{Backend, Viewer};
use domain::{MailItem, MailState, Refusal, SignInCode};

const QUARTER: i64 = Backend::SIGN_IN_SECONDS;
const PEER: &str = "192.0.2.1";

/// Asks for a sign-in mail and waits for it: the answer does not.
async fn asked(place: &Place, admin: &Viewer, address: &str) -> (String, SignInCode) {
    let before = mails(place, admin).await.len();
    place
        .backend
        .request_sign_in(&email(address), PEER)
        .await
        .unwrap();
    for _ in 0..500 {
        let mails = mails(place, admin).await;
        if mails.len() > before {
            return link_and_code(mails[0].text.as_ref().unwrap());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no mail came");
}

async fn mails(place: &Place, admin: &Viewer) -> Vec<MailItem> {
    place.backend.mailbox(admin).await.unwrap().items
}

fn link_and_code(text: &str) -> (String, SignInCode) {
    let (_, link) = text.split_once("https://stoa.example/sign-in/").unwrap();
    let (_, code) = text.split_once("asked for it: ").unwrap();
    (
        link.split_whitespace().next().unwrap().to_owned(),
        SignInCode::parse(code.split_whitespace().next().unwrap()).unwrap(),
    )
}

/// Another code than this one.
fn wrong(code: &SignInCode) -> SignInCode {
    let other = if code.as_str() == "000000" {
        "000001"
    } else {
        "000000"
    };
    SignInCode::parse(other).unwrap()
}

on_both! {
    async fn the_link_signs_in_once_and_looking_at_it_does_not_use_it_up(place) {
        let ada = place.admin().await;
        let (link, code) = asked(&place, &ada, "ada@stoa.example").await;
        for _ in 0..2 {
            assert_eq!(place.backend.check_sign_in(&link).await.unwrap(), "ada@stoa.example");
        }
        let session = place.backend.sign_in_with_link(&link).await.unwrap();
        assert_eq!(place.viewer(&session).await.unwrap().account, ada.account);
        assert_eq!(refused(place.backend.sign_in_with_link(&link).await), Refusal::LinkUnknown);
        assert_eq!(refused(place.backend.check_sign_in(&link).await), Refusal::LinkUnknown);
        let by_code = place.backend.sign_in_with_code(&email("ada@stoa.example"), &code, PEER).await;
        assert_eq!(refused(by_code), Refusal::WrongCode);
    }

    async fn the_code_signs_in_once_and_ends_the_link(place) {
        let ada = place.admin().await;
        let address = email("ada@stoa.example");
        let (link, code) = asked(&place, &ada, "ada@stoa.example").await;
        let session = place.backend.sign_in_with_code(&address, &code, PEER).await.unwrap();
        assert_eq!(place.viewer(&session).await.unwrap().account, ada.account);
        assert_eq!(refused(place.backend.sign_in_with_code(&address, &code, PEER).await), Refusal::WrongCode);
        assert_eq!(refused(place.backend.sign_in_with_link(&link).await), Refusal::LinkUnknown);
    }

    async fn of_many_who_use_one_link_at_once_one_gets_in(place) {
        let ada = place.admin().await;
        let (link, code) = asked(&place, &ada, "ada@stoa.example").await;
        let address = email("ada@stoa.example");
        let (one, two, three) = tokio::join!(
            place.backend.sign_in_with_link(&link),
            place.backend.sign_in_with_link(&link),
            place.backend.sign_in_with_code(&address, &code, PEER),
        );
        assert_eq!([one, two, three].iter().filter(|answer| answer.is_ok()).count(), 1);
    }

    async fn five_wrong_tries_end_the_code_but_not_the_link(place) {
        let ada = place.admin().await;
        let address = email("ada@stoa.example");
        let (link, code) = asked(&place, &ada, "ada@stoa.example").await;
        let guess = wrong(&code);
        let tries = (0..5).map(|_| place.backend.sign_in_with_code(&address, &guess, PEER));
        for answer in futures::future::join_all(tries).await {
            assert_eq!(refused(answer), Refusal::WrongCode);
        }
        let right = place.backend.sign_in_with_code(&address, &code, PEER).await;
        assert_eq!(refused(right), Refusal::WrongCode);
        place.backend.sign_in_with_link(&link).await.unwrap();
    }

    async fn after_a_quarter_of_an_hour_neither_works(place) {
        let ada = place.admin().await;
        let (link, code) = asked(&place, &ada, "ada@stoa.example").await;
        place.clock.advance(QUARTER - 1);
        place.backend.check_sign_in(&link).await.unwrap();
        place.clock.advance(1);
        assert_eq!(refused(place.backend.check_sign_in(&link).await), Refusal::LinkExpired);
        assert_eq!(refused(place.backend.sign_in_with_link(&link).await), Refusal::LinkExpired);
        let by_code = place.backend.sign_in_with_code(&email("ada@stoa.example"), &code, PEER).await;
        assert_eq!(refused(by_code), Refusal::WrongCode);
    }

    async fn the_answer_is_the_same_whether_or_not_there_is_an_account(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        place.backend.set_disabled(&ada, mila.account, true).await.unwrap();
        for stranger in ["nobody@stoa.example", "mila@stoa.example"] {
            place.backend.request_sign_in(&email(stranger), PEER).await.unwrap();
        }
        asked(&place, &ada, "ada@stoa.example").await;
        let to: Vec<String> = mails(&place, &ada).await.into_iter().map(|mail| mail.to).collect();
        assert_eq!(to, ["ada@stoa.example"]);
        let guess = SignInCode::parse("123456").unwrap();
        for address in ["nobody@stoa.example", "mila@stoa.example", "ada@stoa.example"] {
            let begin = Instant::now();
            let answer = place.backend.sign_in_with_code(&email(address), &guess, PEER).await;
            if answer.is_ok() {
                continue; // One in a million.
            }
            assert_eq!(refused(answer), Refusal::WrongCode);
            assert!(begin.elapsed() >= Duration::from_millis(245), "{address}: {:?}", begin.elapsed());
        }
    }

    async fn a_disabled_account_cannot_use_the_link_it_has(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let (link, code) = asked(&place, &ada, "mila@stoa.example").await;
        place.backend.set_disabled(&ada, mila.account, true).await.unwrap();
        assert_eq!(refused(place.backend.check_sign_in(&link).await), Refusal::LinkUnknown);
        assert_eq!(refused(place.backend.sign_in_with_link(&link).await), Refusal::LinkUnknown);
        let by_code = place.backend.sign_in_with_code(&email("mila@stoa.example"), &code, PEER).await;
        assert_eq!(refused(by_code), Refusal::WrongCode);
        assert_eq!(place.backend.sign_in_link(&email("mila@stoa.example")).await.unwrap(), None);
    }

    async fn the_command_line_gets_a_link_without_any_mail(place) {
        let ada = place.admin().await;
        let link = place.backend.sign_in_link(&email("ada@stoa.example")).await.unwrap().unwrap();
        let token = link.strip_prefix("https://stoa.example/sign-in/").unwrap();
        let session = place.backend.sign_in_with_link(token).await.unwrap();
        assert_eq!(place.viewer(&session).await.unwrap().account, ada.account);
        assert_eq!(place.backend.sign_in_link(&email("nobody@stoa.example")).await.unwrap(), None);
        assert!(mails(&place, &ada).await.is_empty());
    }

    async fn asking_is_limited_by_address_and_by_peer_known_or_not(place) {
        place.admin().await;
        for address in ["ada@stoa.example", "nobody@stoa.example"] {
            for _ in 0..5 {
                place.backend.request_sign_in(&email(address), address).await.unwrap();
            }
            let sixth = refused(place.backend.request_sign_in(&email(address), address).await);
            assert_eq!(sixth, Refusal::TooMany { seconds: 180 });
        }
        for n in 0..20 {
            let address = email(&format!("p{n}@stoa.example"));
            place.backend.request_sign_in(&address, PEER).await.unwrap();
        }
        let refusal = refused(place.backend.request_sign_in(&email("q@stoa.example"), PEER).await);
        assert!(matches!(refusal, Refusal::TooMany { .. }));
        place.clock.advance(180);
        place.backend.request_sign_in(&email("ada@stoa.example"), "192.0.2.2").await.unwrap();
    }

    async fn guessing_codes_is_limited_by_address_from_wherever(place) {
        place.admin().await;
        let guess = SignInCode::parse("123456").unwrap();
        let address = email("ada@stoa.example");
        let peers: Vec<String> = (0..11).map(|n| format!("192.0.2.{n}")).collect();
        let tries = peers.iter().map(|peer| place.backend.sign_in_with_code(&address, &guess, peer));
        let answers = futures::future::join_all(tries).await;
        let refusals: Vec<Refusal> = answers.into_iter().map(refused).collect();
        assert_eq!(refusals.iter().filter(|r| **r == Refusal::WrongCode).count(), 10);
        assert_eq!(refusals[10], Refusal::TooMany { seconds: 360 });
    }

    async fn guessing_codes_is_limited_by_peer(place) {
        place.admin().await;
        let guess = SignInCode::parse("123456").unwrap();
        let addresses: Vec<_> = (0..21).map(|n| email(&format!("p{n}@stoa.example"))).collect();
        let tries = addresses.iter().map(|to| place.backend.sign_in_with_code(to, &guess, PEER));
        let answers = futures::future::join_all(tries).await;
        let refusals: Vec<Refusal> = answers.into_iter().map(refused).collect();
        assert_eq!(refusals.iter().filter(|r| **r == Refusal::WrongCode).count(), 20);
        assert_eq!(refusals[20], Refusal::TooMany { seconds: 45 });
    }

    async fn a_sign_in_mail_is_kept_where_there_is_no_mail_server(place) {
        let ada = place.admin().await;
        asked(&place, &ada, "ada@stoa.example").await;
        let mail = &mails(&place, &ada).await[0];
        assert_eq!((mail.state, mail.subject.as_str()), (MailState::Kept, "Sign in to Our place"));
    }
}
