//! Into a call: by one exchange of offer and answer, and by another when what came of it is lost.

use std::rc::Rc;

use domain::{PageId, Refusal, SessionId};
use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{self, Change, Join},
    call::{Ahead, Beam, Stage},
    link::Link,
    mute::Mute,
    rtc::Peer,
    seats::Seats,
    session::Session,
};
use crate::{Problem, pages::new_id};

impl Beam {
    /// From the preview.
    pub(super) fn join(self, page: PageId) {
        if self.joining.get_untracked() {
            return;
        }
        self.joining.set(true);
        self.trouble.set(None);
        spawn_local(async move {
            self.own.opened().await;
            self.end(true);
            match self.enter(page).await {
                Ok(()) => {
                    self.preview.set(None);
                    self.folded.set(false);
                    self.say("You are in the call".into());
                }
                Err(problem) => self.trouble.set(Some(problem.to_string())),
            }
            self.joining.set(false);
        });
    }

    async fn enter(self, page: PageId) -> Result<(), Problem> {
        let now = self.tick_clock();
        let id = SessionId(new_id(now));
        let muted = self.own.chosen.with_untracked(|it| it.muted)
            || self.own.voice.with_untracked(Option::is_none);
        let peer = self.peer(id)?;
        let session = Rc::new(Session::new(
            page,
            id,
            peer,
            Link::new(now.millis()),
            Mute::new(muted),
        ));
        self.muted.set(muted);
        self.session.set_value(Some(Rc::clone(&session)));
        self.call.set(None);
        self.seats.set(Seats::default());
        if let Err(problem) = self.connect(&session, id, None, session.peer()).await {
            self.session.set_value(None);
            return Err(problem);
        }
        self.turned.set(0);
        self.stage.set(Stage::In(page));
        self.watch(&session);
        let speaker = self.own.chosen.with_untracked(|it| it.speaker.clone());
        if !speaker.is_empty() {
            session.speak_through(&speaker);
        }
        self.silenced.set(!session.play().await);
        self.ask_rights(page);
        Ok(())
    }

    fn peer(self, id: SessionId) -> Result<Rc<Peer>, Problem> {
        let servers = self.relays.with_value(|relays| relays.servers.clone());
        let told = move |wire| {
            // The connection of a session that was replaced says nothing any more.
            if let Some(session) = self.session().filter(|session| session.id.get() == id) {
                session
                    .link
                    .borrow_mut()
                    .told(wire, js_sys::Date::now() as i64);
                self.show_link(&session);
            }
        };
        let peer = Peer::new(&servers, told).map_err(unable)?;
        Ok(Rc::new(peer))
    }

    /// Offer, answer: one exchange.
    async fn connect(
        self,
        session: &Session,
        id: SessionId,
        after: Option<SessionId>,
        peer: Rc<Peer>,
    ) -> Result<(), Problem> {
        let (voice, camera) = (
            self.own.voice.get_untracked(),
            self.own.camera.get_untracked(),
        );
        let muted = self.muted.get_untracked();
        if let Some(voice) = &voice {
            voice.set_enabled(!muted);
        }
        session.attach(&peer, voice.as_ref(), camera.as_ref()).await;
        let offer = peer.offer(false).await.map_err(unable)?;
        let join = Join {
            page: session.page,
            session: id,
            after,
            offer,
            muted,
            camera: camera.is_some(),
            mids: peer.mids(),
        };
        self.ahead.set_value(Ahead::default());
        let joined = api::join(&join).await?;
        let ahead = self.ahead.try_update_value(std::mem::take);
        let ahead = ahead.unwrap_or_default();
        self.me.set(Some(id));
        session.seen.take();
        self.slots.set(ahead.slots.unwrap_or(joined.slots));
        // As a whole: what is known may be a state in which I am still the session before.
        self.call.update_untracked(|call| *call = None);
        self.take(joined.call);
        if let Some(call) = ahead.call {
            self.take(call);
        }
        session
            .link
            .borrow_mut()
            .rejoined(self.tick_clock().millis());
        peer.answered(&joined.answer).await.map_err(unable)
    }

    /// The same call with a new session: the old one is lost.
    pub(super) async fn rejoin(self, session: Rc<Session>) {
        let id = SessionId(new_id(self.tick_clock()));
        let old = session.id.get();
        // The last one that the server has answered.
        let after = self.me.get_untracked();
        self.renew_relays(session.page).await;
        let done = match self.peer(id) {
            Ok(peer) => {
                // Before the answer: the connection may be up at once, and must be heard.
                session.renew(id, Rc::clone(&peer));
                self.connect(&session, id, after, peer).await
            }
            Err(problem) => Err(problem),
        };
        if !self.is_current(&session) {
            return;
        }
        match done {
            Ok(()) => {
                let renewed = Rc::clone(&session);
                spawn_local(async move {
                    // Where the server still knows the old one.
                    let _ = api::leave(renewed.page, old).await;
                    let heard = renewed.play().await;
                    self.silenced.set(!heard);
                });
                self.tell(Change {
                    screen: self.sharing.get_untracked().then_some(true),
                    hand: self.hand.get_untracked().then_some(true),
                    ..Change::default()
                });
            }
            Err(
                problem @ Problem::Refused(
                    Refusal::NotFound | Refusal::SignedOut | Refusal::RemovedFromCall,
                ),
            ) => {
                self.ended(&problem.to_string());
            }
            Err(_) => {
                let now = self.tick_clock().millis();
                session.link.borrow_mut().rejoin_failed(now);
            }
        }
    }
}

pub(super) fn unable(error: wasm_bindgen::JsValue) -> Problem {
    leptos::logging::warn!("call: {error:?}");
    Problem::Refused(Refusal::BadRequest(
        "This browser could not open the connection for a call.".into(),
    ))
}
