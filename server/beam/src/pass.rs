//! The road of a packet: from the session that sends it to all that are shown its source.

use std::time::Instant;

use domain::{SessionId, Source};
use str0m::{
    media::KeyframeRequestKind,
    rtp::{RtpPacket, Vp8Descriptor},
};

use crate::{
    core::Core,
    outlet::Key,
    session::{Session, is_sound},
    vp8::keyframe_size,
};

/// A packet on its way to everybody who is shown its source.
pub(crate) struct Passing<'a> {
    pub(crate) key: Key,
    pub(crate) layer: usize,
    /// A keyframe begins with it.
    pub(crate) keyframe: bool,
    /// None of a packet with no picture in it, or none that can be read.
    pub(crate) descriptor: Option<Vp8Descriptor>,
    pub(crate) packet: &'a RtpPacket,
}

impl Core {
    pub(crate) fn pass(&mut self, now: Instant, from: SessionId, packet: &RtpPacket) {
        let Some(session) = self.sessions.get_mut(&from) else {
            return;
        };
        let Some((source, layer)) = session.source_of(packet) else {
            return;
        };
        let keyframe = if is_sound(source) {
            None
        } else {
            keyframe_size(&packet.payload)
        };
        let (ssrc, bytes) = (packet.header.ssrc, packet.payload.len());
        session
            .track(source)
            .hear(now, layer, ssrc, bytes, keyframe);
        if source == Source::Voice {
            // Whoever is muted is not heard, whatever their browser sends.
            if session.muted {
                return;
            }
            let level = packet.header.ext_vals.audio_level;
            session.voice.hear(now, level.unwrap_or(-127));
        }
        let page = session.page;
        let Some(room) = self.rooms.get_mut(&page) else {
            return;
        };
        let passing = Passing {
            key: (from, source),
            layer,
            keyframe: keyframe.is_some(),
            descriptor: (!is_sound(source) && !packet.payload.is_empty())
                .then(|| Vp8Descriptor::parse(&packet.payload).ok())
                .flatten(),
            packet,
        };
        let order = std::mem::take(&mut room.order);
        for id in &order {
            let Some(to) = self.sessions.get_mut(id).filter(|to| to.id != from) else {
                continue;
            };
            if to.pass(now, &passing) && to.clock.give() {
                self.touched.push(*id);
            }
        }
        if let Some(room) = self.rooms.get_mut(&page) {
            room.order = order;
        }
    }

    /// Somebody can go on only with a keyframe of this layer.
    pub(crate) fn want_keyframe(&mut self, now: Instant, (of, source): Key, layer: usize) {
        let Some(session) = self.sessions.get_mut(&of) else {
            return;
        };
        let Some(stream) = session.track(source).stream(layer) else {
            return;
        };
        stream.keyframes.want();
        if stream.keyframes.due(now) {
            let ssrc = stream.ssrc;
            ask(session, ssrc);
            self.touch(of);
        }
    }
}

/// PLI (RFC 4585 §6.3.1).
pub(crate) fn ask(session: &mut Session, ssrc: str0m::rtp::Ssrc) {
    let mut direct = session.rtc.direct_api();
    if let Some(stream) = direct.stream_rx(&ssrc) {
        stream.request_keyframe(KeyframeRequestKind::Pli);
    }
}
