//! Who sits where, and which tiles are on stage. Pure. Seats are kept: nobody moves because somebody else comes, and who
//! speaks from a further page takes the seat of whoever has been silent longest.

use std::collections::HashMap;

use domain::{Call, SessionId, Source, call::Seen};

use super::grid::{self, PAGE, Place};

/// Others on the first page: the last seat there is mine.
const FIRST: usize = PAGE - 1;

/// A tile shows a person, which is their camera if it is on, or a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Tile {
    pub(super) session: SessionId,
    pub(super) screen: bool,
}

impl Tile {
    pub(super) fn source(self) -> Source {
        if self.screen {
            Source::Screen
        } else {
            Source::Camera
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Seats {
    me: Option<SessionId>,
    others: Vec<SessionId>,
    /// Whose screen is shared, the latest last.
    screens: Vec<SessionId>,
    spoke: HashMap<SessionId, u32>,
    turns: u32,
}

impl Seats {
    pub(super) fn seat(&mut self, call: &Call, me: SessionId) {
        self.me = Some(me);
        let is_there = |session: &SessionId| {
            *session != me && call.callers.iter().any(|caller| caller.session == *session)
        };
        self.others.retain(is_there);
        self.spoke.retain(|session, _| is_there(session));
        for caller in &call.callers {
            if caller.session != me && !self.others.contains(&caller.session) {
                self.others.push(caller.session);
            }
        }
        let shares = |session: &SessionId| {
            let mut callers = call.callers.iter();
            *session != me && callers.any(|caller| caller.session == *session && caller.screen)
        };
        self.screens.retain(shares);
        for caller in &call.callers {
            if shares(&caller.session) && !self.screens.contains(&caller.session) {
                self.screens.push(caller.session);
            }
        }
        if let Some(speaker) = call.speaker {
            self.speaks(speaker);
        }
    }

    fn speaks(&mut self, speaker: SessionId) {
        let Some(at) = self.others.iter().position(|other| *other == speaker) else {
            return;
        };
        self.turns += 1;
        self.spoke.insert(speaker, self.turns);
        if at >= FIRST {
            let silent = (0..FIRST)
                .min_by_key(|seat| self.spoke.get(&self.others[*seat]).copied().unwrap_or(0));
            if let Some(silent) = silent {
                self.others.swap(at, silent);
            }
        }
    }

    fn people(&self) -> Vec<Tile> {
        let mut people: Vec<_> = self.others.clone();
        if let Some(me) = self.me {
            people.insert(people.len().min(FIRST), me);
        }
        let tile = |session| Tile {
            session,
            screen: false,
        };
        people.into_iter().map(tile).collect()
    }

    /// What this page of the stage shows and where, and how many pages there are.
    pub(super) fn scene(&self, stage: (f64, f64), page: usize) -> Scene {
        let people = self.people();
        let Some(latest) = self.screens.last() else {
            let pages = people.len().div_ceil(PAGE).max(1);
            let page = page.min(pages - 1);
            let here: Vec<_> = people.into_iter().skip(page * PAGE).take(PAGE).collect();
            let places = grid::even(here.len(), Place::whole(stage));
            return Scene {
                tiles: here.into_iter().zip(places).collect(),
                page,
                pages,
            };
        };
        let screen = |session: &SessionId| Tile {
            session: *session,
            screen: true,
        };
        let (_, before) = self.screens.split_last().unwrap_or((latest, &[]));
        let mut beside: Vec<_> = before.iter().rev().map(screen).collect();
        beside.extend(people);
        let (large, row, room) = grid::beside_screen(stage, beside.len());
        let pages = beside.len().div_ceil(room.max(1)).max(1);
        let page = page.min(pages - 1);
        let here: Vec<_> = beside.into_iter().skip(page * room).take(room).collect();
        let places = grid::even(here.len(), row);
        let mut tiles = vec![(screen(latest), large)];
        tiles.extend(here.into_iter().zip(places));
        Scene { tiles, page, pages }
    }

    /// The one tile of the small window: a screen, else who speaks, else somebody, else me.
    pub(super) fn single(&self, stage: (f64, f64)) -> Scene {
        let speaker = self
            .others
            .iter()
            // Of those who were silent so far the first one, whoever else comes.
            .rev()
            .max_by_key(|other| self.spoke.get(other).copied().unwrap_or(0));
        let screen = self.screens.last().map(|session| (*session, true));
        let person = speaker.copied().or(self.me).map(|session| (session, false));
        let tile = screen
            .or(person)
            .map(|(session, screen)| Tile { session, screen });
        Scene {
            tiles: tile
                .into_iter()
                .map(|tile| (tile, Place::whole(stage)))
                .collect(),
            page: 0,
            pages: 1,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Scene {
    pub(super) tiles: Vec<(Tile, Place)>,
    pub(super) page: usize,
    pub(super) pages: usize,
}

impl Scene {
    pub(super) fn place(&self, tile: Tile) -> Place {
        let found = self.tiles.iter().find(|(shown, _)| *shown == tile);
        found.map_or(Place::default(), |(_, place)| *place)
    }

    /// What the server needs to send: pictures of others that are on, in device pixels.
    pub(super) fn seen(&self, call: &Call, me: SessionId, ratio: f64) -> Vec<Seen> {
        let pixels = |length: f64| (length * ratio).round() as u32;
        let seen = |(tile, place): &(Tile, Place)| {
            let mut callers = call.callers.iter();
            let caller = callers.find(|caller| caller.session == tile.session)?;
            let on = if tile.screen {
                caller.screen
            } else {
                caller.camera
            };
            let shown = on && caller.session != me && place.width >= 1.0 && place.height >= 1.0;
            shown.then(|| Seen {
                session: tile.session,
                source: tile.source(),
                width: pixels(place.width),
                height: pixels(place.height),
            })
        };
        self.tiles.iter().filter_map(seen).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::made_up::{call, id},
        *,
    };

    const STAGE: (f64, f64) = (900.0, 600.0);

    fn shown(scene: &Scene) -> Vec<u128> {
        let tiles = scene.tiles.iter();
        tiles.map(|(tile, _)| tile.session.0.as_u128()).collect()
    }

    #[test]
    fn up_to_nine_are_on_one_page_and_i_am_the_last() {
        let mut seats = Seats::default();
        seats.seat(&call(1..=4), id(1));
        assert_eq!(shown(&seats.scene(STAGE, 0)), [2, 3, 4, 1]);
        seats.seat(&call(1..=9), id(1));
        assert_eq!(seats.scene(STAGE, 0).pages, 1);
        seats.seat(&call(1..=10), id(1));
        let scene = seats.scene(STAGE, 0);
        assert_eq!(scene.pages, 2);
        assert_eq!(shown(&scene), [2, 3, 4, 5, 6, 7, 8, 9, 1]);
        assert_eq!(shown(&seats.scene(STAGE, 1)), [10]);
    }

    #[test]
    fn a_page_that_is_gone_is_not_shown() {
        let mut seats = Seats::default();
        seats.seat(&call(1..=3), id(1));
        let scene = seats.scene(STAGE, 7);
        assert_eq!((scene.page, scene.tiles.len()), (0, 3));
    }

    #[test]
    fn seats_are_kept_when_somebody_leaves_or_comes() {
        let mut seats = Seats::default();
        seats.seat(&call([1, 2, 3, 4]), id(1));
        seats.seat(&call([1, 3, 4, 5]), id(1));
        assert_eq!(shown(&seats.scene(STAGE, 0)), [3, 4, 5, 1]);
    }

    #[test]
    fn who_speaks_from_another_page_takes_the_seat_of_the_most_silent() {
        let mut seats = Seats::default();
        let mut now = call(1..=12);
        for speaker in [2, 3, 11] {
            now.speaker = Some(id(speaker));
            seats.seat(&now, id(1));
        }
        assert_eq!(shown(&seats.scene(STAGE, 0)), [2, 3, 11, 5, 6, 7, 8, 9, 1]);
        // Who speaks on the first page stays where they are.
        now.speaker = Some(id(9));
        seats.seat(&now, id(1));
        assert_eq!(shown(&seats.scene(STAGE, 0))[7], 9);
    }

    #[test]
    fn a_shared_screen_is_large_and_my_own_is_not_shown_to_me() {
        let mut seats = Seats::default();
        let mut now = call(1..=3);
        now.callers[1].screen = true;
        now.callers[0].screen = true;
        seats.seat(&now, id(1));
        let scene = seats.scene(STAGE, 0);
        assert!(scene.tiles[0].0.screen);
        assert_eq!(shown(&scene), [2, 2, 3, 1]);
        assert!(scene.tiles[0].1.width > scene.tiles[1].1.width * 2.0);
        let seen = scene.seen(&now, id(1), 2.0);
        assert_eq!(seen.len(), 3);
        assert_eq!(seen[0].source, Source::Screen);
        assert_eq!(seen[0].width, (scene.tiles[0].1.width * 2.0).round() as u32);
    }

    #[test]
    fn cameras_that_are_off_are_not_asked_for() {
        let mut seats = Seats::default();
        let mut now = call(1..=3);
        now.callers[2].camera = false;
        seats.seat(&now, id(1));
        let seen = seats.scene(STAGE, 0).seen(&now, id(1), 1.0);
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].session, id(2));
        assert!(seats.scene((0.0, 0.0), 0).seen(&now, id(1), 1.0).is_empty());
    }

    #[test]
    fn the_small_window_shows_who_speaks() {
        let mut seats = Seats::default();
        for people in 2..=4 {
            seats.seat(&call(1..=people), id(1));
            assert_eq!(shown(&seats.single(STAGE)), [2], "nobody has spoken");
        }
        let mut now = call(1..=3);
        now.speaker = Some(id(3));
        seats.seat(&now, id(1));
        assert_eq!(shown(&seats.single(STAGE)), [3]);
        now.speaker = Some(id(2));
        seats.seat(&now, id(1));
        assert_eq!(shown(&seats.single(STAGE)), [2]);
        now.callers[2].screen = true;
        seats.seat(&now, id(1));
        assert_eq!(shown(&seats.single(STAGE)), [3]);
        seats.seat(&call([1]), id(1));
        assert_eq!(shown(&seats.single(STAGE)), [1]);
    }
}
