//! A call of this browser with itself through the server, by one way in and no other: whether people can come by it.

use domain::{PageId, SessionId};
use gloo_timers::future::TimeoutFuture;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioContext, MediaStreamTrack, RtcPeerConnection, RtcRtpTransceiver,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit,
};

use super::{
    api::{self, IceServer, Mids, post},
    join::unable,
    rtc::{configuration, get, mids, set},
};
use crate::{
    Problem,
    pages::{new_id, now},
};

/// How often it is looked whether something has come (milliseconds), and for how often.
const EVERY: u32 = 100;
const TIMES: u32 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Udp,
    Tcp,
    Turn,
}

#[derive(Deserialize)]
struct Found {
    ice_servers: Vec<IceServer>,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Test<'a> {
    session: SessionId,
    offer: &'a str,
    mids: Mids,
    /// Of several, the one the other end is at.
    node: Option<String>,
}

#[derive(Deserialize)]
struct Answered {
    answer: String,
    #[serde(default)]
    node: Option<String>,
}

/// What is needed to try: the servers that relay, and something to be sent.
pub struct Trial {
    servers: Vec<IceServer>,
    tone: Tone,
}

impl Trial {
    pub async fn new() -> Result<Self, Problem> {
        let tone = Tone::new().map_err(unable)?;
        let Found { ice_servers } = post("call_ways", &Nothing {}).await?;
        Ok(Self {
            servers: ice_servers,
            tone,
        })
    }

    /// If what one end sends comes to the other: how long a round trip takes, in milliseconds.
    pub async fn go(&self, way: Way) -> Result<Option<f64>, Problem> {
        let hears = End::new(way, &self.servers, None).map_err(unable)?;
        let speaks = End::new(way, &self.servers, Some(&self.tone.track)).map_err(unable)?;
        let node = hears.join(way, None).await?;
        speaks.join(way, node).await?;
        for _ in 0..TIMES {
            TimeoutFuture::new(EVERY).await;
            if let Some(millis) = hears.heard().await {
                return Ok(Some(millis));
            }
        }
        Ok(None)
    }
}

/// A sound that is sent and played nowhere.
struct Tone {
    context: AudioContext,
    track: MediaStreamTrack,
}

impl Tone {
    fn new() -> Result<Self, JsValue> {
        let context = AudioContext::new()?;
        let (source, sink) = (
            context.create_oscillator()?,
            context.create_media_stream_destination()?,
        );
        source.connect_with_audio_node(&sink)?;
        source.start()?;
        let track = sink.stream().get_audio_tracks().get(0);
        Ok(Self {
            context,
            track: track.dyn_into()?,
        })
    }
}

impl Drop for Tone {
    fn drop(&mut self) {
        self.track.stop();
        let _ = self.context.close();
    }
}

/// One of two.
struct End {
    id: SessionId,
    connection: RtcPeerConnection,
    mine: [RtcRtpTransceiver; 4],
    hears: RtcRtpTransceiver,
}

impl Drop for End {
    fn drop(&mut self) {
        self.connection.close();
        let id = self.id;
        spawn_local(async move {
            // If this is lost the server ends it by itself.
            let _ = api::leave(PageId(id.0), id).await;
        });
    }
}

impl End {
    fn new(
        way: Way,
        servers: &[IceServer],
        sends: Option<&MediaStreamTrack>,
    ) -> Result<Self, JsValue> {
        let servers = if way == Way::Turn { servers } else { &[] };
        let configuration = configuration(servers);
        if way == Way::Turn {
            set(&configuration, "iceTransportPolicy", &"relay".into());
        }
        let connection = RtcPeerConnection::new_with_configuration(&configuration)?;
        let init = |direction| {
            let init = RtcRtpTransceiverInit::new();
            init.set_direction(direction);
            init
        };
        let line =
            |kind, direction| connection.add_transceiver_with_str_and_init(kind, &init(direction));
        let send = RtcRtpTransceiverDirection::Sendonly;
        let voice = match sends {
            Some(track) => {
                connection.add_transceiver_with_media_stream_track_and_init(track, &init(send))
            }
            None => line("audio", send),
        };
        let [camera, screen] = [line("video", send), line("video", send)];
        let mine = [voice, camera, screen, line("audio", send)];
        Ok(Self {
            id: SessionId(new_id(now())),
            mine,
            hears: line("audio", RtcRtpTransceiverDirection::Recvonly),
            connection,
        })
    }

    /// At this node, or any: at which it is.
    async fn join(&self, way: Way, node: Option<String>) -> Result<Option<String>, Problem> {
        let offer = JsFuture::from(self.connection.create_offer());
        let offer: RtcSessionDescriptionInit = offer.await.map_err(unable)?.unchecked_into();
        let described = self.connection.set_local_description(&offer);
        JsFuture::from(described).await.map_err(unable)?;
        let description = self.connection.local_description();
        let offer = description.map(|it| it.sdp()).unwrap_or_default();
        let test = Test {
            session: self.id,
            offer: &offer,
            mids: self.mids(),
            node,
        };
        let Answered { answer, node } = post("call_test", &test).await?;
        let described = RtcSessionDescriptionInit::new(RtcSdpType::Answer);
        described.set_sdp(&by(way, &answer));
        let described = self.connection.set_remote_description(&described);
        JsFuture::from(described).await.map_err(unable)?;
        Ok(node)
    }

    fn mids(&self) -> Mids {
        mids(&self.mine, std::slice::from_ref(&self.hears), &[])
    }

    /// The round trip in milliseconds, once something has come.
    async fn heard(&self) -> Option<f64> {
        let stats = JsFuture::from(self.connection.get_stats()).await.ok()?;
        let stats: js_sys::Map = stats.unchecked_into();
        let (mut packets, mut seconds) = (0.0, 0.0_f64);
        stats.for_each(&mut |one, _| {
            let text = |name: &str| get(&one, name).as_string().unwrap_or_default();
            let number = |name: &str| get(&one, name).as_f64().unwrap_or(0.0);
            match text("type").as_str() {
                "inbound-rtp" => packets += number("packetsReceived"),
                "candidate-pair" if text("state") == "succeeded" => {
                    seconds = seconds.max(number("currentRoundTripTime"));
                }
                _ => {}
            }
        });
        (packets > 0.0).then_some(seconds * 1_000.0)
    }
}

/// The answer with the addresses of this way only. Those that relay do so over UDP.
fn by(way: Way, answer: &str) -> String {
    let carrier = match way {
        Way::Udp | Way::Turn => "udp",
        Way::Tcp => "tcp",
    };
    let of_way = |line: &&str| {
        !line.starts_with("a=candidate:")
            || (line.split(' ').nth(2)).is_some_and(|of| of.eq_ignore_ascii_case(carrier))
    };
    answer.split_inclusive("\r\n").filter(of_way).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_left_with_the_addresses_of_one_way() {
        let answer = "v=0\r\na=candidate:1 1 udp 2130706175 192.0.2.1 3000 typ host\r\n\
                      a=candidate:2 1 tcp 1526726399 192.0.2.1 443 typ host tcptype passive\r\n\
                      a=end-of-candidates\r\n";
        let (udp, tcp) = (by(Way::Udp, answer), by(Way::Tcp, answer));
        assert!(udp.contains(" 3000 ") && !udp.contains(" 443 "));
        assert!(tcp.contains(" 443 ") && !tcp.contains(" 3000 "));
        assert!(udp.ends_with("a=end-of-candidates\r\n") && tcp.starts_with("v=0\r\n"));
        assert_eq!(by(Way::Turn, answer), udp);
    }
}
