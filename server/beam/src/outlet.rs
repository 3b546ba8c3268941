//! A sending m-line of ours, which shows one source after the other.

use std::time::Instant;

use domain::{SessionId, Slot, Source};
use str0m::{
    Rtc,
    change::DirectApi,
    media::{Mid, Pt},
    rtp::{ExtensionValues, RtpPacket, RtpWrite, Ssrc, StreamTx, Vp8Descriptor},
};

use crate::{
    pass::Passing,
    rewrite::{Place, Rewrite},
};

/// What somebody sends.
pub(crate) type Key = (SessionId, Source);

/// Packets that wait for their turn on the line. More would only be late.
const WAITING: usize = 400;

#[derive(Debug)]
pub(crate) struct Outlet {
    pub(crate) mid: Mid,
    pub(crate) shows: Option<Key>,
    /// The layer that is sent, since its keyframe.
    pub(crate) layer: Option<usize>,
    /// The layer that is to be sent.
    pub(crate) wish: Option<usize>,
    /// There is no room on the line.
    pub(crate) paused: bool,
    /// What it sends under, since it first did. To be found by its mid takes a look at every stream of the connection.
    ssrc: Option<Ssrc>,
    rewrite: Rewrite,
}

impl Outlet {
    pub(crate) fn new(mid: Mid, rate: u64) -> Self {
        Self {
            mid,
            shows: None,
            layer: None,
            wish: None,
            paused: false,
            ssrc: None,
            rewrite: Rewrite::new(rate),
        }
    }

    pub(crate) fn point(&mut self, shows: Option<Key>) {
        if self.shows != shows {
            self.shows = shows;
            self.stop();
            self.wish = None;
            self.paused = false;
        }
    }

    /// Nothing until the next keyframe.
    pub(crate) fn stop(&mut self) {
        self.layer = None;
        self.rewrite.point();
    }

    pub(crate) fn slot(&self, empty: Source) -> Slot {
        Slot {
            mid: self.mid.to_string(),
            session: self.shows.map(|(session, _)| session),
            source: self.shows.map_or(empty, |(_, source)| source),
        }
    }

    pub(crate) fn sound(
        &mut self,
        now: Instant,
        rtc: &mut Rtc,
        pt: Pt,
        packet: &RtpPacket,
    ) -> bool {
        let level = packet.header.ext_vals.audio_level;
        let values = ExtensionValues {
            audio_level: level,
            voice_activity: level.and(packet.header.ext_vals.voice_activity),
            ..ExtensionValues::default()
        };
        let place = self.rewrite.place(now, place_of(packet, None));
        let mut direct = rtc.direct_api();
        let (Some(place), Some(stream)) = (place, self.stream(&mut direct)) else {
            return false;
        };
        stream.write_rtp(written(now, pt, packet, place).ext_vals(values));
        true
    }

    /// True if it was sent.
    pub(crate) fn picture(
        &mut self,
        now: Instant,
        rtc: &mut Rtc,
        pt: Pt,
        passing: &Passing<'_>,
    ) -> bool {
        let (layer, packet) = (passing.layer, passing.packet);
        if self.layer != Some(layer) {
            let wished = match self.wish {
                // Whatever comes first, until it is known what fits.
                None => self.layer.is_none() && !self.paused,
                Some(wish) => wish == layer || (self.layer.is_none() && layer < wish),
            };
            if !wished || !passing.keyframe {
                return false;
            }
            self.layer = Some(layer);
            self.rewrite.point();
        }
        let Some(descriptor) = &passing.descriptor else {
            self.rewrite.pass_over(*packet.seq_no);
            return false;
        };
        let mut direct = rtc.direct_api();
        let Some(stream) = self.stream(&mut direct) else {
            return false;
        };
        if is_clogged(stream) {
            self.stop();
            return false;
        }
        let place = self.rewrite.place(now, place_of(packet, Some(descriptor)));
        let Some(place) = place else { return false };
        let patch = |picture: Option<u16>| {
            let mut patch = descriptor.patch();
            if let Some(picture) = picture {
                patch = patch.picture_id(picture);
            }
            if let Some(tl0) = place.tl0 {
                patch = patch.tl0_pic_idx(tl0);
            }
            patch.build().ok()
        };
        // Who counts in seven bits only cannot be told more.
        let patch = patch(place.picture).or_else(|| patch(place.picture.map(|id| id & 0x7f)));
        let rtp = written(now, pt, packet, place).nackable(true);
        stream.write_rtp(match patch {
            Some(patch) => rtp.vp8_patch(patch),
            None => rtp,
        });
        true
    }

    fn stream<'a>(&mut self, direct: &'a mut DirectApi<'_>) -> Option<&'a mut StreamTx> {
        let known = self.ssrc.filter(|ssrc| direct.stream_tx(ssrc).is_some());
        if known.is_none() {
            let stream = direct.stream_tx_by_mid(self.mid, None);
            self.ssrc = stream.map(|stream| stream.ssrc());
        }
        direct.stream_tx(&self.ssrc?)
    }
}

/// More waits than would be in time.
fn is_clogged(stream: &StreamTx) -> bool {
    let queue = stream.queue_info();
    queue.is_some_and(|queue| queue.packet_count() > WAITING)
}

fn place_of(packet: &RtpPacket, descriptor: Option<&Vp8Descriptor>) -> Place {
    Place {
        seq: *packet.seq_no,
        time: packet.header.timestamp,
        picture: descriptor.and_then(Vp8Descriptor::picture_id),
        tl0: descriptor.and_then(Vp8Descriptor::tl0_pic_idx),
    }
}

fn written(now: Instant, pt: Pt, packet: &RtpPacket, place: Place) -> RtpWrite {
    let payload = packet.payload.clone();
    let rtp = RtpWrite::new(pt, place.seq.into(), place.time, now, payload);
    rtp.marker(packet.header.marker)
}
