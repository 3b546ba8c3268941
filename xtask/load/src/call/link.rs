//! One connection on str0m with a socket of its own: sends a camera and a voice, counts what comes.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use socket2::{Domain, Protocol as Transport, Socket, Type};
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpPendingOffer},
    crypto::{CryptoProvider, from_feature_flags},
    format::Codec,
    media::{Direction, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer},
    net::{Protocol, Receive},
    rtp::RtpWrite,
};
use tokio::{net::UdpSocket, select, time::sleep_until};

use super::{
    Plan,
    source::{Camera, Layer, Packet, Voice},
    stamp::Stamp,
    tally::{Sent, Tally},
};

/// As a server has it: what waits there is not lost, only late.
const BUFFER: usize = 4 * 1024 * 1024;
/// Datagrams in one go, before anybody else has their turn.
const BATCH: usize = 64;

pub(crate) struct Link {
    pub(crate) rtc: Rtc,
    pub(crate) tally: Tally,
    pub(crate) sent: Sent,
    socket: UdpSocket,
    address: SocketAddr,
    timeout: Instant,
    connected: bool,
    number: u8,
    cameras: Vec<(Line, Camera)>,
    voice: Option<(Line, Voice)>,
}

/// Where a source is sent.
#[derive(Clone, Copy)]
struct Line {
    mid: Mid,
    rid: Option<Rid>,
    pt: Pt,
}

/// The lines of an offer, in the order in which they were added.
pub(crate) struct Offer {
    pub(crate) sdp: String,
    pub(crate) mids: Vec<String>,
    pending: SdpPendingOffer,
}

pub(crate) fn crypto() -> Arc<CryptoProvider> {
    Arc::new(from_feature_flags())
}

impl Link {
    pub(crate) fn open(plan: &Plan, number: usize) -> Result<Self> {
        let socket = bind(plan.own)?;
        let address = socket.local_addr()?;
        let now = Instant::now();
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::clone(&plan.crypto))
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        Ok(Self {
            rtc,
            tally: Tally::new(plan.window, plan.people),
            sent: Sent::new(plan.window),
            socket,
            address,
            timeout: now,
            connected: false,
            number: u8::try_from(number)?,
            cameras: Vec::new(),
            voice: None,
        })
    }

    /// The second line is the camera's.
    pub(crate) fn offer(&mut self, plan: &Plan, lines: &[(MediaKind, Direction)]) -> Result<Offer> {
        let mut sdp = self.rtc.sdp_api();
        let mut mids = Vec::new();
        for (index, (kind, direction)) in lines.iter().enumerate() {
            let layers = (index == 1).then(|| simulcast(&plan.layers)).flatten();
            let mid = sdp.add_media(*kind, *direction, None, None, layers);
            mids.push(mid.to_string());
        }
        let (offer, pending) = sdp.apply().context("an offer of nothing")?;
        Ok(Offer {
            sdp: offer.to_sdp_string(),
            mids,
            pending,
        })
    }

    pub(crate) fn answered(&mut self, offer: Offer, answer: &str) -> Result<()> {
        let answer = SdpAnswer::from_sdp_string(answer)?;
        self.rtc.sdp_api().accept_answer(offer.pending, answer)?;
        Ok(())
    }

    /// Sends on these lines as soon as it is connected.
    pub(crate) fn send(&mut self, plan: &Plan, voice: &str, camera: &str) -> Result<()> {
        let pt = |codec| {
            let mut all = self.rtc.codec_config().iter();
            let found = all.find(|of| of.spec().codec == codec);
            found.map(str0m::format::PayloadParams::pt)
        };
        let line = |mid: &str, codec| -> Result<Line> {
            Ok(Line {
                mid: Mid::from(mid),
                rid: None,
                pt: pt(codec).with_context(|| format!("without {codec}"))?,
            })
        };
        let (voice, camera) = (line(voice, Codec::Opus)?, line(camera, Codec::Vp8)?);
        // People do not film in step.
        let now = plan.now() + u64::from(self.number) * 7_919_000 % 40_000_000;
        let camera = |layer: Layer| {
            let rid = layer.rid.map(Rid::from);
            let line = Line { rid, ..camera };
            (line, Camera::new(self.number, layer, now))
        };
        self.cameras = plan.layers.iter().copied().map(camera).collect();
        self.voice = Some((voice, Voice::new(self.number, now)));
        Ok(())
    }

    pub(crate) async fn run(&mut self, plan: &Plan) -> Result<()> {
        let mut buffer = vec![0; 2_048];
        while plan.now() < plan.over() {
            let now = Instant::now();
            let wrote = self.connected && self.say(now, plan.now())?;
            if wrote || self.timeout <= now {
                self.rtc.handle_input(Input::Timeout(now))?;
            }
            self.drain(plan)?;
            let next = self.timeout.min(self.next_word(plan));
            select! {
                ready = self.socket.readable() => {
                    ready?;
                    self.hear(plan, &mut buffer)?;
                }
                () = sleep_until(next.into()) => {}
            }
        }
        Ok(())
    }

    /// The goodbye ends the call of those who would be waited for.
    pub(crate) fn close(&mut self, plan: &Plan) -> Result<()> {
        self.rtc.close()?;
        self.drain(plan)
    }

    fn next_word(&self, plan: &Plan) -> Instant {
        let cameras = self.cameras.iter().map(|(_, camera)| camera.next);
        let voice = self.voice.as_ref().map(|(_, voice)| voice.next);
        let next = match cameras.chain(voice).min() {
            Some(next) if self.connected => next,
            _ => plan.over(),
        };
        plan.start + Duration::from_nanos(next)
    }

    /// Writes what is due. True if anything was.
    fn say(&mut self, now: Instant, nanos: u64) -> Result<bool> {
        let mut out: Vec<(Line, Packet)> = Vec::new();
        if let Some((line, voice)) = &mut self.voice {
            out.extend(voice.talk(nanos).map(|packet| (*line, packet)));
        }
        for (line, camera) in &mut self.cameras {
            for packet in camera.film(nanos) {
                self.sent.send(packet.sent);
                out.push((*line, packet));
            }
        }
        let any = !out.is_empty();
        for (line, packet) in out {
            let mut direct = self.rtc.direct_api();
            let stream = direct.stream_tx_by_mid(line.mid, line.rid);
            let stream = stream.context("no stream to send on")?;
            let rtp = RtpWrite::new(
                line.pt,
                (u64::from(packet.number) + 1).into(),
                packet.time,
                now,
                packet.payload,
            );
            stream.write_rtp(rtp.marker(packet.marker).nackable(packet.picture));
        }
        Ok(any)
    }

    fn hear(&mut self, plan: &Plan, buffer: &mut [u8]) -> Result<()> {
        for _ in 0..BATCH {
            let (length, from) = match self.socket.try_recv_from(buffer) {
                Ok(got) => got,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // Of a datagram before this one (RFC 1122 §4.1.3.3).
                Err(_) => continue,
            };
            let now = Instant::now();
            if let Ok(receive) = Receive::new(Protocol::Udp, from, self.address, &buffer[..length])
            {
                self.rtc.handle_input(Input::Receive(now, receive))?;
                self.drain(plan)?;
            }
        }
        Ok(())
    }

    fn drain(&mut self, plan: &Plan) -> Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return Ok(());
                }
                Output::Transmit(datagram) => {
                    // What does not fit the socket is lost, as on the way.
                    let _ = self
                        .socket
                        .try_send_to(&datagram.contents, datagram.destination);
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet)) => {
                    if let Some(stamp) = Stamp::read(&packet.payload) {
                        self.tally.take(plan.now(), &stamp);
                    }
                }
                Output::Event(Event::KeyframeRequest(request)) => {
                    let of = |(line, _): &&mut (Line, Camera)| line.rid == request.rid;
                    for (_, camera) in self.cameras.iter_mut().filter(of) {
                        camera.keyframe = true;
                    }
                }
                Output::Event(_) => {}
            }
        }
    }
}

fn simulcast(layers: &[Layer]) -> Option<Simulcast> {
    let mut simulcast = Simulcast::new();
    for layer in layers {
        simulcast.add_send_layer(SimulcastLayer::new(layer.rid?));
    }
    Some(simulcast)
}

fn bind(own: IpAddr) -> Result<UdpSocket> {
    let address = SocketAddr::new(own, 0);
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Transport::UDP),
    )?;
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_send_buffer_size(BUFFER)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into()).map_err(|error| anyhow!(error))
}
