//! The sockets calls come in by: one port of UDP and perhaps one of TCP, on every address that is offered to browsers.

use std::{
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket},
    task::{Context, Poll},
    time::Instant,
};

use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;

use crate::{segments::Segments, shapes::Address, tcp::Wires};

/// Addresses that are offered: each is one more that browsers try.
const MOST: usize = 8;
/// Datagrams, or rows of them from one sender, that are taken in one go.
const TOGETHER: usize = 16;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 128;

#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// 0: any.
    pub port: u16,
    /// Of TCP; 0: any. None: only UDP.
    pub tcp: Option<u16>,
    /// As browsers reach this machine. Empty: the addresses it has itself.
    pub public: Vec<IpAddr>,
    /// Also offer this machine to itself.
    pub loopback: bool,
}

/// Open sockets, before anybody listens to them.
pub struct Doors {
    sockets: Vec<(UdpSocket, Vec<SocketAddr>)>,
    listeners: Vec<(TcpListener, Vec<SocketAddr>)>,
    /// What the system gives of the buffer that was asked for, in bytes.
    pub buffer: usize,
}

/// Which door does not open.
#[derive(Debug, thiserror::Error)]
pub enum Shut {
    #[error("the UDP port of calls: {0}")]
    Udp(io::Error),
    #[error("the TCP port of calls: {0}")]
    Tcp(io::Error),
}

impl Doors {
    /// What is asked of the system for each socket, in bytes: half a second of a hundred pictures.
    pub const BUFFER: usize = 4 * 1024 * 1024;

    pub fn open(settings: &Settings) -> Result<Self, Shut> {
        let places = places(settings);
        let mut buffer = 0;
        let bind = |address| {
            let (socket, got) = datagrams(address)?;
            buffer = got;
            Ok((socket.local_addr()?.port(), socket))
        };
        let sockets = on_one_port(&places, settings.port, bind).map_err(Shut::Udp)?;
        let bind = |address| {
            let listener = listener(address)?;
            Ok((listener.local_addr()?.port(), listener))
        };
        let listeners = settings
            .tcp
            .map(|port| on_one_port(&places, port, bind))
            .transpose()
            .map_err(Shut::Tcp)?;
        Ok(Self {
            sockets,
            listeners: listeners.unwrap_or_default(),
            buffer,
        })
    }

    /// What browsers are told.
    pub fn addresses(&self) -> Vec<Address> {
        let udp = self.sockets.iter().flat_map(|(_, offered)| offered);
        let tcp = self.listeners.iter().flat_map(|(_, offered)| offered);
        let udp = udp.copied().map(Address::udp);
        udp.chain(tcp.copied().map(Address::tcp)).collect()
    }

    /// Needs a runtime.
    pub(crate) fn listen(self, now: Instant) -> io::Result<(Listening, Wires)> {
        let doors = self.sockets.into_iter().map(|(socket, offered)| {
            Ok(Door {
                state: UdpSocketState::new((&socket).into())?,
                socket: tokio::net::UdpSocket::from_std(socket)?,
                offered,
            })
        });
        let listening = Listening {
            doors: doors.collect::<io::Result<_>>()?,
            first: 0,
        };
        let listeners = self.listeners.into_iter();
        let listeners = listeners.map(|(listener, offered)| (listener, offered[0]));
        Ok((listening, Wires::listen(listeners.collect(), now)?))
    }
}

/// Where to bind, and the addresses this is offered as; never none of them.
fn places(settings: &Settings) -> Vec<(IpAddr, Vec<IpAddr>)> {
    let own = own_addresses();
    let mut offered = settings.public.clone();
    if offered.is_empty() {
        offered.clone_from(&own);
    }
    offered.truncate(MOST);
    // Without any network, this machine still talks to itself.
    if (settings.loopback || offered.is_empty()) && !offered.contains(&Ipv4Addr::LOCALHOST.into()) {
        offered.push(Ipv4Addr::LOCALHOST.into());
    }
    let mut places = Vec::new();
    for family in [IpAddr::is_ipv4, IpAddr::is_ipv6] {
        let of: Vec<IpAddr> = offered.iter().copied().filter(family).collect();
        let ours = |ip: &IpAddr| own.contains(ip) || ip.is_loopback();
        if of.iter().all(ours) {
            places.extend(of.into_iter().map(|ip| (ip, vec![ip])));
        } else {
            // Somebody else has the address and sends on to us: whatever way that comes.
            let any = match of[0] {
                IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
                IpAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
            };
            places.push((any, of));
        }
    }
    places
}

/// Where any port will do, the first one's is everybody's.
fn on_one_port<S>(
    places: &[(IpAddr, Vec<IpAddr>)],
    mut port: u16,
    mut bind: impl FnMut(SocketAddr) -> io::Result<(u16, S)>,
) -> io::Result<Vec<(S, Vec<SocketAddr>)>> {
    let mut open = Vec::new();
    for (ip, offered) in places {
        let (got, socket) = bind(SocketAddr::new(*ip, port))?;
        port = got;
        let offered = offered.iter().map(|ip| SocketAddr::new(*ip, port));
        open.push((socket, offered.collect()));
    }
    Ok(open)
}

pub(crate) struct Listening {
    doors: Vec<Door>,
    first: usize,
}

struct Door {
    state: UdpSocketState,
    socket: tokio::net::UdpSocket,
    offered: Vec<SocketAddr>,
}

impl Listening {
    /// Which door somebody is at; none of them twice before the others.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        for step in 0..self.doors.len() {
            let index = (self.first + step) % self.doors.len();
            if self.doors[index].socket.poll_recv_ready(context).is_ready() {
                self.first = index + 1;
                return Poll::Ready(index);
            }
        }
        Poll::Pending
    }

    /// What has come to this door: each datagram with its sender and the address of ours it came to.
    pub(crate) fn take(
        &self,
        door: usize,
        mail: &mut Mail,
        mut each: impl FnMut(SocketAddr, SocketAddr, &[u8]),
    ) {
        let door = &self.doors[door];
        let mut buffers = mail.buffers.each_mut().map(|of| IoSliceMut::new(of));
        // An error of one that was sent (RFC 1122 §4.1.3.3) is not about those that have come.
        let take = || (door.state).recv((&door.socket).into(), &mut buffers, &mut mail.about);
        let Ok(count) = door.socket.try_io(Interest::READABLE, take) else {
            return;
        };
        for (about, buffer) in mail.about.iter().zip(&mail.buffers).take(count) {
            // The system may bring several of one sender in a row.
            for datagram in buffer[..about.len].chunks(about.stride.max(1)) {
                each(about.addr, door.offered[0], datagram);
            }
        }
    }

    /// What does not fit the socket is lost, as on the way.
    pub(crate) fn send(&self, segments: &Segments) {
        let Some((source, destination)) = segments.ends() else {
            return;
        };
        let mut doors = self.doors.iter();
        let Some(door) = doors.find(|door| door.offered.contains(&source)) else {
            return;
        };
        let (bytes, length) = segments.bytes();
        let send = |contents, segment_size| {
            let transmit = Transmit {
                destination,
                ecn: None,
                contents,
                segment_size,
                src_ip: None,
            };
            let send = || door.state.try_send((&door.socket).into(), &transmit);
            door.socket.try_io(Interest::WRITABLE, send)
        };
        if door.state.max_gso_segments() > 1 || bytes.len() <= length {
            match send(bytes, Some(length)) {
                // The network card may not be able to, which it says only now.
                Err(_) if door.state.max_gso_segments() == 1 => {}
                _ => return,
            }
        }
        for datagram in bytes.chunks(length.max(1)) {
            let _ = send(datagram, None);
        }
    }
}

/// Where datagrams are put as they come.
pub(crate) struct Mail {
    buffers: [Vec<u8>; TOGETHER],
    about: [RecvMeta; TOGETHER],
}

impl Mail {
    pub(crate) fn new() -> Self {
        Self {
            buffers: std::array::from_fn(|_| vec![0; 65_536]),
            about: Default::default(),
        }
    }
}

fn datagrams(address: SocketAddr) -> io::Result<(UdpSocket, usize)> {
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    let _ = socket.set_recv_buffer_size(Doors::BUFFER);
    let _ = socket.set_send_buffer_size(Doors::BUFFER);
    // Linux counts its own bookkeeping twice over.
    let buffer = socket.recv_buffer_size()? / 2;
    socket.bind(&address.into())?;
    Ok((socket.into(), buffer))
}

fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(address, Type::STREAM, Protocol::TCP)?;
    // Connections of the program before this one may still be closing.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Without those that lead nowhere from elsewhere.
fn own_addresses() -> Vec<IpAddr> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let mut own: Vec<IpAddr> = all
        .into_iter()
        .filter(|interface| !interface.is_loopback())
        .map(|interface| interface.ip())
        .filter(|ip| match ip {
            IpAddr::V4(ip) => !ip.is_link_local(),
            IpAddr::V6(ip) => !ip.is_unicast_link_local(),
        })
        .collect();
    own.dedup();
    own
}
