//! Sending by EmailJS, against a server that answers as it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use crate::support::{Place, newest, node};
use backend::{Backend, EmailJs, MailSettings, Secret, Settings, Viewer};
use domain::{MailState, MailTransport, Note, PageId};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

#[derive(Clone, Default)]
struct Api {
    answers: Arc<Mutex<VecDeque<(u16, &'static str)>>>,
    asked: Arc<Mutex<Vec<(String, serde_json::Value)>>>,
}

impl Api {
    async fn start(answers: &[(u16, &'static str)]) -> (Self, String) {
        let api = Self::default();
        api.answers.lock().unwrap().extend(answers.iter().copied());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = api.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.serve(stream).await;
            }
        });
        (api, url)
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut request = Vec::new();
        let (head, body) = loop {
            let mut part = [0; 4096];
            let read = stream.read(&mut part).await.unwrap();
            request.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && let Ok(body) = serde_json::from_str::<serde_json::Value>(body)
            {
                break (head.to_owned(), body);
            }
            assert!(read > 0, "no whole request: {text}");
        };
        let line = head.lines().next().unwrap().to_owned();
        self.asked.lock().unwrap().push((line, body));
        let (status, words) = self.answers.lock().unwrap().pop_front().unwrap();
        let answer = format!(
            "HTTP/1.1 {status} Answer\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{words}",
            words.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

async fn sending(place: &Place, url: &str) -> Backend {
    let settings = Settings {
        mail: MailSettings::EmailJs(EmailJs {
            service: "service_1".into(),
            template: "template_1".into(),
            public_key: "public".into(),
            private_key: Secret::new("hunter2".into()),
            url: url.to_owned(),
        }),
        ..place.settings.clone()
    };
    node(&settings, &place.clock).await.0
}

async fn invite(backend: &Backend, by: &Viewer, page: PageId) {
    let note = Note::parse("Come in!").unwrap();
    backend
        .invite(by, page, "mila@stoa.example", note)
        .await
        .unwrap();
}

on_both! {
    async fn a_busy_service_is_asked_again_and_gets_everything_its_template_needs(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (api, url) = Api::start(&[(503, "try later"), (200, "OK")]).await;
        let backend = sending(&place, &url).await;
        invite(&backend, &ada, page).await;
        backend.send_due_mails().await.unwrap();
        let mail = newest(&backend, &ada).await;
        assert_eq!((mail.state, mail.said.as_deref()), (MailState::Delayed, Some("503 try later")));
        place.clock.advance(5);
        backend.send_due_mails().await.unwrap();
        let mail = newest(&backend, &ada).await;
        assert_eq!((mail.state, mail.said.as_deref()), (MailState::Sent, Some("200 OK")));
        let (asked, body) = api.asked.lock().unwrap().pop().unwrap();
        assert_eq!(asked, "POST /api/v1.0/email/send HTTP/1.1");
        assert_eq!(body["service_id"], "service_1");
        assert_eq!(body["template_id"], "template_1");
        assert_eq!(body["user_id"], "public");
        assert_eq!(body["accessToken"], "hunter2");
        let params = &body["template_params"];
        assert_eq!(params["to_email"], "mila@stoa.example");
        assert_eq!(params["from_name"], "Ada");
        assert_eq!(params["reply_to"], "ada@stoa.example");
        let link = params["link"].as_str().unwrap();
        assert!(link.starts_with("https://stoa.example/invite/"), "{link}");
        for part in ["text", "html"] {
            let part = params[part].as_str().unwrap();
            assert!(part.contains(link) && part.contains("Come in!"), "{part}");
        }
        backend.stop().await;
    }

    async fn a_wrong_setting_fails_with_the_words_of_the_service_and_shows_no_key(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        let (_api, url) = Api::start(&[(404, "The service ID was not found")]).await;
        let backend = sending(&place, &url).await;
        invite(&backend, &ada, page).await;
        backend.send_due_mails().await.unwrap();
        let mailbox = backend.mailbox(&ada).await.unwrap();
        assert_eq!(mailbox.transport, MailTransport::EmailJs { service: "service_1".into() });
        assert_eq!(mailbox.items[0].state, MailState::Failed);
        assert_eq!(mailbox.items[0].said.as_deref(), Some("404 The service ID was not found"));
        assert!(!format!("{mailbox:?}").contains("hunter2"));
        backend.stop().await;
    }
}
