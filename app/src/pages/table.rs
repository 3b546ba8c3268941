//! Sorting and filtering the admin's table of pages, and how its numbers are written.

use std::cmp::Ordering;

use domain::PageSummary;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Name,
    Members,
    Invited,
    Messages,
    Images,
    Activity,
}

impl Column {
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::Members,
        Self::Invited,
        Self::Messages,
        Self::Images,
        Self::Activity,
    ];

    pub fn words(self) -> &'static str {
        match self {
            Self::Name => "Page",
            Self::Members => "Members",
            Self::Invited => "Invited",
            Self::Messages => "Messages",
            Self::Images => "Images",
            Self::Activity => "Last activity",
        }
    }

    fn compare(self, one: &PageSummary, other: &PageSummary) -> Ordering {
        let name = |summary: &PageSummary| summary.page.name.to_lowercase();
        match self {
            Self::Name => name(one).cmp(&name(other)),
            Self::Members => one.members.cmp(&other.members),
            Self::Invited => one.invited.cmp(&other.invited),
            Self::Messages => one.messages.cmp(&other.messages),
            Self::Images => one.image_bytes.cmp(&other.image_bytes),
            Self::Activity => one.last_activity.cmp(&other.last_activity),
        }
    }
}

/// By which column, and which way. The latest activity first, until somebody clicks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    column: Column,
    down: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            column: Column::Activity,
            down: true,
        }
    }
}

impl Order {
    /// A second click turns it round. Names begin at A, numbers with the largest.
    pub fn click(&mut self, column: Column) {
        let down = if self.column == column {
            !self.down
        } else {
            column != Column::Name
        };
        *self = Self { column, down };
    }

    /// For `aria-sort` of this column's heading.
    pub fn aria(self, column: Column) -> &'static str {
        match (self.column == column, self.down) {
            (false, _) => "none",
            (true, true) => "descending",
            (true, false) => "ascending",
        }
    }

    /// Those whose name holds the text, in this order.
    pub fn apply(self, mut pages: Vec<PageSummary>, filter: &str) -> Vec<PageSummary> {
        let wanted = filter.trim().to_lowercase();
        pages.retain(|summary| summary.page.name.to_lowercase().contains(&wanted));
        pages.sort_by(|one, other| {
            let order = self.column.compare(one, other);
            if self.down { order.reverse() } else { order }
        });
        pages
    }
}

/// `1,204`
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0`, `18 kB`, `212 MB`, `1.4 GB`: powers of a thousand.
pub fn megabytes(bytes: i64) -> String {
    let tenths = |unit: i64| (bytes + unit / 20) / (unit / 10);
    match bytes {
        ..=0 => "0".into(),
        1..1_000_000 => format!("{} kB", (bytes / 1000).max(1)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!(
            "{}.{} GB",
            tenths(1_000_000_000) / 10,
            tenths(1_000_000_000) % 10
        ),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Page, PageId, Timestamp};

    use super::*;

    fn page(name: &str, members: i64, at: i64) -> PageSummary {
        PageSummary {
            page: Page {
                id: PageId::new(Timestamp(at), [0; 10]),
                name: name.into(),
                about: String::new(),
                archived: false,
            },
            members,
            invited: 0,
            messages: 0,
            image_bytes: 0,
            last_activity: Timestamp(at),
        }
    }

    fn names(order: Order, filter: &str) -> Vec<String> {
        let pages = vec![
            page("Garden", 4, 2),
            page("atelier", 11, 3),
            page("Choir", 6, 1),
        ];
        let shown = order.apply(pages, filter);
        shown.into_iter().map(|summary| summary.page.name).collect()
    }

    #[test]
    fn the_latest_comes_first_until_a_column_is_clicked() {
        let mut order = Order::default();
        assert_eq!(names(order, ""), ["atelier", "Garden", "Choir"]);
        order.click(Column::Name);
        assert_eq!(names(order, ""), ["atelier", "Choir", "Garden"]);
        order.click(Column::Name);
        assert_eq!(names(order, ""), ["Garden", "Choir", "atelier"]);
        order.click(Column::Members);
        assert_eq!(names(order, ""), ["atelier", "Choir", "Garden"]);
        assert_eq!(order.aria(Column::Members), "descending");
        assert_eq!(order.aria(Column::Name), "none");
    }

    #[test]
    fn typing_filters_whatever_the_case() {
        assert_eq!(names(Order::default(), " GARD "), ["Garden"]);
        assert!(names(Order::default(), "roof").is_empty());
    }

    #[test]
    fn numbers_are_written_to_be_read() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_204), "1,204");
        assert_eq!(thousands(-1_234_567), "-1,234,567");
        assert_eq!(megabytes(0), "0");
        assert_eq!(megabytes(18_500_000), "18 MB");
        assert_eq!(megabytes(1_430_000_000), "1.4 GB");
        assert_eq!(megabytes(999_960_000_000), "1000.0 GB");
    }
}
