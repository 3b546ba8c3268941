//! What I do in a call: microphone, camera, screen, hand, devices; and what an admin does to others.

use domain::SessionId;
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{self, Change},
    call::Beam,
    devices,
    mute::Mute,
    own::Own,
    rtc::Mine,
    session::Shared,
};
use crate::Problem;

const TRIES: u32 = 4;
const AGAIN: u32 = 1_000;
/// How often a joining is looked at.
const LATE: u32 = 100;

impl Beam {
    /// Tells the others, through the server. They see what is, so a lost word is said again; one at a time, so that an
    /// older one never comes after a newer one.
    pub(super) fn tell(self, change: Change) {
        let Some(session) = self.session() else {
            return;
        };
        if !change.says_something() {
            return;
        }
        session.unsaid.update(|unsaid| unsaid.then(change));
        if session.saying.replace(true) {
            return;
        }
        spawn_local(async move {
            let mut tries = 0;
            loop {
                let change = session.unsaid.take();
                if !change.says_something() {
                    break;
                }
                let id = session.id.get();
                match api::change(session.page, id, change).await {
                    Err(problem) if problem.passing() && tries < TRIES => {
                        tries += 1;
                        // What was said since then counts.
                        session.unsaid.update(|newer| change.then(newer));
                        TimeoutFuture::new(AGAIN).await;
                    }
                    _ => tries = 0,
                }
            }
            session.saying.set(false);
        });
    }

    pub(super) fn toggle_mute(self) {
        let muted = !self.muted.get_untracked();
        spawn_local(async move {
            let had = self.own.voice.with_untracked(Option::is_some);
            if !muted && !had && !self.own.open_voice().await {
                self.trouble.set(self.own.no_voice.get_untracked());
                return;
            }
            if !had {
                self.send(Mine::Voice).await;
            }
            self.set_muted(muted);
            self.tell(Change {
                muted: Some(muted),
                ..Change::default()
            });
            self.say(
                if muted {
                    "You are muted"
                } else {
                    "You are heard"
                }
                .into(),
            );
        });
    }

    fn set_muted(self, muted: bool) {
        if let Some(voice) = self.own.voice.get_untracked() {
            voice.set_enabled(!muted);
        }
        if let Some(session) = self.session() {
            session.mute.set(Mute::new(muted));
        }
        self.muted.set(muted);
        self.own.choose(|chosen| chosen.muted = muted);
    }

    /// The state says so, and it was not me.
    pub(super) fn muted_by_admin(self) {
        if let Some(voice) = self.own.voice.get_untracked() {
            voice.set_enabled(false);
        }
        self.muted.set(true);
        self.trouble.set(Some("An admin has muted you.".into()));
    }

    pub(super) fn toggle_camera(self) {
        let on = self.own.camera.with_untracked(Option::is_none);
        spawn_local(async move {
            if on && !self.own.open_camera().await {
                self.trouble.set(self.own.no_camera.get_untracked());
                return;
            }
            if !on {
                self.own.close_camera();
            }
            self.own.choose(|chosen| chosen.without_camera = !on);
            self.send(Mine::Camera).await;
            self.tell(Change {
                camera: Some(on),
                ..Change::default()
            });
            let said = if on {
                "Your camera is on"
            } else {
                "Your camera is off"
            };
            self.say(said.into());
        });
    }

    pub(super) fn toggle_screen(self) {
        let Some(session) = self.session() else {
            return;
        };
        if session.shared.take().is_some() {
            self.shared_changed(false);
            return;
        }
        spawn_local(async move {
            match devices::screen().await {
                Ok((picture, sound)) if self.is_current(&session) => {
                    let ended = move || {
                        // Not here: the closure that runs must not be dropped by itself.
                        spawn_local(async move { self.screen_ended() });
                    };
                    *session.shared.borrow_mut() = Some(Shared::new(picture, sound, ended));
                    self.shared_changed(true);
                }
                Ok((picture, sound)) => {
                    picture.stop();
                    sound.inspect(web_sys::MediaStreamTrack::stop);
                }
                Err(words) => self.trouble.set(words),
            }
        });
    }

    fn screen_ended(self) {
        if let Some(session) = self.session()
            && session.shared.take().is_some()
        {
            self.shared_changed(false);
        }
    }

    fn shared_changed(self, on: bool) {
        self.sharing.set(on);
        self.tell(Change {
            screen: Some(on),
            ..Change::default()
        });
        let said = if on {
            "You share your screen"
        } else {
            "Your screen is no longer shared"
        };
        self.say(said.into());
        spawn_local(async move { self.send(Mine::Screen).await });
    }

    pub(super) fn toggle_hand(self) {
        let up = !self.hand.get_untracked();
        self.hand.set(up);
        self.tell(Change {
            hand: Some(up),
            ..Change::default()
        });
        self.say(
            if up {
                "Your hand is up"
            } else {
                "Your hand is down"
            }
            .into(),
        );
    }

    /// Puts on its line what there is now. No negotiation.
    async fn send(self, what: Mine) {
        let Some(session) = self.session() else {
            return;
        };
        let peer = session.peer();
        match what {
            Mine::Voice => {
                let voice = self.own.voice.get_untracked();
                peer.send(what, voice.as_ref()).await;
            }
            Mine::Camera => {
                let camera = self.own.camera.get_untracked();
                peer.send(what, camera.as_ref()).await;
            }
            Mine::Screen | Mine::ScreenSound => {
                let (picture, sound) = session.screen();
                peer.send(Mine::Screen, picture.as_ref()).await;
                peer.send(Mine::ScreenSound, sound.as_ref()).await;
            }
        }
    }

    /// The devices of a preview, which may be over: one has joined without them, or does not want to any more.
    pub(super) async fn opened_late(self) {
        while self.joining.get_untracked() {
            TimeoutFuture::new(LATE).await;
        }
        if self.preview.get_untracked().is_some() {
            return;
        }
        if self.session().is_none() {
            self.own.close();
            return;
        }
        if let Some(voice) = self.own.voice.get_untracked() {
            voice.set_enabled(!self.muted.get_untracked());
        }
        self.send(Mine::Voice).await;
        let camera = self.own.camera.with_untracked(Option::is_some);
        let told = self.me.get_untracked().and_then(|me| self.caller(me));
        if camera && told.is_some_and(|me| !me.camera) {
            self.send(Mine::Camera).await;
            self.tell(Change {
                camera: Some(true),
                ..Change::default()
            });
        }
    }

    /// Another microphone was chosen, or the one in use is gone.
    pub(super) fn change_voice(self) {
        spawn_local(async move {
            if self.own.open_voice().await {
                if let Some(voice) = self.own.voice.get_untracked()
                    && self.session().is_some()
                {
                    voice.set_enabled(!self.muted.get_untracked());
                }
                self.send(Mine::Voice).await;
            }
        });
    }

    pub(super) fn change_camera(self) {
        spawn_local(async move {
            if self.own.open_camera().await {
                self.send(Mine::Camera).await;
            }
        });
    }

    /// In the preview nobody sees it yet, unless I am in another call.
    pub(super) fn toggle_preview_camera(self) {
        if self.session().is_some() {
            self.toggle_camera();
            return;
        }
        let on = self.own.camera.with_untracked(Option::is_none);
        self.own.choose(|chosen| chosen.without_camera = !on);
        if on {
            spawn_local(async move {
                self.own.open_camera().await;
            });
        } else {
            self.own.close_camera();
        }
    }

    /// Another one was chosen: in a call only what is on changes, before it this is switching it on.
    pub(super) fn open_chosen_camera(self) {
        let on = self.own.camera.with_untracked(Option::is_some);
        if on || self.session().is_none() {
            self.change_camera();
        }
    }

    /// What was pulled out is replaced by what is still there.
    pub(super) fn devices_changed(self) {
        if Own::has_ended(self.own.voice) {
            self.change_voice();
        }
        if Own::has_ended(self.own.camera) {
            self.change_camera();
        }
    }

    pub(super) fn change_speaker(self, id: String) {
        if let Some(session) = self.session() {
            session.speak_through(&id);
        }
        self.own.choose(|chosen| chosen.speaker = id);
    }

    /// After a click, when the browser wanted one.
    pub(super) fn let_hear(self) {
        if let Some(session) = self.session() {
            spawn_local(async move {
                let heard = session.play().await;
                self.silenced.set(!heard);
            });
        }
    }

    pub(super) fn mute_other(self, session: SessionId) {
        self.do_to(session, |page, session| Box::pin(api::mute(page, session)));
    }

    pub(super) fn remove_other(self, session: SessionId) {
        self.do_to(session, |page, session| {
            Box::pin(api::remove(page, session))
        });
    }

    fn do_to(self, who: SessionId, doing: Doing) {
        if let Some(session) = self.session() {
            spawn_local(async move {
                if let Err(problem) = doing(session.page, who).await {
                    self.trouble.set(Some(problem.to_string()));
                }
            });
        }
    }
}

type Doing =
    fn(domain::PageId, SessionId) -> std::pin::Pin<Box<dyn Future<Output = Result<(), Problem>>>>;
