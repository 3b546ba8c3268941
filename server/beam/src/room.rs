//! A page's call, as long as anybody is in it.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use domain::{AccountId, Call, CallId, Caller, PageId, SessionId, Timestamp};

use crate::{session::Session, speaker::Speaker};

/// Changes within so long are told together.
const TOGETHER: Duration = Duration::from_millis(50);

pub(crate) struct Room {
    pub(crate) call: CallId,
    pub(crate) page: PageId,
    pub(crate) by: AccountId,
    pub(crate) since: Timestamp,
    /// In the order in which they came.
    pub(crate) order: Vec<SessionId>,
    pub(crate) people: HashSet<AccountId>,
    pub(crate) speaker: Speaker<SessionId>,
    /// Nobody is told of it.
    pub(crate) trial: bool,
    version: i64,
    changed: bool,
    told: Option<Instant>,
}

impl Room {
    pub(crate) fn new(call: CallId, page: PageId, by: AccountId, since: Timestamp) -> Self {
        Self {
            call,
            page,
            by,
            since,
            order: Vec::new(),
            people: HashSet::new(),
            speaker: Speaker::NOBODY,
            trial: false,
            // So that it grows from one call of the page to the next as well.
            version: since.millis(),
            changed: false,
            told: None,
        }
    }

    pub(crate) fn change(&mut self) {
        self.version += 1;
        self.changed = true;
    }

    /// True if the state is to be told now.
    pub(crate) fn tells(&mut self, now: Instant) -> bool {
        let due = self.changed
            && !self.trial
            && self
                .told
                .is_none_or(|told| now.saturating_duration_since(told) >= TOGETHER);
        if due {
            self.changed = false;
            self.told = Some(now);
        }
        due
    }

    pub(crate) fn state(&self, sessions: &HashMap<SessionId, Session>) -> Call {
        let caller = |id: &SessionId| {
            sessions.get(id).map(|session| Caller {
                session: *id,
                account: session.account,
                name: session.name.clone(),
                muted: session.muted,
                camera: session.camera,
                screen: session.screen,
                hand: session.hand,
                away: session.away,
            })
        };
        Call {
            id: self.call,
            page: self.page,
            version: self.version,
            since: self.since,
            callers: self.order.iter().filter_map(caller).collect(),
            speaker: self.speaker.get(),
        }
    }
}
