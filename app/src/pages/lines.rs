//! From messages to what stands on screen: days, the unread divider, groups. Pure; the local day is given.

use std::sync::Arc;

use domain::{Message, Timestamp, starts_group};

use super::store::Divider;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Written here, not yet at the server: the clock.
    Waiting,
    /// The server said no, in these words.
    Refused(String),
    /// One tick.
    Stored,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub message: Arc<Message>,
    pub state: State,
}

/// One message as it stands in the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub message: Arc<Message>,
    pub state: State,
    /// Begins a group: name and avatar are shown.
    pub first: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Unread(i64),
    Message(Row),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970 in local time; grows from day to day.
    pub number: i64,
    /// A moment of that day.
    pub at: Timestamp,
    pub lines: Vec<Line>,
}

/// `day` tells the local day of a moment, as days since 1970.
pub fn days(
    entries: Vec<Entry>,
    divider: Option<Divider>,
    day: impl Fn(Timestamp) -> i64,
) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    let mut before = None;
    let mut divider = divider;
    for Entry { message, state } in entries {
        let at = message.at;
        let last = days.last().map(|day| day.number);
        // A clock that stepped back must not open a day that is over.
        let number = last.map_or(day(at), |last| last.max(day(at)));
        let same_day = last == Some(number);
        if !same_day {
            days.push(Day {
                number,
                at,
                lines: Vec::new(),
            });
        }
        let mut first = starts_group(before, (message.author, at), same_day);
        before = Some((message.author, at));
        let Some(day) = days.last_mut() else { continue };
        if let Some(here) = divider
            && message.seq >= here.seq
        {
            day.lines.push(Line::Unread(here.unread));
            divider = None;
            first = true;
        }
        day.lines.push(Line::Message(Row {
            message,
            state,
            first,
        }));
    }
    days
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, MessageId, PageId};

    use super::*;

    const DAY: i64 = 86_400_000;

    fn entry(seq: i64, author: u8, at: i64) -> Entry {
        let id = |n: i64| [u8::try_from(n % 251).unwrap(); 10];
        Entry {
            message: Arc::new(Message {
                id: MessageId::new(Timestamp(at), id(seq)),
                page: PageId::new(Timestamp(0), [0; 10]),
                author: AccountId::new(Timestamp(0), [author; 10]),
                author_name: "Dana".into(),
                seq,
                changed: seq,
                at: Timestamp(at),
                edited: None,
                deleted: false,
                body: "hello".into(),
                reply: None,
                mentions: Vec::new(),
                reactions: Vec::new(),
                call: None,
                images: Vec::new(),
            }),
            state: State::Stored,
        }
    }

    fn utc(at: Timestamp) -> i64 {
        at.0.div_euclid(DAY)
    }

    fn firsts(days: &[Day]) -> Vec<bool> {
        days.iter()
            .flat_map(|day| &day.lines)
            .filter_map(|line| match line {
                Line::Message(row) => Some(row.first),
                Line::Unread(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_day_begins_where_the_local_calendar_says() {
        let entries = vec![entry(1, 1, DAY - 60_000), entry(2, 1, DAY + 60_000)];
        let two = days(entries.clone(), None, utc);
        assert_eq!(two.iter().map(|d| d.number).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(firsts(&two), [true, true]);
        let one = days(entries, None, |at| utc(Timestamp(at.0 + DAY / 2)));
        assert_eq!(one.len(), 1);
        assert_eq!(firsts(&one), [true, false]);
    }

    #[test]
    fn groups_hold_within_five_minutes_of_one_sender() {
        let entries = vec![
            entry(1, 1, 0),
            entry(2, 1, 299_000),
            entry(3, 2, 300_000),
            entry(4, 1, 301_000),
            entry(5, 1, 601_000),
        ];
        assert_eq!(
            firsts(&days(entries, None, utc)),
            [true, false, true, true, true]
        );
    }

    #[test]
    fn the_divider_stands_before_the_first_unread_and_opens_a_group() {
        let entries: Vec<_> = (1..=4).map(|n| entry(n, 1, n * 1000)).collect();
        let divider = Divider { seq: 3, unread: 2 };
        let days = days(entries, Some(divider), utc);
        let at = days[0].lines.iter().position(|l| *l == Line::Unread(2));
        assert_eq!(at, Some(2));
        assert_eq!(firsts(&days), [true, false, true, false]);
    }

    #[test]
    fn a_clock_that_steps_back_does_not_open_a_day_that_is_over() {
        let entries = vec![entry(1, 1, 0), entry(2, 1, DAY), entry(3, 1, DAY - 1)];
        let numbers: Vec<_> = days(entries, None, utc).iter().map(|d| d.number).collect();
        assert_eq!(numbers, [0, 1]);
    }
}
