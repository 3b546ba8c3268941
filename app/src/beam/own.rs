//! My own camera and microphone, in the preview and in the call alike.

use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MediaStreamTrack, MediaStreamTrackState};

use super::{
    devices::{self, Chosen, Listed},
    permission::Device,
};
use crate::live::within;

/// How often one looks whether the devices are there, and for how long (milliseconds).
const LOOK: u32 = 50;
const PATIENCE: u32 = 3_000;

type Track = RwSignal<Option<MediaStreamTrack>, LocalStorage>;

#[derive(Clone, Copy)]
pub(super) struct Own {
    pub(super) voice: Track,
    pub(super) camera: Track,
    pub(super) listed: RwSignal<Vec<Listed>>,
    pub(super) chosen: RwSignal<Chosen>,
    /// Why there is no camera, and why no microphone.
    pub(super) no_camera: RwSignal<Option<String>>,
    pub(super) no_voice: RwSignal<Option<String>>,
    /// The person may be asked, and the devices take their time.
    pub(super) opening: RwSignal<bool>,
}

impl Own {
    pub(super) fn new() -> Self {
        Self {
            voice: RwSignal::new_local(None),
            camera: RwSignal::new_local(None),
            listed: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(Chosen::remembered()),
            no_camera: RwSignal::new(None),
            no_voice: RwSignal::new(None),
            opening: RwSignal::new(false),
        }
    }

    /// Devices come and go while a call is on: `gone` is called when one of mine has.
    pub(super) fn watch(self, gone: impl Fn() + 'static) {
        let Some(media) = devices::media() else {
            return;
        };
        let changed = Closure::<dyn FnMut()>::new(move || {
            spawn_local(async move { self.list().await });
            gone();
        });
        media.set_ondevicechange(Some(changed.as_ref().unchecked_ref()));
        let kept = SendWrapper::new((media, changed));
        on_cleanup(move || kept.0.set_ondevicechange(None));
    }

    pub(super) async fn list(self) {
        let listed = devices::list().await;
        self.listed.try_set(listed);
    }

    pub(super) fn choose(self, change: impl FnOnce(&mut Chosen)) {
        self.chosen.update(change);
        self.chosen.with_untracked(Chosen::remember);
    }

    /// What is wanted and not there yet, for the preview.
    pub(super) async fn open(self) {
        let chosen = self.chosen.get_untracked();
        let voice = self.voice.with_untracked(Option::is_none);
        let camera = self.camera.with_untracked(Option::is_none) && !chosen.without_camera;
        self.opening.set(true);
        let both = if voice && camera {
            devices::open_both(&chosen.camera, &chosen.microphone).await
        } else {
            None
        };
        if let Some((camera, voice)) = both {
            self.keep(self.camera, self.no_camera, Ok(camera)).await;
            self.keep(self.voice, self.no_voice, Ok(voice)).await;
        } else {
            if camera {
                self.open_camera().await;
            }
            if voice {
                self.open_voice().await;
            }
        }
        self.opening.set(false);
    }

    /// Until they are there, or the person lets one wait.
    pub(super) async fn opened(self) {
        let there = async {
            while self.opening.get_untracked() {
                TimeoutFuture::new(LOOK).await;
            }
        };
        let _ = within(PATIENCE, there).await;
    }

    /// The microphone, a new one where another was chosen. Whether there is one.
    pub(super) async fn open_voice(self) -> bool {
        let id = self.chosen.with_untracked(|it| it.microphone.clone());
        let answer = devices::open(Device::Microphone, &id).await;
        self.keep(self.voice, self.no_voice, answer).await
    }

    pub(super) async fn open_camera(self) -> bool {
        let id = self.chosen.with_untracked(|it| it.camera.clone());
        let answer = devices::open(Device::Camera, &id).await;
        self.keep(self.camera, self.no_camera, answer).await
    }

    async fn keep(
        self,
        place: Track,
        why: RwSignal<Option<String>>,
        answer: Result<MediaStreamTrack, Option<String>>,
    ) -> bool {
        let there = answer.is_ok();
        match answer {
            Ok(track) => {
                stop(place);
                place.set(Some(track));
                why.set(None);
            }
            Err(words) => why.set(words),
        }
        self.list().await;
        there
    }

    pub(super) fn close_camera(self) {
        stop(self.camera);
    }

    /// The lights go out.
    pub(super) fn close(self) {
        stop(self.camera);
        stop(self.voice);
        self.no_camera.set(None);
        self.no_voice.set(None);
    }

    /// The device was pulled out.
    pub(super) fn has_ended(track: Track) -> bool {
        track.with_untracked(|track| {
            track
                .as_ref()
                .is_some_and(|track| track.ready_state() == MediaStreamTrackState::Ended)
        })
    }
}

fn stop(place: Track) {
    if let Some(track) = place.get_untracked() {
        track.stop();
        place.set(None);
    }
}
