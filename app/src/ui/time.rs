//! How long ago something was, in words.

use domain::Timestamp;

/// `just now`, `12 min ago`, `in 7 days`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.secs_since(at);
    let (amount, ahead) = (seconds.abs(), seconds < 0);
    let plural = |count: i64, unit: &str| match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    };
    let words = match amount {
        ..60 => {
            return if ahead {
                "in a moment".into()
            } else {
                "just now".into()
            };
        }
        60..3600 => format!("{} min", amount / 60),
        3600..86_400 => format!("{} h", amount / 3600),
        // Seven days less a moment are seven days to people.
        _ => plural((amount + 43_200) / 86_400, "day"),
    };
    if ahead {
        format!("in {words}")
    } else {
        format!("{words} ago")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_tell_them() {
        let now = Timestamp(1_000_000_000_000);
        assert_eq!(ago(now.minus_secs(3), now), "just now");
        assert_eq!(ago(now.minus_secs(720), now), "12 min ago");
        assert_eq!(ago(now.minus_secs(7200), now), "2 h ago");
        assert_eq!(ago(now.minus_secs(86_400), now), "1 day ago");
        assert_eq!(ago(now.plus_secs(7 * 86_400 - 5), now), "in 7 days");
    }
}
