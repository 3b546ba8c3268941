//! The same through real sockets, on loopback.
#![allow(clippy::unwrap_used, reason = "only tests do")]

mod support;

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use beam::{Beam, Counts, Denied, Doors, Notice, Settings};
use domain::{Source, call::Seen};
use support::{Client, account, page};
use tokio::sync::mpsc::UnboundedReceiver;

const PATIENCE: Duration = Duration::from_secs(20);

struct Place {
    beam: Beam,
    notices: UnboundedReceiver<Notice>,
    clients: Vec<(Client, UdpSocket)>,
}

impl Place {
    fn new() -> Self {
        let doors = Doors::open(&Settings {
            port: 0,
            public: vec!["127.0.0.1".parse().unwrap()],
            loopback: true,
        })
        .unwrap();
        let (beam, notices) = Beam::start(doors).unwrap();
        Self {
            beam,
            notices,
            clients: Vec::new(),
        }
    }

    async fn come(&mut self, n: u8) -> Result<(), Denied> {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut client = Client::new(n, socket.local_addr().unwrap(), Instant::now());
        let join = client.join();
        let joined = self.beam.ask(move |core, now| core.join(now, join));
        client.joined(&joined.await.unwrap()?.answer);
        self.clients.push((client, socket));
        Ok(())
    }

    async fn go(&mut self) {
        let (client, _) = self.clients.pop().unwrap();
        let who = account(u128::from(client.n));
        let left = self
            .beam
            .ask(move |core, now| core.leave(now, who, client.session));
        left.await.unwrap();
    }

    async fn counts(&self) -> Counts {
        self.beam.ask(|core, _| core.counts()).await.unwrap()
    }

    /// Everybody talks and films until it is so.
    async fn until(&mut self, so: impl Fn(&[(Client, UdpSocket)]) -> bool) {
        let began = Instant::now();
        let (mut talked, mut filmed) = (began, began);
        let mut buffer = [0; 2_048];
        while !so(&self.clients) {
            assert!(began.elapsed() < PATIENCE, "it did not come to be");
            let now = Instant::now();
            let talk = now >= talked + Duration::from_millis(20);
            let film = now >= filmed + Duration::from_millis(33);
            for (client, socket) in &mut self.clients {
                while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    client.hear(now, from, &buffer[..length]);
                }
                if talk {
                    client.talk(now);
                }
                if film {
                    client.film(now);
                }
                client.advance(now);
                for (to, bytes) in client.drain() {
                    let _ = socket.send_to(&bytes, to);
                }
            }
            talked = if talk { now } else { talked };
            filmed = if film { now } else { filmed };
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn all_see_all(&mut self) {
        for (viewer, _) in &self.clients {
            let others = self.clients.iter().map(|(of, _)| of.session);
            let seen = others.map(|session| Seen {
                session,
                source: Source::Camera,
                width: 300,
                height: 170,
            });
            let seen: Vec<Seen> = seen.collect();
            let (who, session) = (account(u128::from(viewer.n)), viewer.session);
            let told = self
                .beam
                .ask(move |core, now| core.seen(now, who, session, seen));
            told.await.unwrap().unwrap();
        }
    }
}

fn all_get_all(clients: &[(Client, UdpSocket)]) -> bool {
    clients.iter().all(|(viewer, _)| {
        let mut others = clients.iter().filter(|(other, _)| other.n != viewer.n);
        others.all(|(other, _)| viewer.heard_of(other) > 10 && viewer.seen_of(other, 0) > 5)
    })
}

#[tokio::test]
async fn three_people_hear_and_see_each_other() {
    let mut place = Place::new();
    for n in 1..=3 {
        place.come(n).await.unwrap();
    }
    place.all_see_all().await;
    place.until(all_get_all).await;
    let call = place.beam.ask(|core, _| core.call(page())).await.unwrap();
    assert_eq!(call.unwrap().callers.len(), 3);
    for _ in 0..3 {
        place.go().await;
    }
    assert_eq!(place.counts().await, Counts::default());
    let over = loop {
        if let Notice::Over { people, .. } = place.notices.recv().await.unwrap() {
            break people;
        }
    };
    assert_eq!(over, 3);
}

#[tokio::test]
async fn twenty_who_come_and_go_leave_nothing() {
    let mut place = Place::new();
    place.come(1).await.unwrap();
    place.until(|clients| clients[0].0.connected).await;
    let alone = place.counts().await;
    for n in 0..20 {
        place.come(100 + n).await.unwrap();
        place.until(|clients| clients[1].0.connected).await;
        place.go().await;
        assert_eq!(place.counts().await, alone);
    }
}

#[tokio::test]
async fn noise_on_the_port_is_not_noticed() {
    let mut place = Place::new();
    for n in 1..=2 {
        place.come(n).await.unwrap();
    }
    place.all_see_all().await;
    place.until(all_get_all).await;
    let port = place.beam.ask(|core, _| core.addresses()[0]).await.unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    for length in 0..2_000_usize {
        let byte = (length * 37 % 251) as u8;
        let _ = stranger.send_to(&vec![byte; length], port);
    }
    for (client, _) in &mut place.clients {
        client.forget();
    }
    place.until(all_get_all).await;
    assert_eq!(place.counts().await.sessions, 2);
}

#[tokio::test]
async fn after_a_panic_calls_are_over_and_others_may_begin() {
    let mut place = Place::new();
    place.come(1).await.unwrap();
    let panicked = place.beam.ask(|_, _| -> () { panic!("as a fault would") });
    assert!(panicked.await.is_err());
    assert_eq!(place.counts().await, Counts::default());
    while !matches!(place.notices.recv().await.unwrap(), Notice::Over { .. }) {}
    place.clients.clear();
    for n in 1..=2 {
        place.come(n).await.unwrap();
    }
    place.all_see_all().await;
    place.until(all_get_all).await;
}
