//! A call without sockets: time passes when a test says so.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use beam::{Address, Core, Denied, Joined, Notice};
use domain::{Slot, Source, call::Seen};

use super::{Client, account, server};

const STEP: Duration = Duration::from_millis(5);

/// The core and its browsers, and nothing but memory between them.
pub(crate) struct World {
    pub(crate) core: Core,
    pub(crate) clients: Vec<Client>,
    pub(crate) now: Instant,
    pub(crate) notices: Vec<Notice>,
    /// Datagrams to these are lost, and from them.
    pub(crate) cut: Vec<u8>,
    pub(crate) last_in: Option<(Address, Vec<u8>)>,
    steps: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self {
            core: Core::new(vec![Address::udp(server()), Address::tcp(server())], now).unwrap(),
            clients: Vec::new(),
            now,
            notices: Vec::new(),
            cut: Vec::new(),
            last_in: None,
            steps: 0,
        }
    }

    /// Somebody joins, and it takes a moment until they are connected.
    pub(crate) fn with(people: u8) -> Self {
        let mut world = Self::new();
        for n in 1..=people {
            world.add(n).unwrap();
        }
        world.run(500);
        world
    }

    pub(crate) fn add(&mut self, n: u8) -> Result<Joined, Denied> {
        let address = SocketAddr::from(([127, 0, 0, 1], 10_000 + u16::from(n)));
        self.add_at(n, Address::udp(address))
    }

    pub(crate) fn add_at(&mut self, n: u8, address: Address) -> Result<Joined, Denied> {
        let mut client = Client::new(n, address, self.now);
        let joined = self.core.join(self.now, client.join())?;
        client.joined(&joined.answer);
        self.clients.push(client);
        self.exchange();
        Ok(joined)
    }

    pub(crate) fn run(&mut self, millis: u64) {
        for _ in 0..millis / 5 {
            self.now += STEP;
            self.steps += 1;
            let (now, steps) = (self.now, self.steps);
            for client in &mut self.clients {
                if steps % 4 == 0 {
                    client.talk(now);
                }
                if steps % 6 == 0 {
                    client.film(now);
                }
                client.advance(now);
            }
            if self.core.next_timeout().is_some_and(|next| next <= now) {
                self.core.timeout(now);
            }
            self.exchange();
        }
    }

    fn exchange(&mut self) {
        let now = self.now;
        for _ in 0..1_000 {
            let mut quiet = true;
            for client in &mut self.clients {
                for (to, bytes) in client.drain() {
                    quiet = false;
                    if to == server() && !self.cut.contains(&client.n) {
                        self.core.receive(now, client.address, to, &bytes);
                        self.last_in = Some((client.address, bytes));
                    }
                }
            }
            self.core.settle(now);
            while let Some(datagram) = self.core.poll_datagram() {
                quiet = false;
                let to = |client: &&mut Client| client.address == datagram.destination;
                let client = self.clients.iter_mut().find(to);
                if let Some(client) = client.filter(|client| !self.cut.contains(&client.n)) {
                    client.hear(now, datagram.source, &datagram.bytes);
                }
            }
            while let Some(notice) = self.core.poll_notice() {
                self.notices.push(notice);
            }
            if quiet {
                return;
            }
        }
        panic!("it does not come to rest");
    }

    pub(crate) fn sees(&mut self, viewer: usize, others: &[(usize, Source, u32, u32)]) {
        let seen = |(of, source, width, height): &(usize, Source, u32, u32)| Seen {
            session: self.clients[*of].session,
            source: *source,
            width: *width,
            height: *height,
        };
        let seen = others.iter().map(seen).collect();
        let client = &self.clients[viewer];
        let (session, account) = (client.session, account(u128::from(client.n)));
        self.core.seen(self.now, account, session, seen).unwrap();
        self.exchange();
    }

    pub(crate) fn forget(&mut self) {
        for client in &mut self.clients {
            client.forget();
        }
        self.notices.clear();
    }

    /// What this session was told last of its slots.
    pub(crate) fn slots(&self, of: usize) -> Option<&[Slot]> {
        let id = self.clients[of].session;
        self.notices.iter().rev().find_map(|notice| match notice {
            Notice::Slots { session, slots, .. } if *session == id => Some(slots.as_slice()),
            _ => None,
        })
    }
}
