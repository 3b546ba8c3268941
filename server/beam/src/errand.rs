//! Commands: what a browser or an admin asks for. That they may was decided before.

use std::time::Instant;

use domain::{AccountId, Call, Dropped, PageId, SessionId, Timestamp, call::Seen};

use crate::{
    core::Core,
    room::Room,
    session::Session,
    shapes::{Change, Denied, Join, Joined, Notice},
};

/// Sessions at one time, on this node.
const MOST_SESSIONS: usize = 1_000;
/// Of one person who tries the ways in: one speaks and one hears.
const MOST_ON_TRIAL: usize = 2;
/// Sessions that admins have ended are remembered, the newest of them.
const REMOVED: usize = 1_000;
/// Tiles of one screen.
const MOST_SEEN: usize = 100;

impl Core {
    /// Joining twice with the same offer is joining once; with another one the session begins anew.
    pub fn join(&mut self, now: Instant, join: Join) -> Result<Joined, Denied> {
        let (id, page, account) = (join.session, join.page, join.account);
        // Coming again is up to the person. A browser that never heard of the removal does not do it for them.
        let mut known_as = [Some(id), join.after].into_iter().flatten();
        if known_as.any(|id| self.removed.contains(&(account, id))) {
            return Err(Denied::Removed);
        }
        if let Some(known) = self.sessions.get(&id) {
            if known.account != account || known.page != page {
                return Err(Denied::Taken);
            }
            if known.offer == join.offer {
                return self.joined(id, false);
            }
        }
        self.has_room(&join)?;
        let began = !self.rooms.contains_key(&page);
        let (call, at, trial) = (join.call, join.at, join.trial);
        let session = Session::open(&self.common, join, now)?;
        // Only now, so that an offer that cannot be taken ends nothing.
        self.make_room(now, id, page, account, trial);
        self.admit(session);
        let room = self
            .rooms
            .entry(page)
            .or_insert_with(|| Room::new(call, page, account, at));
        room.trial = trial;
        room.order.push(id);
        room.people.insert(account);
        room.change();
        self.touch(id);
        self.settle(now);
        self.arrange(now, page);
        if let Some(session) = self.sessions.get_mut(&id) {
            // They are in the answer.
            session.moved = false;
        }
        self.tell(now);
        self.joined(id, began)
    }

    fn joined(&self, id: SessionId, began: bool) -> Result<Joined, Denied> {
        let session = self.sessions.get(&id).ok_or(Denied::Unknown)?;
        Ok(Joined {
            call: self.call(session.page).ok_or(Denied::Unknown)?,
            answer: session.answer.clone(),
            slots: session.slots(),
            began,
        })
    }

    fn has_room(&self, join: &Join) -> Result<(), Denied> {
        let known = self.sessions.contains_key(&join.session);
        if self.sessions.len() >= MOST_SESSIONS && !known {
            return Err(Denied::Busy);
        }
        let others = |room: &Room| {
            let mine = |id: &&SessionId| self.sessions[*id].account == join.account;
            let own = room.order.iter().filter(mine).count();
            room.order.len() - own.min(1)
        };
        if self.rooms.get(&join.page).map_or(0, others) >= Call::MAX {
            return Err(Denied::Full);
        }
        Ok(())
    }

    /// The same session anew, and of somebody who has too many the one that has been silent for longest.
    fn make_room(
        &mut self,
        now: Instant,
        id: SessionId,
        page: PageId,
        account: AccountId,
        trial: bool,
    ) {
        self.end_quietly(now, id, page);
        let most = if trial {
            MOST_ON_TRIAL
        } else {
            Call::MAX_OF_ONE
        };
        loop {
            let kin = |of: &&Session| of.account == account && of.trial.is_some() == trial;
            let of = self.sessions.values().filter(kin);
            let on_page = of.clone().filter(|of| of.page == page).count();
            let full = self
                .rooms
                .get(&page)
                .is_some_and(|room| room.order.len() >= Call::MAX && on_page > 0);
            if of.clone().count() < most && !full {
                return;
            }
            let Some(oldest) = of.min_by_key(|of| of.heard).map(|of| of.id) else {
                return;
            };
            self.drop_session(now, oldest, Dropped::Replaced);
        }
    }

    /// Without ending the call that it is about to come back to.
    fn end_quietly(&mut self, now: Instant, id: SessionId, page: PageId) {
        let Some(room) = self.rooms.get(&page) else {
            return;
        };
        if room.order == [id] {
            let (call, by, since) = (room.call, room.by, room.since);
            let people = room.people.clone();
            let mut again = Room::new(call, page, by, since);
            again.people = people;
            self.rooms.remove(&page);
            self.end(now, id);
            self.rooms.insert(page, again);
        } else {
            self.end(now, id);
        }
    }

    /// ICE restart: the session goes on over another way.
    pub fn restart(
        &mut self,
        now: Instant,
        account: AccountId,
        id: SessionId,
        offer: &str,
    ) -> Result<String, Denied> {
        let session = self.own(account, id)?;
        let before = session.ufrag.clone();
        let answer = session.restart(offer)?;
        self.rename(id, &before);
        self.touch(id);
        self.settle(now);
        Ok(answer)
    }

    pub fn change(
        &mut self,
        now: Instant,
        at: Timestamp,
        account: AccountId,
        id: SessionId,
        change: Change,
    ) -> Result<(), Denied> {
        let session = self.own(account, id)?;
        let before = (session.muted, session.camera, session.screen, session.hand);
        if let Some(muted) = change.muted {
            session.muted = muted;
            session.voice.hush();
        }
        session.camera = change.camera.unwrap_or(session.camera);
        session.screen = change.screen.unwrap_or(session.screen);
        match change.hand {
            Some(true) => session.hand = session.hand.or(Some(at)),
            Some(false) => session.hand = None,
            None => {}
        }
        let page = session.page;
        if before != (session.muted, session.camera, session.screen, session.hand) {
            self.changed(now, page);
        }
        Ok(())
    }

    pub fn seen(
        &mut self,
        now: Instant,
        account: AccountId,
        id: SessionId,
        mut seen: Vec<Seen>,
    ) -> Result<(), Denied> {
        let session = self.own(account, id)?;
        seen.truncate(MOST_SEEN);
        session.seen = seen;
        let page = session.page;
        self.arrange(now, page);
        self.tell(now);
        Ok(())
    }

    /// Once more changes nothing.
    pub fn leave(&mut self, now: Instant, account: AccountId, id: SessionId) {
        if self.own(account, id).is_ok() {
            self.end(now, id);
            self.tell(now);
        }
    }

    /// By an admin of the page.
    pub fn mute(&mut self, now: Instant, page: PageId, id: SessionId) -> Result<(), Denied> {
        let session = self.on_page(page, id)?;
        if !session.muted {
            session.muted = true;
            session.voice.hush();
            self.changed(now, page);
        }
        Ok(())
    }

    /// By an admin of the page.
    pub fn remove(&mut self, now: Instant, page: PageId, id: SessionId) -> Result<(), Denied> {
        // Its browser may know only of the one before, if the answer was lost.
        let session = self.on_page(page, id)?;
        let account = session.account;
        let known_as = [Some(id), session.after].into_iter().flatten();
        self.removed.extend(known_as.map(|id| (account, id)));
        while self.removed.len() > REMOVED {
            self.removed.pop_front();
        }
        self.drop_session(now, id, Dropped::Removed);
        self.tell(now);
        Ok(())
    }

    /// The page is gone, or the program stops.
    pub fn end_call(&mut self, now: Instant, page: PageId, why: Dropped) {
        let room = self.rooms.get(&page);
        for id in room.map(|room| room.order.clone()).unwrap_or_default() {
            self.drop_session(now, id, why);
        }
        self.tell(now);
    }

    pub fn pages(&self) -> Vec<PageId> {
        self.rooms.keys().copied().collect()
    }

    /// Every session in a page's call, and whose it is.
    pub fn callers(&self) -> Vec<(PageId, SessionId, AccountId)> {
        let caller = |of: &Session| (of.page, of.id, of.account);
        let there = self.sessions.values().filter(|of| of.trial.is_none());
        there.map(caller).collect()
    }

    /// Ends it and tells its browser why.
    pub(crate) fn drop_session(&mut self, now: Instant, id: SessionId, why: Dropped) {
        if let Some(session) = self.sessions.get(&id) {
            if session.trial.is_none() {
                self.notices.push_back(Notice::Dropped {
                    account: session.account,
                    session: id,
                    why,
                });
            }
            self.end(now, id);
        }
    }

    fn changed(&mut self, now: Instant, page: PageId) {
        if let Some(room) = self.rooms.get_mut(&page) {
            room.change();
        }
        self.arrange(now, page);
        self.tell(now);
    }

    fn own(&mut self, account: AccountId, id: SessionId) -> Result<&mut Session, Denied> {
        let session = self.sessions.get_mut(&id);
        session
            .filter(|session| session.account == account)
            .ok_or(Denied::Unknown)
    }

    fn on_page(&mut self, page: PageId, id: SessionId) -> Result<&mut Session, Denied> {
        let session = self.sessions.get_mut(&id);
        session
            .filter(|session| session.page == page)
            .ok_or(Denied::Unknown)
    }
}
