//! What was sent and what of it arrived, by sender, receiver and second; and what that comes to. Pure.

use serde_json::{Value, json};

use super::stamp::{Kind, Stamp};
use crate::stand::percentiles;

const SECOND: u64 = 1_000_000_000;

/// The time that is measured, in nanoseconds since the load began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) begin: u64,
    pub(crate) seconds: usize,
}

impl Window {
    pub(crate) fn end(&self) -> u64 {
        self.begin + self.seconds as u64 * SECOND
    }

    fn second(&self, at: u64) -> Option<usize> {
        let second = at.checked_sub(self.begin)? / SECOND;
        usize::try_from(second)
            .ok()
            .filter(|second| *second < self.seconds)
    }
}

/// Pictures of one sender.
#[derive(Debug)]
pub(crate) struct Sent {
    window: Window,
    pub(crate) began: Option<u64>,
    seconds: Vec<u64>,
}

impl Sent {
    pub(crate) fn new(window: Window) -> Self {
        Self {
            window,
            began: None,
            seconds: vec![0; window.seconds],
        }
    }

    pub(crate) fn send(&mut self, at: u64) {
        self.began = self.began.or(Some(at));
        if let Some(second) = self.window.second(at) {
            self.seconds[second] += 1;
        }
    }
}

/// What one receiver got.
#[derive(Debug)]
pub(crate) struct Tally {
    window: Window,
    /// When it asked to be let in.
    pub(crate) asked: Option<u64>,
    pairs: Vec<Pair>,
    /// All that came while it was measured, sound as well.
    packets: u64,
    duplicates: u64,
    /// Seconds.
    delays: Vec<f64>,
}

/// What one receiver got of one sender.
#[derive(Debug, Clone)]
struct Pair {
    got: Vec<u64>,
    seconds: Vec<u64>,
    keyframe: Option<u64>,
}

impl Tally {
    pub(crate) fn new(window: Window, people: usize) -> Self {
        let pair = Pair {
            got: Vec::new(),
            seconds: vec![0; window.seconds],
            keyframe: None,
        };
        Self {
            window,
            asked: None,
            pairs: vec![pair; people],
            packets: 0,
            duplicates: 0,
            delays: Vec::new(),
        }
    }

    pub(crate) fn take(&mut self, now: u64, stamp: &Stamp) {
        if self.window.second(now).is_some() {
            self.packets += 1;
        }
        let Some(pair) = self.pairs.get_mut(usize::from(stamp.sender)) else {
            return;
        };
        if stamp.kind == Kind::Voice {
            return;
        }
        if stamp.kind == Kind::Keyframe {
            pair.keyframe = pair.keyframe.or(Some(now));
        }
        if !pair.is_new(stamp.number) {
            self.duplicates += 1;
            return;
        }
        if let Some(second) = self.window.second(stamp.sent) {
            pair.seconds[second] += 1;
            self.delays
                .push(now.saturating_sub(stamp.sent) as f64 / 1e9);
        }
    }
}

impl Pair {
    fn is_new(&mut self, number: u32) -> bool {
        let (word, bit) = (number as usize / 64, 1 << (number % 64));
        if self.got.len() <= word {
            self.got.resize(word + 1, 0);
        }
        let new = self.got[word] & bit == 0;
        self.got[word] |= bit;
        new
    }
}

/// Each person's, in their order.
pub(crate) struct Sum {
    pub(crate) packets: u64,
    pub(crate) value: Value,
}

/// `delivery`: of all pictures that were asked for. `shown`: of those, how many came at all, second by second; a server
/// may hold some back that would not fit the line. `lost`: of what was shown. With layers all three say nothing: one of
/// them is shown.
pub(crate) fn sum(sent: &[Sent], tallies: Vec<Tally>) -> Sum {
    let (mut asked, mut got, mut shown, mut wanted, mut came) = (0, 0, 0, 0, 0);
    let (mut packets, mut duplicates) = (0, 0);
    let (mut delays, mut first) = (Vec::new(), Vec::new());
    for (receiver, tally) in tallies.into_iter().enumerate() {
        packets += tally.packets;
        duplicates += tally.duplicates;
        delays.extend(tally.delays);
        for (sender, (pair, sent)) in tally.pairs.iter().zip(sent).enumerate() {
            if sender == receiver {
                continue;
            }
            for (got_now, sent_now) in pair.seconds.iter().zip(&sent.seconds) {
                asked += sent_now;
                wanted += 1;
                got += got_now;
                if *got_now > 0 {
                    came += 1;
                    shown += sent_now;
                }
            }
            // Of those who come later there is nothing to see yet.
            if let (Some(at), Some(began), Some(asked)) = (pair.keyframe, sent.began, tally.asked)
                && began < asked
            {
                first.push(at.saturating_sub(asked) as f64 / 1e9);
            }
        }
    }
    let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
    Sum {
        packets,
        value: json!({
            "received": packets,
            "delivery": share(got, asked),
            "shown": share(came, wanted),
            "lost": 1.0 - share(got, shown),
            "duplicates": duplicates,
            "added": percentiles(delays),
            "first": percentiles(first),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        begin: SECOND,
        seconds: 2,
    };

    fn picture(number: u32, sent: u64) -> Stamp {
        Stamp {
            kind: if number == 0 {
                Kind::Keyframe
            } else {
                Kind::Picture
            },
            sender: 1,
            number,
            sent,
        }
    }

    /// Person 1 sends ten pictures a second for four seconds, person 0 gets those.
    fn summed(gets: impl Fn(u32) -> bool) -> Value {
        let (mut sent, mut tally) = (Sent::new(WINDOW), Tally::new(WINDOW, 2));
        tally.asked = Some(1);
        for number in 0..40 {
            let at = u64::from(number) * SECOND / 10;
            sent.send(at);
            if gets(number) {
                tally.take(at + 5_000_000, &picture(number, at));
            }
        }
        sum(
            &[Sent::new(WINDOW), sent],
            vec![tally, Tally::new(WINDOW, 2)],
        )
        .value
    }

    #[test]
    fn what_is_measured_is_measured_whole() {
        let all = summed(|_| true);
        assert_eq!(all["delivery"], 1.0);
        assert_eq!(all["lost"], 0.0);
        assert_eq!(all["received"], 20);
        assert_eq!(all["added"]["count"], 20);
        assert_eq!(all["added"]["p50_ms"], 5.0);
    }

    #[test]
    fn what_is_held_back_is_not_lost() {
        // A whole second, and one packet of another.
        let some = summed(|number| !(10..20).contains(&number) && number != 25);
        assert_eq!(some["delivery"], 0.45);
        let lost = some["lost"].as_f64().unwrap();
        assert!((lost - 0.1).abs() < 1e-9, "{lost}");
    }

    #[test]
    fn twice_is_once() {
        let mut tally = Tally::new(WINDOW, 2);
        for _ in 0..2 {
            tally.take(SECOND, &picture(3, SECOND));
        }
        assert_eq!((tally.duplicates, tally.pairs[1].seconds[0]), (1, 1));
    }
}
