//! Keeping the call going: its clock, its connection, and what the counters say of it.

use std::{collections::BTreeSet, rc::Rc};

use domain::{Refusal, SessionId, Source, call::Seen};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

use super::{
    api,
    call::Beam,
    link::{Do, Wire},
    session::Session,
};
use crate::{Problem, ui::effect};

/// A second, and how often the counters are read, in ticks.
const SECOND: u32 = 4;
const READING: u32 = 12;

/// Tiles move in bursts (milliseconds).
const SETTLED: u32 = 200;

impl Beam {
    /// Once: tells the server what is on screen whenever that changes.
    pub(super) fn keep_looking(self) {
        let waiting = StoredValue::new(false);
        let soon = move || {
            if waiting.get_value() {
                return;
            }
            waiting.set_value(true);
            spawn_local(async move {
                TimeoutFuture::new(SETTLED).await;
                if waiting.try_set_value(false).is_none() {
                    self.look();
                }
            });
        };
        effect(move || {
            self.scene.track();
            self.call.track();
            soon();
        });
        let hidden = window_event_listener_untyped("visibilitychange", move |_| soon());
        on_cleanup(move || hidden.remove());
    }

    /// Four times a second.
    pub(super) fn tick(self, session: &Rc<Session>) {
        let now = js_sys::Date::now() as i64;
        let todo = session.link.borrow_mut().tick(now);
        let doing = Rc::clone(session);
        match todo {
            Some(Do::Restart) => spawn_local(async move { self.restart(doing).await }),
            Some(Do::Rejoin) => spawn_local(async move { self.rejoin(doing).await }),
            Some(Do::GiveUp) => {
                self.ended("The call was lost: the server could not be reached for two minutes.");
                return;
            }
            None => {}
        }
        self.show_link(session);
        let ticks = session.ticks.get().wrapping_add(1);
        session.ticks.set(ticks);
        if ticks.is_multiple_of(SECOND) {
            self.tick_clock();
            if session.seen.borrow().is_none() {
                self.look();
            }
        }
        if ticks.is_multiple_of(READING) {
            let session = Rc::clone(session);
            spawn_local(async move { self.read(session).await });
        }
    }

    pub(super) fn show_link(self, session: &Session) {
        let now = js_sys::Date::now() as i64;
        let troubled = session.link.borrow().is_troubled(now);
        if self.troubled.get_untracked() != troubled {
            self.troubled.set(troubled);
        }
    }

    /// Over whatever network there is now, with the same session.
    async fn restart(self, session: Rc<Session>) {
        let (peer, id) = (session.peer(), session.id.get());
        if self.renew_relays(session.page).await {
            self.relays
                .with_value(|relays| peer.relay_by(&relays.servers));
        }
        let answer = match peer.offer(true).await {
            Ok(offer) => api::restart(session.page, id, &offer).await,
            Err(_) => Err(Problem::Network("no offer".into())),
        };
        let done = match answer {
            Ok(answer) => peer.answered(&answer).await.is_ok(),
            Err(Problem::Refused(Refusal::NotFound)) => {
                let now = js_sys::Date::now() as i64;
                session.link.borrow_mut().forgotten(now);
                return;
            }
            Err(_) => false,
        };
        if session.id.get() != id {
            return;
        }
        let now = js_sys::Date::now() as i64;
        let mut link = session.link.borrow_mut();
        match done {
            false => link.restart_failed(now),
            // Where the old way went on working the browser tells of no change.
            true if peer.is_up() => link.told(Wire::Up, now),
            true => {}
        }
    }

    async fn read(self, session: Rc<Session>) {
        let Some(now) = session.peer().reading().await else {
            return;
        };
        if !self.is_current(&session) {
            return;
        }
        let seen = session.seen.borrow().clone().unwrap_or_default();
        if let Some((before, seen_before)) = session.before.take() {
            let quality = now.since(&before);
            if self.quality.get_untracked() != quality {
                self.quality.set(quality);
            }
            // A screen stands still when nothing happens on it, and what is not on stage all the time is not sent.
            let is_seen = |who: &SessionId| {
                let camera = (*who, Source::Camera);
                let on = |seen: &[Seen]| seen.iter().any(|one| (one.session, one.source) == camera);
                on(&seen) && on(&seen_before)
            };
            let still: BTreeSet<_> = self.slots.with_untracked(|slots| {
                let shows = |mid: &str| {
                    let mut slots = slots.iter();
                    let slot = slots.find(|it| it.mid == mid && it.source == Source::Camera)?;
                    slot.session.filter(is_seen)
                };
                now.still(&before).filter_map(shows).collect()
            });
            if self.still.with_untracked(|known| *known != still) {
                self.still.set(still);
            }
        }
        *session.before.borrow_mut() = Some((now, seen));
    }
}
