//! A row of the table: what, what it should be, what it is, what a peer does, and whether that is enough.

use std::fmt::Write;

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Row {
    what: String,
    budget: String,
    measured: String,
    peer: String,
    /// `None`: told for comparison only.
    met: Option<bool>,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            budget: String::new(),
            measured: measured.into(),
            peer: String::new(),
            met: None,
        }
    }

    pub(crate) fn broken(what: &str, error: &anyhow::Error) -> Self {
        Self {
            met: Some(false),
            ..Self::new(what, format!("{error:#}"))
        }
    }

    pub(crate) fn budget(mut self, budget: impl Into<String>, met: bool) -> Self {
        self.budget = budget.into();
        self.met = Some(met);
        self
    }

    pub(crate) fn peer(mut self, peer: impl Into<String>) -> Self {
        self.peer = peer.into();
        self
    }
}

pub(crate) fn table(rows: &[Row]) -> String {
    let cells: Vec<[&str; 5]> = std::iter::once(["what", "budget", "measured", "peer", ""])
        .chain(rows.iter().map(|row| {
            let verdict = match row.met {
                Some(true) => "met",
                Some(false) => "NOT MET",
                None => "",
            };
            [&row.what, &row.budget, &row.measured, &row.peer, verdict]
        }))
        .collect();
    let mut widths = [0; 5];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for row in &cells {
        for (width, cell) in widths.iter().zip(row) {
            let _ = write!(table, "{cell:<width$}  ");
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    table
}

/// The middle one of some rounds: a machine that is busy for a moment does not decide.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_its_columns_under_each_other() {
        let rows = [
            Row::new("fan-out", "7 ×").budget("≥ 5 ×", true),
            Row::new("long name of it", "1").peer("2"),
        ];
        assert_eq!(
            table(&rows),
            "what             budget  measured  peer\n\
             fan-out          ≥ 5 ×   7 ×             met\n\
             long name of it          1         2\n"
        );
    }

    #[test]
    fn numbers_are_told_with_their_thousands() {
        assert_eq!(thousands(1_234_567.4), "1,234,567");
        assert_eq!(thousands(999.0), "999");
        assert!((median(vec![9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
    }
}
