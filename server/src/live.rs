//! `/mqtt`: a WebSocket for the hub, opened by somebody who is signed in, from one of our own pages.

mod pulse;

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    response::{IntoResponse, Response},
};
use backend::{Answering, Backend, Bus, Listener, Online};
use bytes::Bytes;
use domain::{AccountId, Refusal, Topic};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use hub::{Action, Hub, Rights, Transport, Upstream};
use serde_json::Value;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use crate::{
    calls::Calls,
    router::Site,
    security::{may_connect, refuse, session_token},
};
use pulse::{Beat, Pulse};

/// One MQTT packet of a browser is far smaller; the hub has its own, closer limit.
const LARGEST_FRAME: usize = 64 * 1024;
/// The default of 128 KiB each way would be most of what a connected member costs.
const READ_BUFFER: usize = 4096;

/// The open sockets together.
#[derive(Default)]
pub(crate) struct Sockets {
    open: AtomicUsize,
    draining: AtomicBool,
}

impl Sockets {
    /// Those that close from now on are told to come back, and none is opened any more.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// How many have not said goodbye yet.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

pub(crate) async fn connect(
    State(site): State<Site>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if !may_connect(&site.public_url, &headers) {
        return refuse(&Refusal::ForeignOrigin);
    }
    let Some(token) = session_token(&headers).map(str::to_owned) else {
        return refuse(&Refusal::SignedOut);
    };
    let account = match site.backend.viewer(&token).await {
        Ok(Some(viewer)) => viewer.account,
        Ok(None) => return refuse(&Refusal::SignedOut),
        Err(error) => {
            tracing::error!(%error, "cannot tell who connects");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols(["mqtt"]),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        let why = Refusal::BadRequest("The WebSocket needs the subprotocol mqtt.".into());
        return refuse(&why);
    }
    if site.sockets.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response();
    }
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(LARGEST_FRAME)
        .max_frame_size(LARGEST_FRAME)
        .on_upgrade(move |frames| async move {
            let mut socket = Socket::new(frames, site.sockets);
            let seat = site.hub.enter(account);
            // Signed out since the first look, they were not in the hub yet when it was told to cut them.
            if let Ok(Some(_)) = site.backend.viewer(&token).await {
                socket.online = Some(site.backend.come_online(account));
                seat.serve(socket).await;
            }
        })
}

/// The bytes of MQTT in binary frames (MQTT 3.1.1 §6).
struct Socket {
    frames: WebSocket,
    pulse: Pulse,
    look: Pin<Box<Sleep>>,
    online: Option<Online>,
    sockets: Arc<Sockets>,
}

impl Socket {
    fn new(frames: WebSocket, sockets: Arc<Sockets>) -> Self {
        sockets.open.fetch_add(1, Ordering::SeqCst);
        let (pulse, look) = Pulse::new(Instant::now());
        Self {
            frames,
            pulse,
            look: Box::pin(sleep_until(look)),
            online: None,
            sockets,
        }
    }

    /// Its time to look has come: asks, or finds that nobody is there.
    async fn look(&mut self) -> io::Result<()> {
        match self.pulse.look(Instant::now()) {
            Beat::Look(at) => self.look.as_mut().reset(at),
            Beat::Ask(at) => {
                self.look.as_mut().reset(at);
                // Cut short, by time or by its caller, it is in the buffer and leaves with what is sent next.
                let ping = self.frames.send(Message::Ping(Bytes::new()));
                if let Ok(sent) = timeout_at(at, ping).await {
                    return sent.map_err(io::Error::other);
                }
            }
            Beat::Gone => {
                if let Some(online) = self.online.take() {
                    online.vanished();
                }
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.sockets.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Transport for Socket {
    async fn receive(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            tokio::select! {
                // What came while nobody listened here has been heard.
                biased;
                message = self.frames.recv() => {
                    self.pulse.heard(Instant::now());
                    match message? {
                        Ok(Message::Binary(bytes)) => return Some(Ok(bytes)),
                        // Answered by the WebSocket itself.
                        Ok(Message::Ping(_) | Message::Pong(_)) => {}
                        Ok(Message::Close(_)) => return None,
                        Ok(Message::Text(_)) => {
                            return Some(Err(io::Error::other("MQTT comes in binary frames")));
                        }
                        Err(error) => return Some(Err(io::Error::other(error))),
                    }
                }
                () = &mut self.look => {
                    if let Err(error) = self.look().await {
                        return Some(Err(error));
                    }
                }
            }
        }
    }

    async fn send(&mut self, bytes: Bytes) -> io::Result<()> {
        let sent = self.frames.send(Message::Binary(bytes)).await;
        sent.map_err(io::Error::other)
    }

    async fn close(&mut self) {
        let code = if self.sockets.is_draining() {
            close_code::RESTART
        } else {
            close_code::NORMAL
        };
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        let told = self.frames.send(Message::Close(Some(frame))).await;
        if told.is_ok() {
            // Until they have said goodbye as well: closing at once could take the frame back (RFC 6455 §7.1.1).
            while let Some(Ok(_)) = self.frames.recv().await {}
        }
    }
}

/// Who may listen and speak where.
pub(crate) struct Members(pub(crate) Backend);

impl Rights for Members {
    fn may(
        &self,
        who: AccountId,
        action: Action,
        topic: Topic,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async move {
            let page = match (action, topic) {
                (Action::Subscribe, Topic::Account(account)) => return account == who,
                (
                    Action::Subscribe,
                    Topic::Page(page) | Topic::AllSignals(page) | Topic::Signals(page, _),
                ) => page,
                (Action::Publish, Topic::Signals(page, member)) if member == who => page,
                (Action::Publish, _) => return false,
            };
            self.0.is_member(who, page).await.unwrap_or_else(|error| {
                tracing::error!(%error, "cannot tell who is a member");
                false
            })
        })
    }
}

/// The other nodes, as the hub sees them.
pub(crate) struct Others(pub(crate) Bus);

impl Upstream for Others {
    fn relay(&self, topic: Topic, payload: Bytes) {
        self.0.relay(topic, payload);
    }

    fn want(&self, filter: Topic, wanted: bool) {
        self.0.want(filter, wanted);
    }
}

/// This node's hub, as the bus sees it.
pub(crate) struct Here(pub(crate) Hub, pub(crate) Arc<Calls>);

impl Listener for Here {
    fn deliver(&self, topic: Topic, payload: Bytes) {
        self.0.deliver(topic, payload);
    }

    fn cut(&self, account: AccountId) {
        self.0.cut(account);
        self.1.look_again(account);
    }

    fn resync(&self) {
        self.0.resync();
    }

    fn asked(&self, words: Value) -> Answering {
        Box::pin(self.1.clone().asked(words))
    }
}
