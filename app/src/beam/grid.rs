//! Where on the stage each tile stands. Pure: how many, and how large the stage is.

/// Tiles of one page of the stage.
pub(super) const PAGE: usize = 9;
/// Between tiles, in CSS pixels.
const GAP: f64 = 10.0;
/// What of a picture should be seen whole: a head and its shoulders.
const FACE: f64 = 1.2;
/// A camera's usual shape, between 4:3 and 16:9.
const SHAPE: f64 = 1.5;

/// In CSS pixels, from the stage's upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Place {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Place {
    pub(super) fn whole((width, height): (f64, f64)) -> Self {
        Self {
            width,
            height,
            ..Self::default()
        }
    }
}

/// All alike, as large as they can be; a last row that is not full stands in the middle.
pub(super) fn even(count: usize, within: Place) -> Vec<Place> {
    if count == 0 {
        return Vec::new();
    }
    let columns = columns(count, within);
    let rows = count.div_ceil(columns);
    let (width, height) = one(columns, rows, within);
    (0..count)
        .map(|at| {
            let (row, column) = (at / columns, at % columns);
            let in_row = columns.min(count - row * columns);
            let free = (columns - in_row) as f64 * (width + GAP) / 2.0;
            Place {
                left: within.left + free + column as f64 * (width + GAP),
                top: within.top + row as f64 * (height + GAP),
                width,
                height,
            }
        })
        .collect()
}

/// The number of columns that leaves most room for faces.
fn columns(count: usize, within: Place) -> usize {
    let shown = |columns: usize| {
        let (width, height) = one(columns, count.div_ceil(columns), within);
        width.min(height * FACE)
    };
    (1..=count)
        .max_by(|a, b| {
            // Of equals the one with fewer columns: `max_by` takes the last.
            shown(*a).total_cmp(&shown(*b)).then(b.cmp(a))
        })
        .unwrap_or(1)
}

fn one(columns: usize, rows: usize, within: Place) -> (f64, f64) {
    let share = |length: f64, parts: usize| {
        let parts = parts as f64;
        ((length - GAP * (parts - 1.0)) / parts).max(0.0)
    };
    (share(within.width, columns), share(within.height, rows))
}

/// A screen, and beside it or below it a row of people: where the screen stands, where the row does, and how many the
/// row has room for.
pub(super) fn beside_screen(stage: (f64, f64), people: usize) -> (Place, Place, usize) {
    let whole = Place::whole(stage);
    if people == 0 {
        return (whole, Place::default(), 0);
    }
    let (width, height) = stage;
    if width >= height {
        let strip = (width * 0.2).clamp(110.0, 240.0).min(width / 2.0);
        let (room, long) = fitting(height, people, strip / SHAPE, strip / 2.0);
        let screen = Place {
            width: width - strip - GAP,
            ..whole
        };
        let row = Place {
            left: width - strip,
            top: (height - long) / 2.0,
            width: strip,
            height: long,
        };
        (screen, row, room)
    } else {
        let strip = (height * 0.18).clamp(72.0, 160.0).min(height / 2.0);
        let (room, long) = fitting(width, people, strip * SHAPE, strip);
        let screen = Place {
            height: height - strip - GAP,
            ..whole
        };
        let row = Place {
            left: (width - long) / 2.0,
            top: height - strip,
            width: long,
            height: strip,
        };
        (screen, row, room)
    }
}

/// How many have room along this length, each between its best length and its least, and how long they are together.
fn fitting(length: f64, people: usize, best: f64, least: f64) -> (usize, f64) {
    let room = (((length + GAP) / (least + GAP)) as usize).clamp(1, PAGE);
    let shown = people.min(room) as f64;
    (room, (shown * (best + GAP) - GAP).min(length))
}

#[cfg(test)]
#[allow(
    clippy::float_cmp,
    reason = "what is compared was computed in the same way"
)]
mod tests {
    use super::*;

    const STAGE: (f64, f64) = (660.0, 700.0);

    fn rows_of(count: usize, stage: (f64, f64)) -> Vec<usize> {
        let places = even(count, Place::whole(stage));
        let mut tops: Vec<f64> = places.iter().map(|place| place.top).collect();
        tops.dedup();
        tops.iter()
            .map(|top| places.iter().filter(|place| place.top == *top).count())
            .collect()
    }

    #[test]
    fn tiles_take_the_shape_of_the_stage() {
        assert_eq!(rows_of(1, STAGE), [1]);
        assert_eq!(rows_of(2, STAGE), [1, 1]);
        assert_eq!(rows_of(2, (1200.0, 600.0)), [2]);
        assert_eq!(rows_of(4, STAGE), [2, 2]);
        assert_eq!(rows_of(5, STAGE), [2, 2, 1]);
        assert_eq!(rows_of(9, (1200.0, 700.0)), [3, 3, 3]);
        assert_eq!(rows_of(3, (350.0, 600.0)), [1, 1, 1]);
    }

    #[test]
    fn any_count_fits_without_scrolling_and_nothing_overlaps() {
        for stage in [STAGE, (1600.0, 800.0), (358.0, 520.0), (240.0, 160.0)] {
            for count in 1..=PAGE {
                let places = even(count, Place::whole(stage));
                assert_eq!(places.len(), count);
                for (at, place) in places.iter().enumerate() {
                    assert!(place.left >= -0.01 && place.left + place.width <= stage.0 + 0.01);
                    assert!(place.top >= -0.01 && place.top + place.height <= stage.1 + 0.01);
                    let apart = |other: &Place| {
                        place.left + place.width <= other.left + 0.01
                            || other.left + other.width <= place.left + 0.01
                            || place.top + place.height <= other.top + 0.01
                            || other.top + other.height <= place.top + 0.01
                    };
                    assert!(places[at + 1..].iter().all(apart), "{count} in {stage:?}");
                }
            }
        }
    }

    #[test]
    fn a_last_row_that_is_not_full_stands_in_the_middle() {
        let places = even(3, Place::whole((810.0, 800.0)));
        assert_eq!(rows_of(3, (810.0, 800.0)), [2, 1]);
        assert_eq!(places[2].left, 205.0);
    }

    #[test]
    fn people_stand_beside_a_screen_or_below_it() {
        let (screen, row, room) = beside_screen((1000.0, 600.0), 3);
        assert_eq!(screen.width + GAP + row.width, 1000.0);
        assert_eq!(screen.height, 600.0);
        assert!(room >= 3);
        let (screen, row, _) = beside_screen((360.0, 640.0), 8);
        assert_eq!(screen.width, 360.0);
        assert!(row.top > screen.height && row.width <= 360.0);
        let (screen, _, room) = beside_screen((360.0, 640.0), 0);
        assert_eq!((screen, room), (Place::whole((360.0, 640.0)), 0));
    }

    #[test]
    fn a_stage_without_size_breaks_nothing() {
        assert_eq!(even(4, Place::default()).len(), 4);
        assert_eq!(beside_screen((0.0, 0.0), 4).2, 1);
    }
}
