//! Which layer of each picture a receiver gets: what its tiles need, as far as its line carries. Pure.

/// A layer that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) pixels: u64,
    /// Bits a second.
    pub(crate) rate: u64,
}

/// Layers of a picture, the smallest first. `None`: does not arrive at present.
pub(crate) const LAYERS: usize = 3;

/// A picture that is shown, and how large.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) pixels: u64,
    pub(crate) layers: [Option<Layer>; LAYERS],
    /// What it gets now.
    pub(crate) now: Option<usize>,
}

/// What is sent, and what the line would have to carry for more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Allotment {
    /// As the wishes stand. `None`: nothing for the present.
    pub(crate) layers: Vec<Option<usize>>,
    /// Bits a second of what is sent…
    pub(crate) used: u64,
    /// …with the next step up…
    pub(crate) next: u64,
    /// …and if all wishes came true.
    pub(crate) wanted: u64,
}

impl Wish {
    fn rate(&self, layer: usize) -> u64 {
        self.layers[layer].map_or(0, |layer| layer.rate)
    }

    fn live(&self) -> impl Iterator<Item = usize> {
        (0..LAYERS).filter(|layer| self.layers[*layer].is_some())
    }

    /// The smallest that fills the tile, or nearly; else the largest there is.
    fn best(&self) -> Option<usize> {
        let fills = |layer: &usize| {
            self.layers[*layer].is_some_and(|layer| layer.pixels * 4 >= self.pixels * 3)
        };
        self.live().find(fills).or_else(|| self.live().last())
    }
}

/// Wishes in the order of their weight. First everybody is seen, then the first ones are seen better.
pub(crate) fn allot(budget: u64, wishes: &[Wish]) -> Allotment {
    let mut given = Allotment {
        layers: vec![None; wishes.len()],
        wanted: wishes
            .iter()
            .filter_map(|wish| wish.best().map(|best| wish.rate(best)))
            .sum(),
        ..Allotment::default()
    };
    for (index, wish) in wishes.iter().enumerate() {
        let Some(least) = wish.live().next() else {
            continue;
        };
        let rate = wish.rate(least);
        // Something is always sent, so that the line is measured.
        if index == 0 || fits(given.used + rate, budget, wish.now.is_some()) {
            given.layers[index] = Some(least);
            given.used += rate;
        } else if given.next == 0 {
            given.next = given.used + rate;
        }
    }
    raise(budget, wishes, &mut given);
    given.next = given.next.max(given.used);
    given
}

fn raise(budget: u64, wishes: &[Wish], given: &mut Allotment) {
    let mut raised = true;
    while raised {
        raised = false;
        for (index, wish) in wishes.iter().enumerate() {
            let (Some(at), Some(best)) = (given.layers[index], wish.best()) else {
                continue;
            };
            let Some(up) = wish.live().find(|layer| *layer > at && *layer <= best) else {
                continue;
            };
            let total = given.used - wish.rate(at) + wish.rate(up);
            if fits(total, budget, wish.now >= Some(up)) {
                given.layers[index] = Some(up);
                given.used = total;
                raised = true;
            } else if given.next == 0 {
                given.next = total;
            }
        }
    }
}

/// What is not sent yet must fit well: a layer that comes and goes is worse than a small one.
fn fits(total: u64, budget: u64, sent_already: bool) -> bool {
    if sent_already {
        total <= budget
    } else {
        total * 115 / 100 <= budget
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(pixels: u64) -> Wish {
        let layer = |pixels, rate| Some(Layer { pixels, rate });
        Wish {
            pixels,
            layers: [
                layer(320 * 180, 150_000),
                layer(640 * 360, 500_000),
                layer(1280 * 720, 1_700_000),
            ],
            now: None,
        }
    }

    const LARGE: u64 = 1280 * 720;
    const SMALL: u64 = 300 * 170;

    #[test]
    fn a_tile_gets_no_more_than_it_shows() {
        let given = allot(100_000_000, &[camera(LARGE), camera(SMALL)]);
        assert_eq!(given.layers, [Some(2), Some(0)]);
        assert_eq!(given.wanted, 1_850_000);
        assert_eq!(given.next, given.used);
    }

    #[test]
    fn everybody_is_seen_before_anybody_is_seen_well() {
        let three = [camera(LARGE), camera(LARGE), camera(LARGE)];
        let given = allot(600_000, &three);
        assert_eq!(given.layers, [Some(0), Some(0), Some(0)]);
        assert_eq!(given.next, 800_000);
        assert_eq!(allot(1_000_000, &three).layers, [Some(1), Some(0), Some(0)]);
    }

    #[test]
    fn on_a_thin_line_the_first_is_left() {
        let three = [camera(LARGE), camera(LARGE), camera(LARGE)];
        assert_eq!(allot(50_000, &three).layers, [Some(0), None, None]);
    }

    #[test]
    fn what_is_sent_stays_longer_than_it_takes_to_come() {
        let mut one = camera(LARGE);
        assert_eq!(allot(550_000, &[one.clone()]).layers, [Some(0)]);
        one.now = Some(1);
        assert_eq!(allot(550_000, &[one.clone()]).layers, [Some(1)]);
        assert_eq!(allot(450_000, &[one]).layers, [Some(0)]);
    }

    #[test]
    fn a_layer_that_does_not_arrive_is_not_waited_for() {
        let mut one = camera(SMALL);
        one.layers[0] = None;
        assert_eq!(allot(10_000_000, &[one.clone()]).layers, [Some(1)]);
        one.layers = [None; LAYERS];
        assert_eq!(allot(10_000_000, &[one]).layers, [None]);
        assert_eq!(allot(10_000_000, &[]), Allotment::default());
    }
}
