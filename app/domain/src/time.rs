//! Moments and local calendar time. The clock itself lives in the backend and in the browser.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub fn millis(self) -> i64 {
        self.0
    }

    #[must_use]
    pub fn plus_secs(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    #[must_use]
    pub fn minus_secs(self, seconds: i64) -> Self {
        self.plus_secs(-seconds)
    }

    /// Whole seconds from `earlier` to `self`; negative when the clock stepped back.
    pub fn secs_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0) / 1000
    }
}

/// A moment as a person's wall calendar and clock show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime {
    pub year: i32,
    /// 1–12
    pub month: u8,
    /// 1–31
    pub day: u8,
    /// 0–23
    pub hour: u8,
    /// 0–59
    pub minute: u8,
    /// Days since 1970-01-01 in local time; equal for two moments of one local day.
    pub days: i64,
}

impl LocalTime {
    /// `offset` is minutes east of UTC.
    pub fn new(at: Timestamp, offset: i32) -> Self {
        let minutes = at.0.div_euclid(60_000) + i64::from(offset);
        let days = minutes.div_euclid(1440);
        let of_day = minutes.rem_euclid(1440);
        let (year, month, day) = civil(days);
        Self {
            year,
            month,
            day,
            hour: (of_day / 60) as u8,
            minute: (of_day % 60) as u8,
            days,
        }
    }

    /// 0 is Monday.
    pub fn weekday(self) -> u8 {
        (self.days + 3).rem_euclid(7) as u8
    }

    /// `09:05`
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// The heading of a day in the timeline, as read on `today`.
    pub fn day_label(self, today: Self) -> String {
        const DAYS: [&str; 7] = [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ];
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let month = MONTHS[usize::from(self.month - 1)];
        match today.days - self.days {
            0 => "Today".into(),
            1 => "Yesterday".into(),
            2..7 => DAYS[usize::from(self.weekday())].into(),
            _ if self.year == today.year => format!("{} {month}", self.day),
            _ => format!("{} {month} {}", self.day, self.year),
        }
    }
}

/// Year, month and day of a count of days since 1970-01-01 (proleptic Gregorian; H. Hinnant's
/// `civil_from_days`: eras of 400 years that begin in March, so that a leap day comes last).
fn civil(days: i64) -> (i32, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_348_800_000; // 2026-11-22T12:00:00Z, a Sunday

    #[test]
    fn a_moment_has_the_date_of_the_place_it_is_read_in() {
        let utc = LocalTime::new(Timestamp(NOON), 0);
        assert_eq!(
            (utc.year, utc.month, utc.day, utc.hour, utc.minute),
            (2026, 11, 22, 12, 0)
        );
        assert_eq!(utc.weekday(), 6);
        assert_eq!(LocalTime::new(Timestamp(NOON), 13 * 60).day, 23);
        assert_eq!(LocalTime::new(Timestamp(NOON), 330).clock(), "17:30");
        let before_epoch = LocalTime::new(Timestamp(-1), 0);
        assert_eq!(
            (before_epoch.year, before_epoch.month, before_epoch.day),
            (1969, 12, 31)
        );
        let leap = LocalTime::new(Timestamp(1_709_164_800_000), 0);
        assert_eq!((leap.year, leap.month, leap.day), (2024, 2, 29));
    }

    #[test]
    fn days_are_called_what_people_call_them() {
        let today = LocalTime::new(Timestamp(NOON), 0);
        let back = |days: i64| {
            LocalTime::new(Timestamp(NOON).minus_secs(days * 86_400), 0).day_label(today)
        };
        assert_eq!(back(0), "Today");
        assert_eq!(back(1), "Yesterday");
        assert_eq!(back(2), "Friday");
        assert_eq!(back(7), "15 November");
        assert_eq!(back(400), "18 October 2025");
    }
}
