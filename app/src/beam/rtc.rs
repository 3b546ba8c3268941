//! The one peer connection of a session. All its lines are there from the beginning: later only tracks change, so that
//! nothing is ever negotiated again, except where the network has changed.

use std::collections::BTreeMap;

use futures::{channel::oneshot, future::select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcConfiguration, RtcIceGatheringState, RtcOfferOptions,
    RtcPeerConnection, RtcPeerConnectionState, RtcRtpEncodingParameters, RtcRtpSender,
    RtcRtpTransceiver, RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType,
    RtcSessionDescriptionInit,
};

use super::{
    api::{IceServer, Mids},
    link::Wire,
    quality::Reading,
    sdp::with_opus_asked,
};

/// Others that are heard, and pictures that are seen, at once.
const VOICES: usize = 8;
const PICTURES: usize = 12;
/// How long my own addresses are waited for (milliseconds).
const GATHERING: u32 = 500;

/// What I send on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mine {
    Voice,
    Camera,
    Screen,
    ScreenSound,
}

pub(super) struct Peer {
    connection: RtcPeerConnection,
    mine: [RtcRtpTransceiver; 4],
    voices: Vec<RtcRtpTransceiver>,
    pictures: Vec<RtcRtpTransceiver>,
    /// What each receiving line brings, in the order of the lines.
    heard: Vec<MediaStream>,
    shown: Vec<MediaStream>,
    /// Kept as long as the connection may call it.
    _changed: Closure<dyn FnMut()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.connection.set_onconnectionstatechange(None);
        self.connection.close();
    }
}

impl Peer {
    pub(super) fn new(
        servers: &[IceServer],
        told: impl Fn(Wire) + 'static,
    ) -> Result<Self, JsValue> {
        let connection = RtcPeerConnection::new_with_configuration(&configuration(servers))?;
        let asked = connection.clone();
        let changed = Closure::<dyn FnMut()>::new(move || match asked.connection_state() {
            RtcPeerConnectionState::Connected => told(Wire::Up),
            RtcPeerConnectionState::Disconnected => told(Wire::Shaky),
            RtcPeerConnectionState::Failed => told(Wire::Lost),
            _ => {}
        });
        connection.set_onconnectionstatechange(Some(changed.as_ref().unchecked_ref()));
        let add = |kind: &str, direction, layers: &[Layer]| {
            let init = RtcRtpTransceiverInit::new();
            init.set_direction(direction);
            if !layers.is_empty() {
                init.set_send_encodings(&layers.iter().map(Layer::encoding).collect::<Array>());
            }
            let line = connection.add_transceiver_with_str_and_init(kind, &init);
            if kind == "video" {
                prefer_vp8(&line);
            }
            line
        };
        let (send, receive) = (
            RtcRtpTransceiverDirection::Sendonly,
            RtcRtpTransceiverDirection::Recvonly,
        );
        let mine = [
            add("audio", send, &[VOICE]),
            add("video", send, &CAMERA),
            add("video", send, &[SCREEN]),
            add("audio", send, &[SCREEN_SOUND]),
        ];
        let voices: Vec<_> = (0..VOICES).map(|_| add("audio", receive, &[])).collect();
        let pictures: Vec<_> = (0..PICTURES).map(|_| add("video", receive, &[])).collect();
        Ok(Self {
            heard: voices.iter().map(stream).collect::<Result<_, _>>()?,
            shown: pictures.iter().map(stream).collect::<Result<_, _>>()?,
            connection,
            mine,
            voices,
            pictures,
            _changed: changed,
        })
    }

    /// With the addresses that were found in time. `restart`: over whatever network there is now.
    pub(super) async fn offer(&self, restart: bool) -> Result<String, JsValue> {
        let options = RtcOfferOptions::new();
        options.set_ice_restart(restart);
        let offer = self
            .connection
            .create_offer_with_rtc_offer_options(&options);
        let offer = JsFuture::from(offer).await?;
        let offer = offer.unchecked_into::<RtcSessionDescriptionInit>();
        JsFuture::from(self.connection.set_local_description(&offer)).await?;
        self.gathered().await;
        let description = self.connection.local_description();
        Ok(description.map(|it| it.sdp()).unwrap_or_default())
    }

    /// From the next offer on.
    pub(super) fn relay_by(&self, servers: &[IceServer]) {
        let configuration = configuration(servers);
        let _ = self
            .connection
            .set_configuration_with_configuration(&configuration);
    }

    async fn gathered(&self) {
        let complete = |connection: &RtcPeerConnection| {
            connection.ice_gathering_state() == RtcIceGatheringState::Complete
        };
        if complete(&self.connection) {
            return;
        }
        let (done, found) = oneshot::channel();
        let (mut done, asked) = (Some(done), self.connection.clone());
        let changed = Closure::<dyn FnMut()>::new(move || {
            if complete(&asked)
                && let Some(done) = done.take()
            {
                let _ = done.send(());
            }
        });
        let connection = &self.connection;
        connection.set_onicegatheringstatechange(Some(changed.as_ref().unchecked_ref()));
        select(found, TimeoutFuture::new(GATHERING)).await;
        connection.set_onicegatheringstatechange(None);
    }

    pub(super) async fn answered(&self, sdp: &str) -> Result<(), JsValue> {
        let answer = RtcSessionDescriptionInit::new(RtcSdpType::Answer);
        answer.set_sdp(&with_opus_asked(sdp));
        JsFuture::from(self.connection.set_remote_description(&answer)).await?;
        Ok(())
    }

    pub(super) fn mids(&self) -> Mids {
        mids(&self.mine, &self.voices, &self.pictures)
    }

    /// `None` sends nothing. Never negotiates.
    pub(super) async fn send(&self, what: Mine, track: Option<&MediaStreamTrack>) -> bool {
        let sender = self.mine[what as usize].sender();
        JsFuture::from(sender.replace_track(track)).await.is_ok()
    }

    /// The sound of all lines that bring some.
    pub(super) fn heard(&self) -> &[MediaStream] {
        &self.heard
    }

    pub(super) fn shown(&self, mid: &str) -> Option<MediaStream> {
        let mut lines = self.pictures.iter().zip(&self.shown);
        let (_, stream) = lines.find(|(line, _)| line.mid().as_deref() == Some(mid))?;
        Some(stream.clone())
    }

    pub(super) fn is_up(&self) -> bool {
        self.connection.connection_state() == RtcPeerConnectionState::Connected
    }

    pub(super) async fn reading(&self) -> Option<Reading> {
        let stats = JsFuture::from(self.connection.get_stats()).await.ok()?;
        let mut reading = Reading {
            frames: BTreeMap::new(),
            ..Reading::default()
        };
        let stats: js_sys::Map = stats.unchecked_into();
        stats.for_each(&mut |one, _| note(&mut reading, &one));
        Some(reading)
    }
}

fn note(reading: &mut Reading, one: &JsValue) {
    let text = |name: &str| get(one, name).as_string().unwrap_or_default();
    let number = |name: &str| get(one, name).as_f64().unwrap_or(0.0);
    match text("type").as_str() {
        "candidate-pair" if get(one, "nominated").is_truthy() && text("state") == "succeeded" => {
            reading.round_trip = reading.round_trip.max(number("currentRoundTripTime"));
        }
        "remote-inbound-rtp" => {
            reading.lost_up = reading.lost_up.max(number("fractionLost"));
        }
        "inbound-rtp" => {
            reading.received += number("packetsReceived");
            reading.lost += number("packetsLost");
            if text("kind") == "video" {
                reading.frames.insert(text("mid"), number("framesDecoded"));
            }
        }
        _ => {}
    }
}

/// One encoding of what I send.
struct Layer {
    rid: &'static str,
    scale: f32,
    bitrate: u32,
}

const VOICE: Layer = Layer {
    rid: "",
    scale: 1.0,
    bitrate: 48_000,
};
const SCREEN: Layer = Layer {
    rid: "",
    scale: 1.0,
    bitrate: 2_500_000,
};
const SCREEN_SOUND: Layer = Layer {
    rid: "",
    scale: 1.0,
    bitrate: 128_000,
};
const CAMERA: [Layer; 3] = [
    Layer {
        rid: "q",
        scale: 4.0,
        bitrate: 150_000,
    },
    Layer {
        rid: "h",
        scale: 2.0,
        bitrate: 500_000,
    },
    Layer {
        rid: "f",
        scale: 1.0,
        bitrate: 1_500_000,
    },
];

impl Layer {
    fn encoding(&self) -> RtcRtpEncodingParameters {
        let encoding = RtcRtpEncodingParameters::new();
        if !self.rid.is_empty() {
            encoding.set_rid(self.rid);
            encoding.set_scale_resolution_down_by(self.scale);
        }
        encoding.set_max_bitrate(self.bitrate);
        encoding
    }
}

/// VP8 first, then what goes with it: the server's slots continue VP8 and nothing else.
fn prefer_vp8(line: &RtcRtpTransceiver) {
    let Some(capabilities) = RtcRtpSender::get_capabilities("video") else {
        return;
    };
    let codecs: Array = get(&capabilities, "codecs").unchecked_into();
    let wanted = |codec: &JsValue| {
        let kind = get(codec, "mimeType").as_string().unwrap_or_default();
        ["video/vp8", "video/rtx"].contains(&kind.to_ascii_lowercase().as_str())
    };
    let chosen: Array = codecs.iter().filter(wanted).collect();
    if chosen.length() > 0 && get(line, "setCodecPreferences").is_function() {
        line.set_codec_preferences(&chosen);
    }
}

fn stream(line: &RtcRtpTransceiver) -> Result<MediaStream, JsValue> {
    MediaStream::new_with_tracks(&Array::of1(&line.receiver().track()))
}

pub(super) fn configuration(servers: &[IceServer]) -> RtcConfiguration {
    let configuration = RtcConfiguration::new();
    configuration.set_ice_servers(&servers.iter().map(ice_server).collect::<Array>());
    set(&configuration, "bundlePolicy", &"max-bundle".into());
    configuration
}

fn ice_server(server: &IceServer) -> Object {
    let made = Object::new();
    let urls: Array = server.urls.iter().map(JsValue::from).collect();
    set(&made, "urls", &urls);
    if let (Some(username), Some(credential)) = (&server.username, &server.credential) {
        set(&made, "username", &username.into());
        set(&made, "credential", &credential.into());
    }
    made
}

pub(super) fn get(from: &JsValue, name: &str) -> JsValue {
    Reflect::get(from, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

pub(super) fn set(on: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(on, &name.into(), value);
}

/// Known once there is an offer.
pub(super) fn mids(
    mine: &[RtcRtpTransceiver; 4],
    voices: &[RtcRtpTransceiver],
    pictures: &[RtcRtpTransceiver],
) -> Mids {
    let mid = |line: &RtcRtpTransceiver| line.mid().unwrap_or_default();
    let [voice, camera, screen, screen_sound] = mine.each_ref().map(mid);
    Mids {
        voice,
        camera,
        screen,
        screen_sound,
        voices: voices.iter().map(mid).collect(),
        pictures: pictures.iter().map(mid).collect(),
    }
}
