//! Browsers on str0m, as far as the core can tell, and a time that tests move.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "each test file uses its part of it, and only tests do"
)]

mod line;
mod world;

use std::{collections::HashMap, net::SocketAddr, time::Instant};

use beam::{Address, Join, Mids, Transport};
use domain::{AccountId, CallId, PageId, SessionId, Timestamp};
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpPendingOffer},
    crypto::from_feature_flags,
    media::{Direction, MediaKind, Mid, Rid, Simulcast, SimulcastLayer},
    net::{Protocol, Receive, TcpType},
    rtp::{ExtensionValues, RtpPacket, RtpWrite},
};
use uuid::Uuid;

pub(crate) use line::{Line, framed};
pub(crate) use world::World;

const RIDS: [&str; 3] = ["q", "h", "f"];
const SIDES: [(u16, u16); 3] = [(320, 180), (640, 360), (1280, 720)];
/// Bytes of a frame.
const SIZES: [usize; 3] = [500, 900, 1_150];

pub(crate) fn page() -> PageId {
    PageId(Uuid::from_u128(1))
}

pub(crate) fn account(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(n))
}

pub(crate) fn server() -> SocketAddr {
    "127.0.0.1:9".parse().unwrap()
}

/// A packet that came, with what its sender wrote into it.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) seq: u64,
    pub(crate) picture: u16,
    pub(crate) from: u8,
    pub(crate) layer: u8,
    pub(crate) keyframe: bool,
}

pub(crate) struct Client {
    pub(crate) n: u8,
    pub(crate) rtc: Rtc,
    pub(crate) address: Address,
    pub(crate) session: SessionId,
    pub(crate) offer: String,
    pub(crate) mids: Mids,
    /// A level of RFC 6464; none: says nothing.
    pub(crate) talks: Option<i8>,
    pub(crate) films: [bool; 3],
    pub(crate) shares: bool,
    pub(crate) got: HashMap<Mid, Vec<Got>>,
    pub(crate) connected: bool,
    pub(crate) keyframes_asked: usize,
    pending: Option<SdpPendingOffer>,
    keyframe: [bool; 4],
    sent: [u64; 5],
    out: Vec<(SocketAddr, Vec<u8>)>,
    pub(crate) timeout: Instant,
}

impl Client {
    pub(crate) fn new(n: u8, address: Address, now: Instant) -> Self {
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(from_feature_flags().into())
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        let candidate = Candidate::builder();
        let candidate = match address.transport {
            Transport::Udp => candidate.udp().host(address.socket).build(),
            Transport::Tcp => {
                let tcp = candidate.tcp().tcptype(TcpType::Active);
                tcp.host(address.socket).build()
            }
        };
        rtc.add_local_candidate(candidate.unwrap());
        let mut sdp = rtc.sdp_api();
        let mut add =
            |kind, direction, simulcast| sdp.add_media(kind, direction, None, None, simulcast);
        let (audio, video) = (MediaKind::Audio, MediaKind::Video);
        let mut layers = Simulcast::new();
        for rid in RIDS {
            layers.add_send_layer(SimulcastLayer::new(rid));
        }
        let own = [
            add(audio, Direction::SendOnly, None),
            add(video, Direction::SendOnly, Some(layers)),
            add(video, Direction::SendOnly, None),
            add(audio, Direction::SendOnly, None),
        ];
        let mut several = |kind, count| -> Vec<String> {
            let add = |_| add(kind, Direction::RecvOnly, None).to_string();
            (0..count).map(add).collect()
        };
        let mids = Mids {
            voice: own[0].to_string(),
            camera: own[1].to_string(),
            screen: own[2].to_string(),
            screen_sound: own[3].to_string(),
            voices: several(audio, 3),
            pictures: several(video, 4),
        };
        let (offer, pending) = sdp.apply().unwrap();
        Self {
            n,
            rtc,
            address,
            session: SessionId(Uuid::from_u128(1_000 + u128::from(n))),
            offer: offer.to_sdp_string(),
            mids,
            talks: Some(-60),
            films: [true; 3],
            shares: false,
            got: HashMap::new(),
            connected: false,
            keyframes_asked: 0,
            pending: Some(pending),
            keyframe: [true; 4],
            sent: [0; 5],
            out: Vec::new(),
            timeout: now,
        }
    }

    pub(crate) fn join(&self) -> Join {
        Join {
            page: page(),
            session: self.session,
            after: None,
            account: account(u128::from(self.n)),
            name: format!("Person {}", self.n),
            offer: self.offer.clone(),
            muted: false,
            camera: true,
            mids: self.mids.clone(),
            trial: false,
            call: CallId(Uuid::from_u128(77)),
            at: Timestamp(1_000_000),
        }
    }

    pub(crate) fn joined(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        let pending = self.pending.take().unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    pub(crate) fn advance(&mut self, now: Instant) {
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
    }

    pub(crate) fn hear(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        let protocol = match self.address.transport {
            Transport::Udp => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        };
        if let Ok(receive) = Receive::new(protocol, from, self.address.socket, bytes) {
            let _ = self.rtc.handle_input(Input::Receive(now, receive));
            // What is not taken out before the next one comes is lost.
            self.out = self.drain();
        }
    }

    /// Everything it wants to send now.
    pub(crate) fn drain(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut out = std::mem::take(&mut self.out);
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return out;
                }
                Output::Transmit(send) => out.push((send.destination, send.contents.to_vec())),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet)) => self.take(&packet),
                Output::Event(Event::KeyframeRequest(request)) => {
                    self.keyframes_asked += 1;
                    let rid = request.rid.map(|rid| rid.to_string());
                    let layer = RIDS.iter().position(|of| Some(*of) == rid.as_deref());
                    self.keyframe[layer.unwrap_or(3)] = true;
                }
                Output::Event(_) => {}
            }
        }
    }

    fn take(&mut self, packet: &RtpPacket) {
        let mut direct = self.rtc.direct_api();
        let mid = direct.stream_rx(&packet.header.ssrc).unwrap().mid();
        let payload = &packet.payload;
        let got = match payload[..] {
            [
                0x90,
                0x80,
                high,
                low,
                frame,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                from,
                layer,
                ..,
            ] => Got {
                seq: *packet.seq_no,
                picture: u16::from_be_bytes([high & 0x7f, low]),
                from,
                layer,
                keyframe: frame & 1 == 0,
            },
            [from, ..] => Got {
                seq: *packet.seq_no,
                picture: 0,
                from,
                layer: 0,
                keyframe: false,
            },
            [] => return,
        };
        self.got.entry(mid).or_default().push(got);
    }

    /// What a microphone brings in 20 ms.
    pub(crate) fn talk(&mut self, now: Instant) {
        let (Some(level), true) = (self.talks, self.connected) else {
            return;
        };
        let values = ExtensionValues {
            audio_level: Some(level),
            voice_activity: Some(level > -50),
            ..ExtensionValues::default()
        };
        let count = self.count(4);
        let (mid, payload) = (self.mids.voice.clone(), vec![self.n; 60]);
        self.write(now, &mid, None, count, count * 960, payload, values);
    }

    /// One frame of camera and screen.
    pub(crate) fn film(&mut self, now: Instant) {
        if !self.connected {
            return;
        }
        let films = self.films;
        let cameras = (0..3).filter(|layer| films[*layer]).map(Some);
        for layer in cameras.chain(self.shares.then_some(None)) {
            let index = layer.unwrap_or(3);
            let count = self.count(index);
            let keyframe = std::mem::take(&mut self.keyframe[index]);
            // Each layer counts from somewhere else, as encoders do.
            let picture = (count as u16 + 5_000 * index as u16) & 0x7fff;
            let payload = frame(self.n, index as u8, picture, keyframe);
            let (mid, rid) = match layer {
                Some(layer) => (self.mids.camera.clone(), Some(Rid::from(RIDS[layer]))),
                None => (self.mids.screen.clone(), None),
            };
            let time = count * 3_000 + 777 * index as u64;
            self.write(
                now,
                &mid,
                rid,
                count,
                time,
                payload,
                ExtensionValues::default(),
            );
        }
    }

    fn count(&mut self, of: usize) -> u64 {
        self.sent[of] += 1;
        self.sent[of]
    }

    #[allow(clippy::too_many_arguments, reason = "a packet has as many parts")]
    fn write(
        &mut self,
        now: Instant,
        mid: &str,
        rid: Option<Rid>,
        seq: u64,
        time: u64,
        payload: Vec<u8>,
        values: ExtensionValues,
    ) {
        let video = payload[0] == 0x90;
        let codecs = self.rtc.codec_config();
        let pt = codecs
            .iter()
            .find(|of| of.spec().codec.is_video() == video)
            .unwrap()
            .pt();
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(Mid::from(mid), rid).unwrap();
        let rtp = RtpWrite::new(pt, seq.into(), time as u32, now, payload);
        stream.write_rtp(rtp.marker(true).ext_vals(values).nackable(video));
        self.advance(now);
        self.out = self.drain();
    }

    pub(crate) fn all(&self, mid: &str) -> &[Got] {
        self.got.get(&Mid::from(mid)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn heard_of(&self, other: &Client) -> usize {
        let all = self.mids.voices.iter().flat_map(|mid| self.all(mid));
        all.filter(|got| got.from == other.n).count()
    }

    pub(crate) fn seen_of(&self, other: &Client, layer: u8) -> usize {
        let all = self.mids.pictures.iter().flat_map(|mid| self.all(mid));
        all.filter(|got| got.from == other.n && got.layer == layer)
            .count()
    }

    pub(crate) fn forget(&mut self) {
        self.got.clear();
    }
}

fn frame(from: u8, layer: u8, picture: u16, keyframe: bool) -> Vec<u8> {
    let (width, height) = SIDES[usize::from(layer.min(2))];
    let [high, low] = picture.to_be_bytes();
    let mut payload = vec![
        0x90,
        0x80,
        0x80 | high,
        low,
        u8::from(!keyframe),
        0,
        0,
        0x9d,
        1,
        0x2a,
    ];
    payload.extend(width.to_le_bytes());
    payload.extend(height.to_le_bytes());
    payload.extend([from, layer]);
    payload.resize(SIZES[usize::from(layer.min(2))], 0);
    payload
}
