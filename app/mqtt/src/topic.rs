//! The syntax of topic names and topic filters (§4.7). Which of them mean something is not known here.

/// A topic name to publish to: not empty, no wildcard (§3.3.2.1, §4.7.3).
pub fn is_topic(text: &str) -> bool {
    is_text(text) && !text.bytes().any(|b| b == b'+' || b == b'#')
}

/// A topic filter: `+` fills a whole level, `#` a whole level that is the last (§4.7.1).
pub fn is_filter(text: &str) -> bool {
    if !is_text(text) {
        return false;
    }
    // Neither wildcard nor separator can be part of a longer UTF-8 sequence.
    let mut levels = text.as_bytes().split(|b| *b == b'/').peekable();
    while let Some(level) = levels.next() {
        let ok = match level {
            b"+" => true,
            b"#" => levels.peek().is_none(),
            level => !level.iter().any(|b| *b == b'+' || *b == b'#'),
        };
        if !ok {
            return false;
        }
    }
    true
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && u16::try_from(text.len()).is_ok() && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_fills_its_level_and_hash_is_the_last() {
        for good in [
            "#", "+", "/", "a//b", "a/#", "+/a/+", "/+", "$SYS/#", "é/+", " ",
        ] {
            assert!(is_filter(good), "{good}");
        }
        for bad in [
            "", "x/a#/b", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b+", "##", "a\0",
        ] {
            assert!(!is_filter(bad), "{bad}");
        }
        assert!(!is_filter(&"x".repeat(65_536)));
    }

    #[test]
    fn a_topic_name_has_no_wildcard() {
        assert!(is_topic("p/1/e") && is_topic("/") && is_topic("$SYS/x"));
        assert!(!is_topic("") && !is_topic("a/+") && !is_topic("#") && !is_topic("a\0b"));
    }
}
