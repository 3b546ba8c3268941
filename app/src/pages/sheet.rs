//! What is on screen of a timeline: days and messages as signals, so that a change touches only what changed.

use std::collections::HashMap;

use domain::{MessageId, Timestamp};
use leptos::prelude::*;

use super::lines::{Day, Line, Row};

#[derive(Clone)]
pub struct DayView {
    pub number: i64,
    pub at: Timestamp,
    pub lines: ArcRwSignal<Vec<LineView>>,
}

#[derive(Clone)]
pub enum LineView {
    Unread(i64),
    Message(MessageId, ArcRwSignal<Row>),
}

impl LineView {
    pub fn key(&self) -> Option<MessageId> {
        match self {
            Self::Unread(_) => None,
            Self::Message(id, _) => Some(*id),
        }
    }
}

#[derive(Clone, Copy)]
pub struct Sheet {
    days: RwSignal<Vec<DayView>>,
}

impl Sheet {
    pub fn new(days: Vec<Day>) -> Self {
        let fresh = |day: Day| DayView {
            number: day.number,
            at: day.at,
            lines: ArcRwSignal::new(day.lines.into_iter().map(view).collect()),
        };
        Self {
            days: RwSignal::new(days.into_iter().map(fresh).collect()),
        }
    }

    pub fn days(self) -> RwSignal<Vec<DayView>> {
        self.days
    }

    /// Brings what is shown to these days.
    pub fn show(self, days: Vec<Day>) {
        let shown = self.days.get_untracked();
        let mut rows: HashMap<MessageId, ArcRwSignal<Row>> = HashMap::new();
        for day in &shown {
            day.lines.with_untracked(|lines| {
                rows.extend(lines.iter().filter_map(|line| match line {
                    LineView::Message(id, row) => Some((*id, row.clone())),
                    LineView::Unread(_) => None,
                }));
            });
        }
        let keep = |line: Line| match line {
            Line::Message(row) => match rows.get(&row.message.id) {
                Some(kept) => {
                    let id = row.message.id;
                    if kept.with_untracked(|before| *before != row) {
                        kept.set(row);
                    }
                    LineView::Message(id, kept.clone())
                }
                None => view(Line::Message(row)),
            },
            divider @ Line::Unread(_) => view(divider),
        };
        let mut next = Vec::with_capacity(days.len());
        for day in days {
            let lines: Vec<_> = day.lines.into_iter().map(keep).collect();
            match shown.iter().find(|kept| kept.number == day.number) {
                Some(kept) => {
                    let same = kept.lines.with_untracked(|before| {
                        before
                            .iter()
                            .map(LineView::key)
                            .eq(lines.iter().map(LineView::key))
                    });
                    if !same {
                        kept.lines.set(lines);
                    }
                    next.push(kept.clone());
                }
                None => next.push(DayView {
                    number: day.number,
                    at: day.at,
                    lines: ArcRwSignal::new(lines),
                }),
            }
        }
        let numbers = |days: &[DayView]| days.iter().map(|day| day.number).collect::<Vec<_>>();
        if numbers(&shown) != numbers(&next) {
            self.days.set(next);
        }
    }
}

fn view(line: Line) -> LineView {
    match line {
        Line::Unread(count) => LineView::Unread(count),
        Line::Message(row) => LineView::Message(row.message.id, ArcRwSignal::new(row)),
    }
}
