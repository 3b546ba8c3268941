//! What a browser has between itself and the server: UDP, or TCP with the length before each datagram.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
};

use beam::Address;

pub(crate) enum Line {
    Udp(UdpSocket),
    Tcp { stream: TcpStream, came: Vec<u8> },
}

impl Line {
    pub(crate) fn udp() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self::Udp(socket)
    }

    pub(crate) fn tcp(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::Tcp {
            stream,
            came: Vec::new(),
        }
    }

    pub(crate) fn address(&self) -> Address {
        match self {
            Self::Udp(socket) => Address::udp(socket.local_addr().unwrap()),
            Self::Tcp { stream, .. } => Address::tcp(stream.local_addr().unwrap()),
        }
    }

    pub(crate) fn send(&mut self, to: SocketAddr, bytes: &[u8]) {
        match self {
            Self::Udp(socket) => {
                let _ = socket.send_to(bytes, to);
            }
            Self::Tcp { stream, .. } => {
                // What does not fit whole is lost whole: these tests send less than a socket holds.
                let _ = stream.write(&framed(bytes));
            }
        }
    }

    pub(crate) fn take(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        match self {
            Self::Udp(socket) => {
                let mut buffer = [0; 2_048];
                let (length, from) = socket.recv_from(&mut buffer).ok()?;
                Some((from, buffer[..length].to_vec()))
            }
            Self::Tcp { stream, came } => {
                let mut buffer = [0; 4_096];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    came.extend(&buffer[..length]);
                }
                let length = usize::from(u16::from_be_bytes([*came.first()?, *came.get(1)?]));
                let frame = came.get(2..2 + length)?.to_vec();
                came.drain(..2 + length);
                Some((stream.peer_addr().unwrap(), frame))
            }
        }
    }

    /// Whether the other side has closed it.
    pub(crate) fn is_cut(&self) -> bool {
        let Self::Tcp { stream, .. } = self else {
            return false;
        };
        match stream.peek(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }
}

pub(crate) fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut frame = u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    frame.extend(bytes);
    frame
}
