//! Connections: accepted, served within bounds of time and size, and let go of when the program stops.

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use anyhow::{Result, anyhow};
use axum::{Router, extract::ConnectInfo};
use beam::{Beam, Doors, Notice, Settings, Shut};
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::sleep,
};
use tower::ServiceExt;

use crate::{calls::Opened, stop::Stop};

/// For the whole head of a request; an idle connection is closed after it, too.
const HEAD: Duration = Duration::from_secs(30);
/// What a connection may buffer each way. A head that does not fit is answered with 431.
const BUFFER: usize = 64 * 1024;
/// Of a socket of calls, in bytes: what some people in one call send within a tenth of a second.
const ENOUGH: usize = 400 * 1024;

/// Every socket takes one, and a member holds one all day.
pub(crate) fn raise_open_files() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => tracing::debug!(files, "open files"),
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
    }
}

pub(crate) async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(listen).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow!(
            "STOA_LISTEN is {listen}, where another program listens already: stop it, or choose another port."
        ),
        io::ErrorKind::AddrNotAvailable => {
            anyhow!("STOA_LISTEN is {listen}, which is not an address of this machine.")
        }
        io::ErrorKind::PermissionDenied => {
            anyhow!("STOA_LISTEN is {listen}, a port that this user may not open.")
        }
        _ => anyhow!("STOA_LISTEN is {listen}, which cannot be opened: {error}."),
    })
}

/// Calls, and what they tell.
type Listening = (Beam, mpsc::UnboundedReceiver<Notice>);

/// The ports of calls; none, if they are somebody else's.
pub(crate) fn calls(settings: Option<Settings>) -> Result<Option<(Listening, Opened)>> {
    let Some(settings) = settings else {
        return Ok(None);
    };
    let doors = Doors::open(&settings).map_err(|shut| {
        let (name, port, error) = match shut {
            Shut::Udp(error) => ("STOA_CALL_UDP_PORT", settings.port, error),
            Shut::Tcp(error) => ("STOA_CALL_TCP_PORT", settings.tcp.unwrap_or(0), error),
        };
        anyhow!("{name} is {port}, which cannot be opened for calls: {error}.")
    })?;
    for address in doors.addresses() {
        tracing::info!(transport = ?address.transport, address = %address.socket, "calls");
    }
    if doors.buffer < ENOUGH {
        tracing::warn!(
            "calls may lose packets: the system gives their socket {} KB only; raise net.core.rmem_max and net.core.wmem_max to 4194304",
            doors.buffer / 1024
        );
    }
    let opened = Opened {
        addresses: doors.addresses(),
        set: !settings.public.is_empty(),
        buffer: doors.buffer,
    };
    Ok(Some((Beam::start(doors)?, opened)))
}

/// Until it is to stop; then open requests are answered, idle connections closed, and it returns when the last is
/// gone. A connection that has become a WebSocket does not count any more.
pub(crate) async fn serve(listener: TcpListener, router: Router, mut stop: Stop) {
    let (alive, mut all_gone) = mpsc::channel::<()>(1);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.wished() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Without it the small frames of a chat wait 40 ms for each other.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "no TCP_NODELAY");
                }
                let (router, stop, alive) = (router.clone(), stop.clone(), alive.clone());
                tokio::spawn(async move {
                    connection(stream, peer, router, stop).await;
                    drop(alive);
                });
            }
            Err(error) if is_theirs(&error) => {}
            Err(error) => {
                // Most likely no file handle is left: others are closing meanwhile.
                tracing::error!(%error, "no connection can be accepted");
                sleep(Duration::from_millis(200)).await;
            }
        }
    }
    drop((listener, alive));
    all_gone.recv().await;
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, mut stop: Stop) {
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = stop.wished() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// They went away while they waited to be accepted.
fn is_theirs(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}
