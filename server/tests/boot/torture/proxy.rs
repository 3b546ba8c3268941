//! A bad network between the clients and the program.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Nothing comes through, and nobody is told.
    HalfOpen,
    /// What is asked arrives; the answer never does.
    AnswersLost,
    /// Answers take long.
    Late,
}

#[derive(Clone)]
pub(super) struct Proxy(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    target: Mutex<String>,
    fault: Mutex<Fault>,
    /// Connections that are older than this are cut.
    generation: AtomicU64,
    posted: AtomicUsize,
}

impl Proxy {
    pub(super) fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self(Arc::new(Inner {
            address: listener.local_addr().unwrap(),
            target: Mutex::new(target.to_owned()),
            fault: Mutex::new(Fault::None),
            generation: AtomicU64::new(0),
            posted: AtomicUsize::new(0),
        }));
        let accepting = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                accepting.clone().carry(&client);
            }
        });
        proxy
    }

    pub(super) fn address(&self) -> Address {
        Address(self.clone())
    }

    pub(super) fn lead_to(&self, target: &str) {
        target.clone_into(&mut self.0.target.lock().unwrap());
    }

    pub(super) fn fault(&self, fault: Fault) {
        *self.0.fault.lock().unwrap() = fault;
    }

    pub(super) fn cut_all(&self) {
        self.0.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// How many messages all clients know to be stored.
    pub(super) fn posted(&self) -> usize {
        self.0.posted.load(Ordering::SeqCst)
    }

    fn carry(self, client: &TcpStream) {
        let target = self.0.target.lock().unwrap().clone();
        let Ok(server) = TcpStream::connect(target) else {
            return;
        };
        let generation = self.0.generation.load(Ordering::SeqCst);
        for (from, to, answers) in [(client, &server, false), (&server, client, true)] {
            let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else {
                return;
            };
            let proxy = self.clone();
            thread::spawn(move || proxy.copy(from, to, answers, generation));
        }
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream, answers: bool, generation: u64) {
        let _ = from.set_read_timeout(Some(Duration::from_millis(20)));
        let mut part = [0; 8192];
        loop {
            if self.0.generation.load(Ordering::SeqCst) != generation {
                break;
            }
            match from.read(&mut part) {
                Ok(0) => break,
                Ok(length) => {
                    let fault = *self.0.fault.lock().unwrap();
                    match fault {
                        Fault::HalfOpen => continue,
                        Fault::AnswersLost if answers => continue,
                        Fault::Late if answers => thread::sleep(Duration::from_millis(120)),
                        _ => {}
                    }
                    if to.write_all(&part[..length]).is_err() {
                        break;
                    }
                }
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => break,
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}

/// What a client knows of it.
#[derive(Clone)]
pub(super) struct Address(Proxy);

impl Address {
    pub(super) fn host(&self) -> String {
        self.0.0.address.to_string()
    }

    pub(super) fn stored(&self) {
        self.0.0.posted.fetch_add(1, Ordering::SeqCst);
    }
}
