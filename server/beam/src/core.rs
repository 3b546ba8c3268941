//! The core: rooms, sessions, and what happens when something comes in. What a command does stands in `errand`,
//! where a packet goes in `pass`, what time brings in `allot`.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{AccountId, Call, Dropped, PageId, SessionId};
use str0m::{
    Event, Input, Output,
    bwe::BweKind,
    crypto::from_feature_flags,
    ice::StunMessage,
    net::{Protocol, Receive, Transmit},
    rtp::RtpPacket,
};

use crate::{
    outlet::{Key, Outlet},
    room::Room,
    session::{ADDRESSES, Common, Session},
    shapes::{Address, Datagram, Denied, Notice, Transport},
};

/// What is decided again and again: who is shown where, in which layer, who speaks, who is gone.
const TICK: Duration = Duration::from_millis(100);
/// Larger datagrams are not what browsers send.
const LARGEST: usize = 2_048;
/// What of one input is handled before the next one. A fault here must not become a standstill.
const STEPS: usize = 10_000;

pub struct Core {
    pub(crate) common: Common,
    pub(crate) rooms: HashMap<PageId, Room>,
    pub(crate) sessions: HashMap<SessionId, Session>,
    pub(crate) notices: VecDeque<Notice>,
    /// By an admin: whose it was, and which. The newest last.
    pub(crate) removed: VecDeque<(AccountId, SessionId)>,
    /// Those whose connection may have something to say.
    pub(crate) touched: Vec<SessionId>,
    /// Pictures somebody can only go on with from a keyframe.
    wanted: Vec<(Key, usize)>,
    by_address: HashMap<Address, SessionId>,
    by_ufrag: HashMap<String, SessionId>,
    packets: VecDeque<(SessionId, RtpPacket)>,
    datagrams: VecDeque<Datagram>,
    tick: Instant,
}

/// For tests and for the admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub rooms: usize,
    pub sessions: usize,
    pub addresses: usize,
    pub names: usize,
}

impl Core {
    /// `addresses` are those browsers are told to come to.
    pub fn new(addresses: Vec<Address>, now: Instant) -> Result<Self, Denied> {
        let crypto = Arc::new(from_feature_flags());
        let certificate = crypto.dtls_provider.generate_certificate();
        Ok(Self {
            common: Common {
                certificate: certificate.ok_or(Denied::Busy)?,
                crypto,
                addresses,
            },
            rooms: HashMap::new(),
            sessions: HashMap::new(),
            notices: VecDeque::new(),
            removed: VecDeque::new(),
            touched: Vec::new(),
            wanted: Vec::new(),
            by_address: HashMap::new(),
            by_ufrag: HashMap::new(),
            packets: VecDeque::new(),
            datagrams: VecDeque::new(),
            tick: now,
        })
    }

    pub fn poll_datagram(&mut self) -> Option<Datagram> {
        self.datagrams.pop_front()
    }

    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// Where browsers are told to come.
    pub fn addresses(&self) -> &[Address] {
        &self.common.addresses
    }

    pub fn counts(&self) -> Counts {
        Counts {
            rooms: self.rooms.len(),
            sessions: self.sessions.len(),
            addresses: self.by_address.len(),
            names: self.by_ufrag.len(),
        }
    }

    pub fn call(&self, page: PageId) -> Option<Call> {
        let room = self.rooms.get(&page)?;
        Some(room.state(&self.sessions))
    }

    /// None while there is nobody.
    pub fn next_timeout(&self) -> Option<Instant> {
        let sessions = self.sessions.values().map(|session| session.clock.due());
        let first = sessions.min()?;
        Some(first.min(self.tick))
    }

    pub fn timeout(&mut self, now: Instant) {
        for session in self.sessions.values_mut() {
            if session.clock.due() <= now {
                session.clock.owe_all();
                self.touched.push(session.id);
            }
        }
        self.settle(now);
        if self.tick <= now {
            self.tick = now + TICK;
            self.decide(now);
        }
        self.tell(now);
    }

    /// One datagram, from a browser to one of our addresses. False if it is nobody's: whoever sent it has shown nothing.
    /// What it brings about for others waits until [`Core::settle`], so that several go in at once.
    pub fn receive(&mut self, now: Instant, from: Address, to: SocketAddr, bytes: &[u8]) -> bool {
        if bytes.len() > LARGEST {
            return false;
        }
        let protocol = match from.transport {
            Transport::Udp => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        };
        let Ok(receive) = Receive::new(protocol, from.socket, to, bytes) else {
            return false;
        };
        // A question of ICE says whom it is for (RFC 8445 §7.2.2); all else is known by where it comes from.
        let name = StunMessage::parse(bytes).ok();
        let name = name.as_ref().and_then(|stun| stun.split_username());
        let is_stun = name.is_some();
        let id = match name {
            Some((ufrag, _)) => self.by_ufrag.get(ufrag),
            None => self.by_address.get(&from),
        };
        let Some(session) = id.and_then(|id| self.sessions.get_mut(id)) else {
            return false;
        };
        if !session.bucket.take(now, bytes.len()) && !is_stun {
            return false;
        }
        let input = Input::Receive(now, receive);
        if !session.rtc.accepts(&input) {
            return false;
        }
        session.heard = now;
        let id = session.id;
        // With what it is given it is told the time.
        session.clock.tell();
        if session.rtc.handle_input(input).is_err() {
            session.rtc.disconnect();
        }
        if is_report(bytes) && session.clock.owe_all() {
            // Perhaps packets were lost: they are sent again one at a time.
            self.touched.push(id);
        }
        if is_stun && !session.addresses.contains(&from) {
            session.addresses.push(from);
            let gone = (session.addresses.len() > ADDRESSES).then(|| session.addresses.remove(0));
            if let Some(gone) = gone {
                self.by_address.remove(&gone);
            }
            self.by_address.insert(from, id);
        }
        // Before its next datagram: a connection hands over no more than the packets of one.
        self.drain(now, id);
        while let Some((from, packet)) = self.packets.pop_front() {
            self.pass(now, from, &packet);
        }
        true
    }

    /// Until nothing has anything to say any more.
    pub fn settle(&mut self, now: Instant) {
        for _ in 0..STEPS {
            if let Some(id) = self.touched.pop() {
                self.turn(now, id);
            } else if let Some((from, packet)) = self.packets.pop_front() {
                self.pass(now, from, &packet);
            } else if let Some((key, layer)) = self.wanted.pop() {
                self.want_keyframe(now, key, layer);
            } else {
                return;
            }
        }
        tracing::error!("calls do not come to rest");
        self.touched.clear();
        self.packets.clear();
        self.wanted.clear();
    }

    /// This connection has something to say, and is told the time so that it does.
    pub(crate) fn touch(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.clock.owe();
            self.touched.push(id);
        }
    }

    /// Tells a connection the time as often as it is owed.
    fn turn(&mut self, now: Instant, id: SessionId) {
        for _ in 0..STEPS {
            let Some(session) = self.sessions.get_mut(&id) else {
                return;
            };
            if !session.clock.take() {
                return;
            }
            session.clock.tell();
            if session.advance(now).is_err() {
                session.rtc.disconnect();
            }
            if !self.drain(now, id)
                && let Some(session) = self.sessions.get_mut(&id)
            {
                session.clock.rest();
            }
        }
    }

    /// Takes out what a connection has to say. True if it has sent something and may have more.
    fn drain(&mut self, now: Instant, id: SessionId) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else {
            return false;
        };
        for _ in 0..STEPS {
            match session.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    // A connection that is closed asks for nothing any more; the next tick takes it away.
                    return session.clock.want(now, at);
                }
                Ok(Output::Transmit(transmit)) => {
                    let given = session.has_given(&transmit.contents);
                    session.clock.send(given);
                    self.datagrams.push_back(datagram(transmit));
                    if given && session.clock.is_owed() {
                        // The last time is enough to hear what else it has to say: events and reports come before.
                        return true;
                    }
                }
                Ok(Output::Event(event)) => match event {
                    Event::RtpPacket(packet) => self.packets.push_back((id, packet)),
                    Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                        session.line.steady(estimate.as_u64());
                    }
                    Event::PeerStats(stats) => {
                        session.line.now(stats.bwe_tx.map(|bits| bits.as_u64()));
                    }
                    Event::KeyframeRequest(request) => {
                        let of = |outlet: &&Outlet| outlet.mid == request.mid;
                        let outlet = session.pictures.iter().find(of);
                        self.wanted
                            .extend(outlet.and_then(|of| Some((of.shows?, of.layer?))));
                    }
                    _ => {}
                },
                Err(error) => {
                    tracing::debug!(%error, session = %id, "a connection has failed");
                    session.rtc.disconnect();
                    session.clock.stop(now + TICK);
                    return false;
                }
            }
        }
        false
    }

    /// Lets the room be found by its members, the session by what comes for it.
    pub(crate) fn admit(&mut self, session: Session) {
        self.by_ufrag.insert(session.ufrag.clone(), session.id);
        self.sessions.insert(session.id, session);
    }

    /// Under its new name, after an ICE restart.
    pub(crate) fn rename(&mut self, id: SessionId, before: &str) {
        if let Some(session) = self.sessions.get(&id) {
            self.by_ufrag.remove(before);
            self.by_ufrag.insert(session.ufrag.clone(), id);
        }
    }

    /// Takes a session out of everything; the last one takes its room along.
    pub(crate) fn end(&mut self, now: Instant, id: SessionId) {
        let Some(mut session) = self.sessions.remove(&id) else {
            return;
        };
        // Says goodbye to the browser, as far as that is one datagram.
        let _ = session.rtc.close();
        for _ in 0..8 {
            if let Ok(Output::Transmit(transmit)) = session.rtc.poll_output() {
                self.datagrams.push_back(datagram(transmit));
            } else {
                break;
            }
        }
        self.by_ufrag.remove(&session.ufrag);
        for address in &session.addresses {
            if self.by_address.get(address) == Some(&id) {
                self.by_address.remove(address);
            }
        }
        let Some(room) = self.rooms.get_mut(&session.page) else {
            return;
        };
        room.order.retain(|of| *of != id);
        room.change();
        if room.order.is_empty() {
            self.close(session.page);
        } else {
            self.arrange(now, session.page);
        }
    }

    fn close(&mut self, page: PageId) {
        let Some(room) = self.rooms.remove(&page).filter(|room| !room.trial) else {
            return;
        };
        self.notices
            .push_back(Notice::Call(room.state(&self.sessions)));
        self.notices.push_back(Notice::Over {
            call: room.call,
            page,
            by: room.by,
            since: room.since,
            people: room.people.len(),
        });
    }

    /// Forgets everybody, and says so: for when nothing here can be relied on any more.
    pub(crate) fn abandon(&mut self) -> Vec<Notice> {
        self.notices.clear();
        let sessions = std::mem::take(&mut self.sessions);
        for session in sessions.values().filter(|of| of.trial.is_none()) {
            self.notices.push_back(Notice::Dropped {
                account: session.account,
                session: session.id,
                why: Dropped::Over,
            });
        }
        let pages: Vec<PageId> = self.rooms.keys().copied().collect();
        for page in pages {
            if let Some(room) = self.rooms.get_mut(&page) {
                room.order.clear();
                room.change();
            }
            self.close(page);
        }
        self.by_address.clear();
        self.by_ufrag.clear();
        self.touched.clear();
        self.packets.clear();
        self.wanted.clear();
        self.datagrams.clear();
        self.notices.drain(..).collect()
    }

    /// The states and slots that have changed.
    pub(crate) fn tell(&mut self, now: Instant) {
        for room in self.rooms.values_mut() {
            if room.tells(now) {
                self.notices
                    .push_back(Notice::Call(room.state(&self.sessions)));
            }
        }
        for session in self.sessions.values_mut() {
            if std::mem::take(&mut session.moved) && session.trial.is_none() {
                self.notices.push_back(Notice::Slots {
                    account: session.account,
                    session: session.id,
                    slots: session.slots(),
                });
            }
        }
    }
}

/// RTCP (RFC 7983 §7, RFC 5761 §4).
fn is_report(bytes: &[u8]) -> bool {
    matches!(bytes, [128..=191, 192..=223, ..])
}

fn datagram(transmit: Transmit) -> Datagram {
    let destination = match transmit.proto {
        Protocol::Udp => Address::udp(transmit.destination),
        // The other two are not offered.
        _ => Address::tcp(transmit.destination),
    };
    Datagram {
        source: transmit.source,
        destination,
        bytes: transmit.contents,
    }
}
