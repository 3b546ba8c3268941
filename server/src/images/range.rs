//! Ranges of bytes (RFC 9110 §14): one at a time; whoever asks for several gets all.

use std::ops::Range;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    Part(Range<u64>),
    /// Nothing of the file is in it.
    Outside,
}

impl Wanted {
    pub(crate) fn of(header: &str, size: u64) -> Self {
        let Some(ranges) = header.trim().strip_prefix("bytes=") else {
            return Self::All;
        };
        let Some((first, last)) = ranges.split_once('-') else {
            return Self::All;
        };
        let (first, last) = (first.trim(), last.trim());
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
        };
        let range = match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
            (Some(first), None) if last.is_empty() => first..size,
            (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
            _ => return Self::All,
        };
        if range.is_empty() {
            Self::Outside
        } else {
            Self::Part(range)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_is_there_of_it() {
        for (header, wanted) in [
            ("bytes=0-9", Wanted::Part(0..10)),
            ("bytes=90-", Wanted::Part(90..100)),
            ("bytes=90-1000", Wanted::Part(90..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-1000", Wanted::Part(0..100)),
            ("bytes=0-99999999999999999999999", Wanted::Part(0..100)),
            ("bytes=100-", Wanted::Outside),
            ("bytes=-0", Wanted::Outside),
            ("bytes=9-0", Wanted::All),
            ("bytes=0-1,5-6", Wanted::All),
            ("bytes=-", Wanted::All),
            ("bytes=+1-2", Wanted::All),
            ("lines=0-1", Wanted::All),
        ] {
            assert_eq!(Wanted::of(header, 100), wanted, "{header}");
        }
        assert_eq!(Wanted::of("bytes=0-", 0), Wanted::Outside);
    }
}
