//! What is decided again and again: who is shown where, in which layer, who speaks, who is away and who has gone.

use std::{
    cmp::Reverse,
    time::{Duration, Instant},
};

use domain::{Dropped, PageId, SessionId, Source};
use str0m::bwe::Bitrate;

use crate::{
    assign::assign,
    core::Core,
    layer::{Allotment, Wish, allot},
    outlet::Key,
    pass::ask,
    session::Session,
};

/// Browsers ask every 2.5 seconds at the latest whether we are there (ICE consent, RFC 7675 §5.1).
const AWAY: Duration = Duration::from_secs(4);
/// Whoever is away so long has gone.
const GONE: Duration = Duration::from_secs(19);
/// Of what the line carries, this much is for pictures and what is sent again; in hundredths.
const SHARE: u64 = 92;
/// Where the desire for bandwidth ends, in bits a second.
const MOST: u64 = 12_000_000;

impl Core {
    pub(crate) fn decide(&mut self, now: Instant) {
        self.see_who_is_there(now);
        let pages: Vec<PageId> = self.rooms.keys().copied().collect();
        for page in pages {
            self.listen(now, page);
            self.arrange(now, page);
        }
        let mut asked = Vec::new();
        for session in self.sessions.values_mut() {
            let due: Vec<_> = session
                .tracks
                .iter_mut()
                .flat_map(|track| track.tick(now))
                .collect();
            for ssrc in due {
                ask(session, ssrc);
                asked.push(session.id);
            }
        }
        for id in asked {
            self.touch(id);
        }
        self.settle(now);
    }

    fn see_who_is_there(&mut self, now: Instant) {
        let mut gone = Vec::new();
        for session in self.sessions.values_mut() {
            let silent = now.saturating_duration_since(session.heard);
            let tried = session.trial.is_some_and(|end| end <= now);
            if silent >= GONE || tried || !session.rtc.is_alive() {
                gone.push(session.id);
                continue;
            }
            let away = silent >= AWAY;
            if session.away != away {
                session.away = away;
                if let Some(room) = self.rooms.get_mut(&session.page) {
                    room.change();
                }
            }
        }
        for id in gone {
            self.drop_session(now, id, Dropped::Over);
        }
    }

    fn listen(&mut self, now: Instant, page: PageId) {
        let Some(room) = self.rooms.get_mut(&page) else {
            return;
        };
        let voice = |id: &SessionId| Some((*id, self.sessions.get(id)?.voice));
        let voices: Vec<_> = room.order.iter().filter_map(voice).collect();
        if room.speaker.decide(now, &voices) {
            room.change();
        }
    }

    /// Who is shown in which slot and layer, for everybody on the page.
    pub(crate) fn arrange(&mut self, now: Instant, page: PageId) {
        let Some(room) = self.rooms.get(&page) else {
            return;
        };
        let order = room.order.clone();
        let sounds = self.sounds(&order, room.speaker.get());
        for id in &order {
            let pictures = self.pictures_of(*id);
            let wanted: Vec<Key> = sounds.iter().filter(|key| key.0 != *id).copied().collect();
            if let Some(session) = self.sessions.get_mut(id) {
                point(session, &wanted, &pictures);
            }
            self.choose_layers(now, *id, &pictures);
        }
        self.settle(now);
    }

    /// What can be heard, the most important first.
    fn sounds(&self, order: &[SessionId], speaker: Option<SessionId>) -> Vec<Key> {
        let there = || order.iter().filter_map(|id| self.sessions.get(id));
        let screens = there()
            .filter(|session| session.screen)
            .map(|session| (session.id, Source::ScreenSound));
        let mut voices: Vec<&Session> = there().collect();
        voices.sort_by_key(|session| (Some(session.id) != speaker, Reverse(session.voice.spoke)));
        let voices = voices.iter().map(|session| (session.id, Source::Voice));
        screens.chain(voices).collect()
    }

    /// What this session shows and somebody sends: screens first, then what is large.
    fn pictures_of(&self, id: SessionId) -> Vec<(Key, u64)> {
        let Some(viewer) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let sent = |source, of: &Session| match source {
            Source::Camera => of.camera,
            Source::Screen => of.screen,
            Source::Voice | Source::ScreenSound => false,
        };
        let mut pictures: Vec<(Key, u64)> = Vec::new();
        for seen in viewer.seen.iter().filter(|seen| seen.session != id) {
            let key = (seen.session, seen.source);
            let of = self.sessions.get(&seen.session);
            let there = of.is_some_and(|of| of.page == viewer.page && sent(seen.source, of));
            if there && !pictures.iter().any(|(known, _)| *known == key) {
                pictures.push((key, u64::from(seen.width) * u64::from(seen.height)));
            }
        }
        pictures.sort_by_key(|((_, source), pixels)| (*source != Source::Screen, Reverse(*pixels)));
        pictures.truncate(viewer.pictures.len());
        pictures
    }

    fn choose_layers(&mut self, now: Instant, id: SessionId, pictures: &[(Key, u64)]) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let heard = session.voices.iter().filter_map(|outlet| outlet.shows);
        let sound: u64 = heard.map(|key| self.rate_of(key)).sum();
        let wish = |(key, pixels): &(Key, u64)| {
            let outlet = session.pictures.iter().find(|of| of.shows == Some(*key))?;
            let track = &self.sessions.get(&key.0)?.tracks[key.1 as usize];
            let wish = Wish {
                pixels: *pixels,
                layers: track.layers(now),
                now: outlet.layer,
            };
            Some((*key, wish))
        };
        let (keys, wishes): (Vec<Key>, Vec<Wish>) = pictures.iter().filter_map(wish).unzip();
        let budget = (session.line.carries() * SHARE / 100).saturating_sub(sound);
        let given = allot(budget, &wishes);
        let mut missing = Vec::new();
        if let Some(session) = self.sessions.get_mut(&id) {
            for ((key, wish), layer) in keys.iter().zip(&wishes).zip(&given.layers) {
                let mut pictures = session.pictures.iter_mut();
                let Some(outlet) = pictures.find(|of| of.shows == Some(*key)) else {
                    continue;
                };
                outlet.wish = *layer;
                let comes = wish.layers.iter().any(Option::is_some);
                outlet.paused = layer.is_none() && comes;
                if outlet.paused {
                    outlet.stop();
                }
                if let Some(layer) = layer
                    && outlet.layer != Some(*layer)
                {
                    missing.push((*key, *layer));
                }
            }
            desire(session, &given, sound);
        }
        for (key, layer) in missing {
            self.want_keyframe(now, key, layer);
        }
    }

    fn rate_of(&self, (id, source): Key) -> u64 {
        let session = self.sessions.get(&id);
        session.map_or(0, |session| session.tracks[source as usize].rate())
    }
}

fn point(session: &mut Session, sounds: &[Key], pictures: &[(Key, u64)]) {
    let pictures: Vec<Key> = pictures.iter().map(|(key, _)| *key).collect();
    for (outlets, wanted) in [
        (&mut session.voices, sounds),
        (&mut session.pictures, &pictures),
    ] {
        let mut shows: Vec<Option<Key>> = outlets.iter().map(|outlet| outlet.shows).collect();
        if assign(&mut shows, wanted) {
            session.moved = true;
            for (outlet, shows) in outlets.iter_mut().zip(shows) {
                outlet.point(shows);
            }
        }
    }
}

/// Tells the estimation what it is to look for: the next step up, and all of them.
fn desire(session: &mut Session, given: &Allotment, sound: u64) {
    let round = |bits: u64| bits.div_ceil(100_000) * 100_000;
    let desired = round(((given.wanted + sound) * 130 / 100).min(MOST));
    let least = if given.next > given.used {
        round((given.next + sound) * 120 / 100).min(desired)
    } else {
        0
    };
    if session.asked_for != (least, desired) {
        session.asked_for = (least, desired);
        let mut bwe = session.rtc.bwe();
        bwe.set_bitrate(Bitrate::bps(least), Bitrate::bps(desired));
    }
}
