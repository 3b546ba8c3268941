//! One browser in a call: its connection, what it sends, what it is shown.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{AccountId, PageId, SessionId, Slot, Source, Timestamp, call::Seen};
use str0m::{
    Candidate, Input, Rtc, RtcConfig, RtcError,
    bwe::Bitrate,
    change::SdpOffer,
    crypto::{CryptoProvider, dtls::DtlsCert},
    format::{Codec, PayloadParams},
    media::{Direction, MediaKind, Mid, Pt},
    net::TcpType,
    rtp::{RtpPacket, Ssrc},
};

use crate::{
    bucket::Bucket,
    clock::Clock,
    layer::LAYERS,
    line::Line,
    outlet::Outlet,
    pass::Passing,
    shapes::{Address, Denied, Join, Mids, Transport},
    speaker::Voice,
    track::Track,
};

/// Where the estimation of a line begins, in bits a second.
const BEGIN: u64 = 1_500_000;
/// How often a connection says what its line carries now.
const STATS: Duration = Duration::from_millis(100);
/// Addresses one browser is heard from.
pub(crate) const ADDRESSES: usize = 16;
const LARGEST_OFFER: usize = 128 * 1024;
const MOST_LINES: usize = 48;
const MOST_VOICES: usize = 16;
const MOST_PICTURES: usize = 25;
/// Packets kept for those who have lost one.
const KEPT_VIDEO: usize = 256;
const KEPT_AUDIO: usize = 50;
/// How long a trial takes at most.
const TRIAL: Duration = Duration::from_secs(30);
/// Streams one browser may send: four sources, three layers, and what a change leaves behind.
const MOST_STREAMS: usize = 64;

/// What all sessions have in common.
pub(crate) struct Common {
    pub(crate) crypto: Arc<CryptoProvider>,
    pub(crate) certificate: DtlsCert,
    pub(crate) addresses: Vec<Address>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "what a caller says of themselves is as many yes and no"
)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) after: Option<SessionId>,
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) page: PageId,
    pub(crate) muted: bool,
    pub(crate) camera: bool,
    pub(crate) screen: bool,
    pub(crate) hand: Option<Timestamp>,
    pub(crate) away: bool,
    /// A trial, and when it ends.
    pub(crate) trial: Option<Instant>,
    pub(crate) rtc: Rtc,
    pub(crate) offer: String,
    pub(crate) answer: String,
    pub(crate) ufrag: String,
    pub(crate) addresses: Vec<Address>,
    pub(crate) bucket: Bucket,
    pub(crate) heard: Instant,
    pub(crate) clock: Clock,
    pub(crate) voice: Voice,
    pub(crate) tracks: [Track; 4],
    pub(crate) voices: Vec<Outlet>,
    pub(crate) pictures: Vec<Outlet>,
    pub(crate) seen: Vec<Seen>,
    /// The slots have changed since they were told.
    pub(crate) moved: bool,
    pub(crate) line: Line,
    pub(crate) asked_for: (u64, u64),
    sends: [(Mid, Source); 4],
    streams: HashMap<Ssrc, (Source, usize)>,
    opus: Pt,
    vp8: Pt,
}

impl Session {
    pub(crate) fn open(common: &Common, join: Join, now: Instant) -> Result<Self, Denied> {
        let offer = parse(&join.offer)?;
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::clone(&common.crypto))
            .set_dtls_cert(common.certificate.clone())
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_bwe(Some(Bitrate::bps(BEGIN)))
            .set_send_buffer_video(KEPT_VIDEO)
            .set_send_buffer_audio(KEPT_AUDIO)
            .set_stats_interval(Some(STATS))
            .build(now);
        for address in &common.addresses {
            rtc.add_local_candidate(candidate(*address)?);
        }
        let answer = rtc.sdp_api().accept_offer(offer).map_err(denied)?;
        let lines = Lines::of(&rtc, &join.mids)?;
        let payload = |codec| {
            let mut all = rtc.codec_config().iter();
            all.find(|of| of.spec().codec == codec)
                .map(PayloadParams::pt)
        };
        let (opus, vp8) = (payload(Codec::Opus), payload(Codec::Vp8));
        Ok(Self {
            opus: opus.ok_or_else(|| wrong("without Opus"))?,
            vp8: vp8.ok_or_else(|| wrong("without VP8"))?,
            ufrag: rtc.direct_api().local_ice_credentials().ufrag,
            rtc,
            id: join.session,
            after: join.after,
            account: join.account,
            name: join.name,
            page: join.page,
            muted: join.muted,
            camera: join.camera,
            screen: false,
            hand: None,
            away: false,
            trial: join.trial.then(|| now + TRIAL),
            offer: join.offer,
            answer: answer.to_sdp_string(),
            addresses: Vec::new(),
            bucket: Bucket::new(now),
            heard: now,
            clock: Clock::new(now),
            voice: Voice::SILENT,
            tracks: Default::default(),
            voices: lines.voices,
            pictures: lines.pictures,
            seen: Vec::new(),
            moved: false,
            line: Line::new(BEGIN),
            asked_for: (0, 0),
            sends: lines.sends,
            streams: HashMap::new(),
        })
    }

    /// ICE restart (RFC 8445 §9): the same session over another way.
    pub(crate) fn restart(&mut self, offer: &str) -> Result<String, Denied> {
        let parsed = parse(offer)?;
        let answer = self.rtc.sdp_api().accept_offer(parsed).map_err(denied)?;
        self.clock.forget();
        self.ufrag = self.rtc.direct_api().local_ice_credentials().ufrag;
        Ok(answer.to_sdp_string())
    }

    pub(crate) fn advance(&mut self, now: Instant) -> Result<(), RtcError> {
        self.rtc.handle_input(Input::Timeout(now))
    }

    /// What this packet is of; none for what nobody announced.
    pub(crate) fn source_of(&mut self, packet: &RtpPacket) -> Option<(Source, usize)> {
        let ssrc = packet.header.ssrc;
        if let Some(known) = self.streams.get(&ssrc) {
            return Some(*known);
        }
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_rx(&ssrc)?;
        let (mid, rid) = (stream.mid(), stream.rid());
        let (_, source) = self.sends.iter().find(|(of, _)| *of == mid)?;
        let layer = match rid.as_deref() {
            Some("q") => 0,
            Some("h") => 1,
            _ => LAYERS - 1,
        };
        if self.streams.len() >= MOST_STREAMS {
            self.streams.clear();
        }
        self.streams.insert(ssrc, (*source, layer));
        Some((*source, layer))
    }

    /// Sends a packet on wherever its source is shown. True if it is.
    pub(crate) fn pass(&mut self, now: Instant, passing: &Passing<'_>) -> bool {
        let shows = |outlet: &&mut Outlet| outlet.shows == Some(passing.key);
        let mut sent = false;
        if is_sound(passing.key.1) {
            for outlet in self.voices.iter_mut().filter(shows) {
                sent |= outlet.sound(now, &mut self.rtc, self.opus, passing.packet);
            }
        } else {
            for outlet in self.pictures.iter_mut().filter(shows) {
                sent |= outlet.picture(now, &mut self.rtc, self.vp8, passing);
            }
        }
        sent
    }

    /// Whether this datagram is one of the packets it was given. What is sent again, or is padding, is of another payload
    /// type (RFC 4588 §4), a probe of no source.
    pub(crate) fn has_given(&self, datagram: &[u8]) -> bool {
        let Some(header) = datagram.get(..12).filter(|header| header[0] >> 6 == 2) else {
            return false;
        };
        let payload_type = header[1] & 0x7f;
        [*self.opus, *self.vp8].contains(&payload_type) && header[8..] != [0; 4]
    }

    pub(crate) fn slots(&self) -> Vec<Slot> {
        let voices = self.voices.iter().map(|outlet| outlet.slot(Source::Voice));
        let pictures = self
            .pictures
            .iter()
            .map(|outlet| outlet.slot(Source::Camera));
        voices.chain(pictures).collect()
    }

    pub(crate) fn track(&mut self, source: Source) -> &mut Track {
        &mut self.tracks[source as usize]
    }
}

pub(crate) fn is_sound(source: Source) -> bool {
    matches!(source, Source::Voice | Source::ScreenSound)
}

struct Lines {
    sends: [(Mid, Source); 4],
    voices: Vec<Outlet>,
    pictures: Vec<Outlet>,
}

impl Lines {
    /// As the browser names them, checked against what it offers.
    fn of(rtc: &Rtc, mids: &Mids) -> Result<Self, Denied> {
        if mids.voices.len() > MOST_VOICES || mids.pictures.len() > MOST_PICTURES {
            return Err(wrong("too many lines"));
        }
        let mut known: Vec<Mid> = Vec::new();
        let mut line = |name: &str, kind: MediaKind, direction: Direction| {
            let mid = Mid::from(name);
            let media = rtc.media(mid).filter(|_| *mid == *name);
            let fits = media.is_some_and(|media| {
                media.kind() == kind && media.direction() == direction && !known.contains(&mid)
            });
            known.push(mid);
            fits.then_some(mid)
                .ok_or_else(|| wrong(&format!("the line {name:?} is not as it should be")))
        };
        let (audio, video) = (MediaKind::Audio, MediaKind::Video);
        let (here, there) = (Direction::RecvOnly, Direction::SendOnly);
        let sends = [
            (line(&mids.voice, audio, here)?, Source::Voice),
            (line(&mids.camera, video, here)?, Source::Camera),
            (line(&mids.screen, video, here)?, Source::Screen),
            (line(&mids.screen_sound, audio, here)?, Source::ScreenSound),
        ];
        let mut outlets = |names: &[String], kind, rate| {
            let outlet = |name: &String| Ok(Outlet::new(line(name, kind, there)?, rate));
            names.iter().map(outlet).collect::<Result<Vec<_>, Denied>>()
        };
        Ok(Self {
            sends,
            voices: outlets(&mids.voices, audio, 48_000)?,
            pictures: outlets(&mids.pictures, video, 90_000)?,
        })
    }
}

/// Its candidates are left out: browsers come to us, and are known by where they come from.
fn parse(offer: &str) -> Result<SdpOffer, Denied> {
    if offer.len() > LARGEST_OFFER {
        return Err(wrong("too long"));
    }
    if offer.matches("\nm=").count() > MOST_LINES {
        return Err(wrong("too many lines"));
    }
    let mut plain = String::with_capacity(offer.len());
    for line in offer
        .lines()
        .filter(|line| !line.starts_with("a=candidate:"))
    {
        plain.push_str(line);
        plain.push_str("\r\n");
    }
    SdpOffer::from_sdp_string(&plain).map_err(|error| wrong(&error.to_string()))
}

/// Browsers try UDP first: its priority is higher. Over TCP it is they who connect (RFC 6544 §4.5).
fn candidate(of: Address) -> Result<Candidate, Denied> {
    let candidate = match of.transport {
        Transport::Udp => Candidate::builder().udp().host(of.socket).build(),
        Transport::Tcp => {
            let tcp = Candidate::builder().tcp().tcptype(TcpType::Passive);
            tcp.host(of.socket).build()
        }
    };
    candidate.map_err(|_| wrong("no address"))
}

fn wrong(why: &str) -> Denied {
    Denied::Offer(why.chars().take(200).collect())
}

fn denied(error: RtcError) -> Denied {
    wrong(&error.to_string())
}
