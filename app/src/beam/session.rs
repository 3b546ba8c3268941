//! All that lives as long as I am in a call: the connection, its sound, its clock. Dropped together when I leave.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use domain::{PageId, SessionId, call::Seen};
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlAudioElement, MediaStreamTrack};

use super::{
    api::Change,
    link::Link,
    mute::Mute,
    quality::Reading,
    rtc::{Mine, Peer, get},
};

pub(super) struct Session {
    pub(super) page: PageId,
    pub(super) id: Cell<SessionId>,
    pub(super) link: RefCell<Link>,
    pub(super) mute: Cell<Mute>,
    /// What the server knows that I see.
    pub(super) seen: RefCell<Option<Vec<Seen>>>,
    pub(super) shared: RefCell<Option<Shared>>,
    /// What of me the server is still to be told, and whether it is being told.
    pub(super) unsaid: Cell<Change>,
    pub(super) saying: Cell<bool>,
    pub(super) before: RefCell<Option<(Reading, Vec<Seen>)>>,
    pub(super) ticks: Cell<u32>,
    peer: RefCell<Rc<Peer>>,
    sounds: Vec<HtmlAudioElement>,
    timer: RefCell<Option<Interval>>,
    listeners: RefCell<Vec<WindowListenerHandle>>,
}

/// A screen on its way to the others.
pub(super) struct Shared {
    picture: MediaStreamTrack,
    sound: Option<MediaStreamTrack>,
    _ended: Closure<dyn FnMut()>,
}

impl Shared {
    /// `ended`: stopped in the browser's own bar, or its window was closed.
    pub(super) fn new(
        picture: MediaStreamTrack,
        sound: Option<MediaStreamTrack>,
        ended: impl FnMut() + 'static,
    ) -> Self {
        let ended = Closure::<dyn FnMut()>::new(ended);
        picture.set_onended(Some(ended.as_ref().unchecked_ref()));
        Self {
            picture,
            sound,
            _ended: ended,
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.picture.set_onended(None);
        self.picture.stop();
        if let Some(sound) = &self.sound {
            sound.stop();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for listener in self.listeners.take() {
            listener.remove();
        }
        for sound in &self.sounds {
            sound.set_src_object(None);
        }
    }
}

impl Session {
    pub(super) fn new(page: PageId, id: SessionId, peer: Rc<Peer>, link: Link, mute: Mute) -> Self {
        let sounds = peer
            .heard()
            .iter()
            .filter_map(|_| HtmlAudioElement::new().ok());
        let session = Self {
            page,
            id: Cell::new(id),
            link: RefCell::new(link),
            mute: Cell::new(mute),
            seen: RefCell::default(),
            shared: RefCell::default(),
            unsaid: Cell::default(),
            saying: Cell::default(),
            before: RefCell::default(),
            ticks: Cell::new(0),
            sounds: sounds.collect(),
            peer: RefCell::new(peer),
            timer: RefCell::default(),
            listeners: RefCell::default(),
        };
        session.connect_sounds();
        session
    }

    /// Every quarter of a second, and when the window tells of something.
    pub(super) fn keep(&self, timer: Interval, listeners: Vec<WindowListenerHandle>) {
        *self.timer.borrow_mut() = Some(timer);
        *self.listeners.borrow_mut() = listeners;
    }

    pub(super) fn peer(&self) -> Rc<Peer> {
        Rc::clone(&self.peer.borrow())
    }

    /// The same call with a new connection.
    pub(super) fn renew(&self, id: SessionId, peer: Rc<Peer>) {
        self.id.set(id);
        *self.peer.borrow_mut() = peer;
        self.before.take();
        self.seen.take();
        self.connect_sounds();
    }

    fn connect_sounds(&self) {
        let peer = self.peer();
        for (element, stream) in self.sounds.iter().zip(peer.heard()) {
            element.set_src_object(Some(stream));
            element.set_autoplay(true);
        }
    }

    /// Whether the browser lets it be heard: some want a click on the page first.
    pub(super) async fn play(self: Rc<Self>) -> bool {
        let mut heard = true;
        for sound in &self.sounds {
            if let Ok(playing) = sound.play()
                && let Err(error) = JsFuture::from(playing).await
            {
                heard &= get(&error, "name").as_string().as_deref() != Some("NotAllowedError");
            }
        }
        heard
    }

    /// Where the browser can choose (not in all of them).
    pub(super) fn speak_through(&self, speaker: &str) {
        for sound in &self.sounds {
            let sink = get(sound, "setSinkId");
            if let Ok(sink) = sink.dyn_into::<js_sys::Function>()
                && let Ok(chosen) = sink.call1(sound, &JsValue::from(speaker))
            {
                // Gone meanwhile: it stays where it was.
                leptos::task::spawn_local(async move {
                    let _ = JsFuture::from(js_sys::Promise::from(chosen)).await;
                });
            }
        }
    }

    /// Puts what I send on its lines.
    pub(super) async fn attach(
        &self,
        peer: &Peer,
        voice: Option<&MediaStreamTrack>,
        camera: Option<&MediaStreamTrack>,
    ) {
        peer.send(Mine::Voice, voice).await;
        peer.send(Mine::Camera, camera).await;
        let (picture, sound) = self.screen();
        peer.send(Mine::Screen, picture.as_ref()).await;
        peer.send(Mine::ScreenSound, sound.as_ref()).await;
    }

    /// The screen that I share, and its sound.
    pub(super) fn screen(&self) -> (Option<MediaStreamTrack>, Option<MediaStreamTrack>) {
        match &*self.shared.borrow() {
            Some(shared) => (Some(shared.picture.clone()), shared.sound.clone()),
            None => (None, None),
        }
    }
}
