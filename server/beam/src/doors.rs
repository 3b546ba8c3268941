//! The sockets calls come in by: one port, on every address that is offered to browsers.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    task::{Context, Poll},
};

use socket2::{Domain, Protocol, Socket, Type};

/// Half a second of a hundred pictures. The system may give less.
const BUFFER: usize = 4 * 1024 * 1024;
/// Addresses that are offered: each is one more that browsers try.
const MOST: usize = 8;

#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// 0: any.
    pub port: u16,
    /// As browsers reach this machine. Empty: the addresses it has itself.
    pub public: Vec<IpAddr>,
    /// Also offer this machine to itself.
    pub loopback: bool,
}

/// Open sockets, before anybody listens to them.
pub struct Doors {
    doors: Vec<(UdpSocket, Vec<SocketAddr>)>,
    /// What the system gives of the buffer that was asked for, in bytes.
    pub buffer: usize,
}

impl Doors {
    pub fn open(settings: &Settings) -> io::Result<Self> {
        let mut port = settings.port;
        let mut doors: Vec<(UdpSocket, Vec<SocketAddr>)> = Vec::new();
        let mut buffer = 0;
        let mut add = |ip: IpAddr, offered: Vec<IpAddr>, port: &mut u16| -> io::Result<()> {
            let (socket, got) = bind(SocketAddr::new(ip, *port))?;
            *port = socket.local_addr()?.port();
            buffer = got;
            let offered = offered
                .iter()
                .map(|ip| SocketAddr::new(*ip, *port))
                .collect();
            doors.push((socket, offered));
            Ok(())
        };
        let own = own_addresses();
        let mut offered = settings.public.clone();
        if offered.is_empty() {
            offered.clone_from(&own);
        }
        offered.truncate(MOST);
        // Without any network, this machine still talks to itself.
        if (settings.loopback || offered.is_empty())
            && !offered.contains(&Ipv4Addr::LOCALHOST.into())
        {
            offered.push(Ipv4Addr::LOCALHOST.into());
        }
        for family in [IpAddr::is_ipv4, IpAddr::is_ipv6] {
            let of: Vec<IpAddr> = offered.iter().copied().filter(family).collect();
            let ours = |ip: &IpAddr| own.contains(ip) || ip.is_loopback();
            if of.iter().all(ours) {
                for ip in of {
                    add(ip, vec![ip], &mut port)?;
                }
            } else {
                // Somebody else has the address and sends on to us: whatever way that comes.
                let any = match of[0] {
                    IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
                    IpAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
                };
                add(any, of, &mut port)?;
            }
        }
        Ok(Self { doors, buffer })
    }

    /// What browsers are told.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let offered = self.doors.iter().flat_map(|(_, offered)| offered);
        offered.copied().collect()
    }

    /// Needs a runtime.
    pub(crate) fn listen(self) -> io::Result<Listening> {
        let doors = self.doors.into_iter().map(|(socket, offered)| {
            Ok(Door {
                socket: tokio::net::UdpSocket::from_std(socket)?,
                offered,
            })
        });
        Ok(Listening {
            doors: doors.collect::<io::Result<_>>()?,
            first: 0,
        })
    }
}

pub(crate) struct Listening {
    doors: Vec<Door>,
    first: usize,
}

struct Door {
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

    /// The next datagram at this door: its bytes, where it came from, and which of our addresses it came to.
    pub(crate) fn take<'a>(
        &self,
        door: usize,
        buffer: &'a mut [u8],
    ) -> Option<(&'a [u8], SocketAddr, SocketAddr)> {
        let door = &self.doors[door];
        // An error of the one before (RFC 1122 §4.1.3.3) is not about this one.
        for _ in 0..4 {
            match door.socket.try_recv_from(buffer) {
                Ok((length, from)) => return Some((&buffer[..length], from, door.offered[0])),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(_) => {}
            }
        }
        None
    }

    /// What does not fit the socket is lost, as on the way.
    pub(crate) fn send(&self, source: SocketAddr, destination: SocketAddr, bytes: &[u8]) {
        let door = self
            .doors
            .iter()
            .find(|door| door.offered.contains(&source));
        if let Some(door) = door {
            let _ = door.socket.try_send_to(bytes, destination);
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<(UdpSocket, usize)> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    // Linux counts its own bookkeeping twice over.
    let buffer = socket.recv_buffer_size()? / 2;
    socket.bind(&address.into())?;
    Ok((socket.into(), buffer))
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
