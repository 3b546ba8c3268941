//! Which part of the loaded messages stands in the document: it stays bounded, however far somebody scrolls. Pure.

use super::lines::Entry;

/// Messages in the document, at most.
pub const MOST: usize = 300;
/// So many more when an end comes near.
const STEP: usize = 100;

/// `None`: as far as there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    first: Option<i64>,
    last: Option<i64>,
}

impl Span {
    /// The part, and whether there is more before and after it.
    pub fn cut(self, mut entries: Vec<Entry>) -> (Vec<Entry>, bool, bool) {
        let (start, end) = self.bounds(&entries);
        let after = end < entries.len();
        entries.truncate(end);
        entries.drain(..start);
        (entries, start > 0, after)
    }

    /// Further up; what is farthest below goes.
    pub fn up(self, entries: &[Entry]) -> Self {
        let (start, end) = self.bounds(entries);
        let start = start.saturating_sub(STEP);
        Self::of(entries, start, end.min(start + MOST))
    }

    /// Further down; what is farthest above goes.
    pub fn down(self, entries: &[Entry]) -> Self {
        let (start, end) = self.bounds(entries);
        let end = (end + STEP).min(entries.len());
        Self::of(entries, start.max(end.saturating_sub(MOST)), end)
    }

    /// With this number somewhere in its middle.
    pub fn around(entries: &[Entry], seq: i64) -> Self {
        let at = entries.partition_point(|entry| number(entry) < seq);
        let start = at.saturating_sub(MOST / 2);
        Self::of(entries, start, (start + MOST).min(entries.len()))
    }

    fn of(entries: &[Entry], start: usize, end: usize) -> Self {
        Self {
            first: (start > 0).then(|| number(&entries[start])),
            last: (end < entries.len()).then(|| number(&entries[end - 1])),
        }
    }

    fn bounds(self, entries: &[Entry]) -> (usize, usize) {
        let end = self.last.map_or(entries.len(), |last| {
            entries.partition_point(|entry| number(entry) <= last)
        });
        let start = self.first.map_or(0, |first| {
            entries.partition_point(|entry| number(entry) < first)
        });
        (start.min(end).max(end.saturating_sub(MOST)), end)
    }
}

/// What has no number yet stands behind everything.
fn number(entry: &Entry) -> i64 {
    match entry.message.seq {
        0 => i64::MAX,
        seq => seq,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{AccountId, Message, MessageId, PageId, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::pages::lines::State;

    fn entries(count: i64) -> Vec<Entry> {
        let entry = |seq| Entry {
            message: Arc::new(Message {
                id: MessageId(Uuid::from_u128(seq as u128)),
                page: PageId(Uuid::nil()),
                author: AccountId(Uuid::nil()),
                author_name: String::new(),
                seq,
                changed: seq,
                at: Timestamp(seq),
                edited: None,
                deleted: false,
                body: String::new(),
                reply: None,
                mentions: Vec::new(),
                reactions: Vec::new(),
                call: None,
                images: Vec::new(),
            }),
            state: State::Stored,
        };
        (1..=count).map(entry).collect()
    }

    fn shown(span: Span, all: &[Entry]) -> (i64, i64, bool, bool) {
        let (part, before, after) = span.cut(all.to_vec());
        let (first, last) = (part.first().unwrap(), part.last().unwrap());
        assert!(part.len() <= MOST);
        (first.message.seq, last.message.seq, before, after)
    }

    #[test]
    fn the_end_is_shown_and_further_parts_as_one_scrolls() {
        let all = entries(1000);
        let mut span = Span::default();
        assert_eq!(shown(span, &all), (701, 1000, true, false));
        span = span.up(&all);
        assert_eq!(shown(span, &all), (601, 900, true, true));
        span = span.down(&all);
        assert_eq!(shown(span, &all), (701, 1000, true, false));
        // What comes is shown, and what is farthest goes.
        assert_eq!(shown(span, &entries(1001)), (702, 1001, true, false));
        for _ in 0..20 {
            span = span.up(&all);
        }
        assert_eq!(shown(span, &all), (1, 300, false, true));
        assert_eq!(shown(Span::around(&all, 500), &all), (350, 649, true, true));
    }

    #[test]
    fn few_are_all_there() {
        let all = entries(50);
        for span in [
            Span::default(),
            Span::default().up(&all),
            Span::default().down(&all),
            Span::around(&all, 3),
        ] {
            assert_eq!(shown(span, &all), (1, 50, false, false));
        }
    }
}
