//! What the wire tells of calls, and what is asked anew because it may have been missed.

use bytes::Bytes;
use domain::{Call, CallId, Dropped, PageId, SessionId, Slot, Topic};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    api,
    call::{Beam, Ring, Stage},
};
use crate::{live::News, ui::effect};

#[derive(Deserialize)]
struct Tag {
    r#type: String,
}

#[derive(Deserialize)]
struct Slots {
    session: SessionId,
    slots: Vec<Slot>,
}

#[derive(Deserialize)]
struct Ringing {
    call: CallId,
    page: PageId,
    page_name: String,
    by: String,
}

#[derive(Deserialize)]
struct Quiet {
    call: CallId,
}

#[derive(Deserialize)]
struct Ended {
    session: SessionId,
    why: Dropped,
}

/// As `live::event` reads the others, in two steps.
fn said<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}

impl Beam {
    /// Once, when what shows calls is there.
    pub(super) fn listen(self) {
        effect(move || {
            if self.bell.heard.with(|heard| !heard.is_empty()) {
                let heard = self.bell.heard.try_update_untracked(std::mem::take);
                for (topic, json) in heard.unwrap_or_default() {
                    self.event(topic, &json);
                }
            }
        });
        effect(move || {
            if let Some(page) = self.bell.asked.get() {
                self.bell.asked.set(None);
                self.asked(page);
            }
        });
        self.live.listen(move |news| {
            if let News::Resync = news {
                self.ask_again();
            }
        });
    }

    fn event(self, topic: Topic, json: &Bytes) -> Option<()> {
        let tag: Tag = said(json)?;
        match (tag.r#type.as_str(), topic) {
            ("call", Topic::Page(_)) => self.told(said(json)?),
            ("slots", _) => {
                let Slots { session, slots } = said(json)?;
                if self.me.get_untracked() == Some(session) {
                    self.slots.set(slots);
                } else if self.joining_as() == Some(session) {
                    self.ahead.update_value(|ahead| ahead.slots = Some(slots));
                }
            }
            ("ringing", _) => self.rings(said(json)?),
            ("quiet", _) => {
                let Quiet { call } = said(json)?;
                self.quiet(call);
            }
            ("dropped", _) => {
                let Ended { session, why } = said(json)?;
                if self.me.get_untracked() == Some(session) {
                    self.dropped(why);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn dropped(self, why: Dropped) {
        match why {
            Dropped::Removed => self.ended("You were removed from the call."),
            Dropped::Replaced => self.ended("The call goes on in another window of yours."),
            // The server is going, and comes back: so do all who were in the call.
            Dropped::Over => {
                if let Some(session) = self.session() {
                    let now = js_sys::Date::now() as i64;
                    session.link.borrow_mut().forgotten(now);
                }
            }
        }
    }

    /// The state of some page's call.
    fn told(self, call: Call) {
        let people = call.callers.len();
        let list = self.shelf.list();
        list.maybe_update(|list| list.in_call(call.page, people));
        if people == 0 {
            self.quiet(call.id);
        }
        let page = self.session().map(|session| session.page);
        if page == Some(call.page) && self.joining_as().is_some() {
            self.ahead
                .update_value(|ahead| ahead.call = Some(call.clone()));
        }
        if self.stage.with_untracked(Stage::page) == Some(call.page) {
            self.take(call);
        }
    }

    /// The session that the server has not answered yet.
    fn joining_as(self) -> Option<SessionId> {
        let id = self.session()?.id.get();
        (self.me.get_untracked() != Some(id)).then_some(id)
    }

    fn rings(self, ringing: Ringing) {
        let Ringing {
            call,
            page,
            page_name,
            by,
        } = ringing;
        if self.stage.with_untracked(Stage::page) == Some(page) {
            return;
        }
        self.ring.set(Some(Ring {
            call,
            page,
            page_name,
            by,
        }));
        spawn_local(async move {
            TimeoutFuture::new(Call::RING_SECS as u32 * 1_000).await;
            self.quiet(call);
        });
    }

    pub(super) fn quiet(self, call: CallId) {
        let rings = self.ring.try_get_untracked().flatten();
        if rings.is_some_and(|ring| ring.call == call) {
            self.ring.set(None);
        }
    }

    /// The socket was away. Without my session in it the call has forgotten me.
    fn ask_again(self) {
        let Some(session) = self.session() else {
            return;
        };
        spawn_local(async move {
            let Ok(found) = api::find(session.page).await else {
                return;
            };
            if !self.is_current(&session) {
                return;
            }
            let id = session.id.get();
            let mut callers = found.call.iter().flat_map(|call| &call.callers);
            if callers.any(|caller| caller.session == id) {
                if let Some(call) = found.call {
                    self.take(call);
                }
            } else {
                let now = js_sys::Date::now() as i64;
                session.link.borrow_mut().forgotten(now);
            }
        });
    }

    /// A newer state of the call that I am in.
    pub(super) fn take(self, call: Call) {
        let (Some(me), Some(session)) = (self.me.get_untracked(), self.session()) else {
            return;
        };
        let known = self.call.get_untracked();
        let mine = call.callers.iter().find(|caller| caller.session == me);
        match (&known, mine) {
            (Some(known), _) if known.id == call.id && known.version >= call.version => return,
            // The end of a call before this one.
            (Some(known), None) if known.id != call.id => return,
            (_, None) => {
                let now = js_sys::Date::now() as i64;
                session.link.borrow_mut().forgotten(now);
                return;
            }
            (_, Some(mine)) => {
                let mut mute = session.mute.get();
                if mute.hear(mine.muted) {
                    self.muted_by_admin();
                }
                session.mute.set(mute);
            }
        }
        if let Some(words) = known.and_then(|known| news(&known, &call, me)) {
            self.say(words);
        }
        self.seats.update(|seats| seats.seat(&call, me));
        self.call.set(Some(call));
    }
}

/// What has changed, for ears.
fn news(before: &Call, now: &Call, me: SessionId) -> Option<String> {
    let others = |call: &'_ Call| -> Vec<(SessionId, String, bool, bool)> {
        let others = call.callers.iter().filter(|caller| caller.session != me);
        others
            .map(|it| (it.session, it.name.clone(), it.hand.is_some(), it.screen))
            .collect()
    };
    let (before, now) = (others(before), others(now));
    let mut words = Vec::new();
    for (session, name, hand, screen) in &now {
        match before.iter().find(|(known, ..)| known == session) {
            None => words.push(format!("{name} joined the call")),
            Some((_, _, before_hand, before_screen)) => {
                if *hand && !before_hand {
                    words.push(format!("{name} raised a hand"));
                }
                if *screen && !before_screen {
                    words.push(format!("{name} shares a screen"));
                }
            }
        }
    }
    for (session, name, ..) in &before {
        if !now.iter().any(|(there, ..)| there == session) {
            words.push(format!("{name} left the call"));
        }
    }
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use uuid::Uuid;

    use super::{super::made_up::call, *};

    #[test]
    fn who_comes_and_goes_and_raises_a_hand_is_said() {
        let me = SessionId(Uuid::from_u128(1));
        let before = call([1, 2]);
        assert_eq!(news(&before, &before, me), None);
        let mut now = call([1, 3]);
        assert_eq!(
            news(&before, &now, me).as_deref(),
            Some("Person 3 joined the call, Person 2 left the call")
        );
        now.callers[1].hand = Some(Timestamp(1));
        now.callers[1].screen = true;
        assert_eq!(
            news(&call([1, 3]), &now, me).as_deref(),
            Some("Person 3 raised a hand, Person 3 shares a screen")
        );
    }

    #[test]
    fn my_own_doings_are_not_news() {
        let me = SessionId(Uuid::from_u128(1));
        assert_eq!(news(&call([2]), &call([1, 2]), me), None);
    }
}
