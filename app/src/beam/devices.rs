//! Cameras and microphones: asked for, listed, listened to, and which of them were chosen last time.

use gloo_timers::callback::Interval;
use js_sys::{Array, Object};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AnalyserNode, AudioContext, DisplayMediaStreamConstraints, MediaDeviceInfo, MediaDeviceKind,
    MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack,
};

use super::{
    permission::{self, Device},
    rtc::{get, set},
};

const KEY: &str = "stoa.call";

/// How this person went into the last call, for the next one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    pub(super) microphone: String,
    pub(super) camera: String,
    pub(super) speaker: String,
    pub(super) muted: bool,
    pub(super) without_camera: bool,
}

impl Chosen {
    pub(super) fn remembered() -> Self {
        let text = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    pub(super) fn remember(&self) {
        if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(self)) {
            let _ = storage.set_item(KEY, &text);
        }
    }
}

fn storage() -> Option<web_sys::Storage> {
    leptos::prelude::window().local_storage().ok().flatten()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) kind: MediaDeviceKind,
}

/// `None` where the page did not come over a secure connection.
pub(super) fn media() -> Option<MediaDevices> {
    let navigator = leptos::prelude::window().navigator();
    let there = get(&navigator, "mediaDevices").is_object();
    there.then(|| navigator.media_devices().ok()).flatten()
}

/// Their names are told only after one of them was allowed.
pub(super) async fn list() -> Vec<Listed> {
    let Some(asked) = media().and_then(|media| media.enumerate_devices().ok()) else {
        return Vec::new();
    };
    let Ok(devices) = JsFuture::from(asked).await else {
        return Vec::new();
    };
    let devices: Array = devices.unchecked_into();
    let listed = |device: JsValue| {
        let device: MediaDeviceInfo = device.unchecked_into();
        Listed {
            id: device.device_id(),
            label: device.label(),
            kind: device.kind(),
        }
    };
    devices
        .iter()
        .map(listed)
        .filter(|device| !device.id.is_empty())
        .collect()
}

/// The chosen one, another where that is gone. An error is told in words; `None` in it: the person changed their mind.
pub(super) async fn open(device: Device, id: &str) -> Result<MediaStreamTrack, Option<String>> {
    match opened(device, id).await {
        Err(error) if !id.is_empty() && error == "OverconstrainedError" => opened(device, "")
            .await
            .map_err(|error| why(device, &error)),
        answer => answer.map_err(|error| why(device, &error)),
    }
}

/// Camera and microphone with one question to the person. None: each is to be asked for alone, which tells what is wrong.
pub(super) async fn open_both(
    camera: &str,
    microphone: &str,
) -> Option<(MediaStreamTrack, MediaStreamTrack)> {
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&wanted(Device::Camera, camera));
    constraints.set_audio(&wanted(Device::Microphone, microphone));
    let stream = stream(&constraints).await.ok()?;
    let camera = stream.get_video_tracks().get(0).dyn_into().ok()?;
    let voice = stream.get_audio_tracks().get(0).dyn_into().ok()?;
    Some((camera, voice))
}

async fn opened(device: Device, id: &str) -> Result<MediaStreamTrack, String> {
    let constraints = MediaStreamConstraints::new();
    if device == Device::Microphone {
        constraints.set_audio(&wanted(device, id));
    } else {
        constraints.set_video(&wanted(device, id));
    }
    let stream = stream(&constraints).await?;
    first(&stream).ok_or_else(|| "NotFoundError".to_owned())
}

fn wanted(device: Device, id: &str) -> Object {
    let asked = Object::new();
    if !id.is_empty() {
        set(&asked, "deviceId", &just("exact", &id.into()));
    }
    if device == Device::Microphone {
        for on in ["echoCancellation", "noiseSuppression", "autoGainControl"] {
            set(&asked, on, &JsValue::TRUE);
        }
    } else {
        for (name, ideal) in [("width", 1280), ("height", 720), ("frameRate", 30)] {
            set(&asked, name, &just("ideal", &ideal.into()));
        }
    }
    asked
}

async fn stream(constraints: &MediaStreamConstraints) -> Result<MediaStream, String> {
    let media = media().ok_or("Missing")?;
    let stream = media.get_user_media_with_constraints(constraints);
    let stream = JsFuture::from(stream.map_err(name)?).await.map_err(name)?;
    Ok(stream.unchecked_into())
}

/// A screen, a window or a tab, with its sound where the browser can and the person wants.
pub(super) async fn screen() -> Result<(MediaStreamTrack, Option<MediaStreamTrack>), Option<String>>
{
    let shared = shared_screen().await;
    let (stream, sound) = shared.map_err(|error| why(Device::Screen, &error))?;
    let picture = stream.get_video_tracks().get(0);
    let picture: MediaStreamTrack = picture.unchecked_into();
    // Letters matter more than movement.
    set(&picture, "contentHint", &"detail".into());
    Ok((picture, sound))
}

async fn shared_screen() -> Result<(MediaStream, Option<MediaStreamTrack>), String> {
    let media = media().ok_or("Missing")?;
    if !get(&media, "getDisplayMedia").is_function() {
        return Err("NotSupportedError".to_owned());
    }
    let constraints = DisplayMediaStreamConstraints::new();
    constraints.set_video(&just("frameRate", &just("ideal", &15.into())));
    constraints.set_audio(&JsValue::TRUE);
    let stream = media.get_display_media_with_constraints(&constraints);
    let stream = JsFuture::from(stream.map_err(name)?).await.map_err(name)?;
    let stream: MediaStream = stream.unchecked_into();
    let sound = stream.get_audio_tracks().get(0).dyn_into().ok();
    Ok((stream, sound))
}

fn why(device: Device, error: &str) -> Option<String> {
    let agent = leptos::prelude::window().navigator().user_agent();
    permission::words(device, error, &agent.unwrap_or_default())
}

fn name(error: JsValue) -> String {
    get(&error, "name").as_string().unwrap_or_default()
}

fn first(stream: &MediaStream) -> Option<MediaStreamTrack> {
    stream.get_tracks().get(0).dyn_into().ok()
}

fn just(name: &str, value: &JsValue) -> Object {
    let object = Object::new();
    set(&object, name, value);
    object
}

/// A track in a stream of its own, as elements want it.
pub(super) fn alone(track: &MediaStreamTrack) -> Option<MediaStream> {
    MediaStream::new_with_tracks(&Array::of1(track)).ok()
}

/// How loud a microphone is, told ten times a second until it is dropped.
pub(super) struct Meter {
    context: AudioContext,
    _timer: Interval,
}

impl Meter {
    /// `told` gets 0 to 1.
    pub(super) fn begin(track: &MediaStreamTrack, told: impl Fn(f64) + 'static) -> Option<Self> {
        let context = AudioContext::new().ok()?;
        let analyser = analyser(&context, track)?;
        let _ = context.resume();
        let timer = Interval::new(100, move || told(level(&analyser)));
        Some(Self {
            context,
            _timer: timer,
        })
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let _ = self.context.close();
    }
}

fn analyser(context: &AudioContext, track: &MediaStreamTrack) -> Option<AnalyserNode> {
    let analyser = context.create_analyser().ok()?;
    analyser.set_fft_size(1024);
    let source = context.create_media_stream_source(&alone(track)?).ok()?;
    source.connect_with_audio_node(&analyser).ok()?;
    Some(analyser)
}

/// Ears hear in decibels: 50 below the loudest is silence.
fn level(analyser: &AnalyserNode) -> f64 {
    const SILENCE: f64 = -50.0;
    let mut samples = [0.0_f32; 1024];
    analyser.get_float_time_domain_data(&mut samples);
    let square: f64 = samples.iter().map(|it| f64::from(*it).powi(2)).sum();
    let loudness = 20.0 * (square / samples.len() as f64).sqrt().max(1e-6).log10();
    ((loudness - SILENCE) / -SILENCE).clamp(0.0, 1.0)
}
