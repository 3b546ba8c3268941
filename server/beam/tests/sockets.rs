//! The same through real sockets, on loopback.
#![allow(clippy::unwrap_used, reason = "only tests do")]

mod support;

use std::{
    io::Write,
    net::{SocketAddr, TcpStream, UdpSocket},
    time::{Duration, Instant},
};

use beam::{Beam, Counts, Denied, Doors, Notice, Settings, Shut, Transport};
use domain::{Source, call::Seen};
use support::{Client, Line, account, framed, page};
use tokio::sync::mpsc::UnboundedReceiver;

const PATIENCE: Duration = Duration::from_secs(20);

struct Place {
    beam: Beam,
    notices: UnboundedReceiver<Notice>,
    clients: Vec<(Client, Line)>,
    /// Everything that went over TCP.
    over_tcp: Vec<Vec<u8>>,
}

impl Place {
    fn new() -> Self {
        let doors = Doors::open(&Settings {
            port: 0,
            tcp: Some(0),
            public: vec!["127.0.0.1".parse().unwrap()],
            loopback: true,
        })
        .unwrap();
        let (beam, notices) = Beam::start(doors).unwrap();
        Self {
            beam,
            notices,
            clients: Vec::new(),
            over_tcp: Vec::new(),
        }
    }

    async fn come(&mut self, n: u8) -> Result<(), Denied> {
        self.come_by(n, Line::udp()).await
    }

    async fn come_by(&mut self, n: u8, line: Line) -> Result<(), Denied> {
        let mut client = Client::new(n, line.address(), Instant::now());
        let join = client.join();
        let joined = self.beam.ask(move |core, now| core.join(now, join));
        client.joined(&joined.await.unwrap()?.answer);
        self.clients.push((client, line));
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

    async fn door(&self, transport: Transport) -> SocketAddr {
        let addresses = self.beam.ask(|core, _| core.addresses().to_vec()).await;
        let addresses = addresses.unwrap().into_iter();
        let mut of = addresses.filter(|address| address.transport == transport);
        of.next().unwrap().socket
    }

    async fn counts(&self) -> Counts {
        self.beam.ask(|core, _| core.counts()).await.unwrap()
    }

    /// Everybody talks and films until it is so.
    async fn until(&mut self, so: impl Fn(&[(Client, Line)]) -> bool) {
        let began = Instant::now();
        let (mut talked, mut filmed) = (began, began);
        while !so(&self.clients) {
            assert!(began.elapsed() < PATIENCE, "it did not come to be");
            let now = Instant::now();
            let talk = now >= talked + Duration::from_millis(20);
            let film = now >= filmed + Duration::from_millis(33);
            for (client, line) in &mut self.clients {
                while let Some((from, bytes)) = line.take() {
                    client.hear(now, from, &bytes);
                }
                if talk {
                    client.talk(now);
                }
                if film {
                    client.film(now);
                }
                client.advance(now);
                for (to, bytes) in client.drain() {
                    line.send(to, &bytes);
                    if let Line::Tcp { .. } = line {
                        self.over_tcp.push(bytes);
                    }
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

fn all_get_all(clients: &[(Client, Line)]) -> bool {
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
    let port = place.door(Transport::Udp).await;
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

#[tokio::test]
async fn who_has_only_tcp_hears_and_sees_the_others_and_they_them() {
    let mut place = Place::new();
    let port = place.door(Transport::Tcp).await;
    place.come(1).await.unwrap();
    place.come_by(2, Line::tcp(port)).await.unwrap();
    place.come(3).await.unwrap();
    place.all_see_all().await;
    place.until(all_get_all).await;
    assert!(place.over_tcp.len() > 20);
}

#[tokio::test]
async fn noise_on_the_tcp_port_is_not_noticed() {
    let mut place = Place::new();
    let port = place.door(Transport::Tcp).await;
    place.come(1).await.unwrap();
    place.come_by(2, Line::tcp(port)).await.unwrap();
    place.all_see_all().await;
    place.until(all_get_all).await;

    // More than may be here at once: they say nothing, and the first of them give way.
    let silent: Vec<Line> = (0..200).map(|_| Line::tcp(port)).collect();
    let mut strangers = Vec::new();
    let mut say = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(port).unwrap();
        // It may be cut while it speaks.
        let _ = stream.write_all(bytes);
        strangers.push(stream);
    };
    for length in [1, 2, 3, 20, 100, 5_000] {
        let random: Vec<u8> = (0..length).map(|n| (n * 37 % 251) as u8).collect();
        say(&random);
        say(&framed(&random));
    }
    say(&framed(&[0; 0]));
    say(&framed(&[0; 3_000]));
    let heard = std::mem::take(&mut place.over_tcp);
    say(&framed(&heard[0])[..10]);
    let replayed: Vec<u8> = heard.iter().flat_map(|bytes| framed(bytes)).collect();
    for _ in 0..5 {
        say(&replayed);
    }
    for (client, _) in &mut place.clients {
        client.forget();
    }
    place.until(all_get_all).await;
    place
        .until(|_| silent.iter().filter(|line| line.is_cut()).count() >= 160)
        .await;
    assert_eq!(place.counts().await.sessions, 2);
    // And whoever belongs here gets in past them.
    place.come_by(3, Line::tcp(port)).await.unwrap();
    place.all_see_all().await;
    for (client, _) in &mut place.clients {
        client.forget();
    }
    place.until(all_get_all).await;
}

#[tokio::test]
async fn who_does_not_read_keeps_nobody_else_waiting() {
    let mut place = Place::new();
    let port = place.door(Transport::Tcp).await;
    for n in 1..=2 {
        place.come(n).await.unwrap();
    }
    place.come_by(3, Line::tcp(port)).await.unwrap();
    place.all_see_all().await;
    place.until(all_get_all).await;
    // Still there, but it takes nothing any more.
    let (_stuck, _line) = place.clients.pop().unwrap();
    for (client, _) in &mut place.clients {
        client.forget();
    }
    let many = |clients: &[(Client, Line)]| clients[0].0.heard_of(&clients[1].0) > 150;
    let began = Instant::now();
    place.until(many).await;
    assert!(began.elapsed() < Duration::from_secs(6));
}

#[test]
fn a_port_that_another_program_has_is_named_by_its_kind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Settings {
        tcp: Some(taken.local_addr().unwrap().port()),
        loopback: true,
        ..Settings::default()
    };
    assert!(matches!(Doors::open(&settings), Err(Shut::Tcp(_))));
}
