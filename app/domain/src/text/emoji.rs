//! Which texts are emoji, and how many they are (Unicode Technical Standard 51, §1.4.9: the forms that keyboards write).

const VARIATION: char = '\u{fe0f}';
const JOINER: char = '\u{200d}';
const KEYCAP: char = '\u{20e3}';

/// How many emoji this is, if it is nothing else. Spaces between them do not count.
pub fn emoji_count(text: &str) -> Option<usize> {
    let mut chars = text.trim().chars().peekable();
    let mut count = 0;
    while let Some(first) = chars.next() {
        if first == ' ' {
            continue;
        }
        count += 1;
        // No need to look on: nobody asks for the number of many.
        if count > 64 {
            return None;
        }
        match first {
            '0'..='9' | '#' | '*' => {
                chars.next_if_eq(&VARIATION);
                chars.next_if_eq(&KEYCAP)?;
            }
            '\u{1f1e6}'..='\u{1f1ff}' => {
                chars.next_if(|c| is_region(*c))?;
            }
            _ => {
                element(first, &mut chars)?;
                while chars.next_if_eq(&JOINER).is_some() {
                    let joined = chars.next()?;
                    // Joined ones (the heart of a kiss, the sign of a profession) may lack the selector.
                    if !is_pictograph(joined) {
                        return None;
                    }
                    modifiers(&mut chars);
                }
            }
        }
    }
    (count > 0).then_some(count)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn element(first: char, chars: &mut Chars<'_>) -> Option<()> {
    if !is_pictograph(first) {
        return None;
    }
    let selected = modifiers(chars);
    (selected || is_shown_as_emoji(first)).then_some(())
}

/// Skin tones, variation selectors, the tags of a region's flag. Whether they make an emoji of a plain sign.
fn modifiers(chars: &mut Chars<'_>) -> bool {
    let is_one =
        |c: &char| matches!(*c, VARIATION | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}');
    let mut any = false;
    while chars.next_if(is_one).is_some() {
        any = true;
    }
    any
}

fn is_region(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Signs that can be emoji, generously: blocks that hold nothing else worth telling apart.
fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2194}'..='\u{21aa}' | '\u{231a}'..='\u{23ff}' | '\u{24c2}' | '\u{25aa}'..='\u{27bf}'
        | '\u{2934}'..='\u{2935}' | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}' | '\u{3297}'
        | '\u{3299}' | '\u{1f000}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1faff}')
}

/// Without a selector: the newer planes, and the older signs that were given colours (`Emoji_Presentation`).
fn is_shown_as_emoji(c: char) -> bool {
    matches!(c,
        '\u{1f000}'..='\u{1faff}' | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23ec}' | '\u{23f0}'
        | '\u{23f3}' | '\u{25fd}' | '\u{25fe}' | '\u{2614}' | '\u{2615}' | '\u{2648}'..='\u{2653}'
        | '\u{267f}' | '\u{2693}' | '\u{26a1}' | '\u{26aa}' | '\u{26ab}' | '\u{26bd}' | '\u{26be}'
        | '\u{26c4}' | '\u{26c5}' | '\u{26ce}' | '\u{26d4}' | '\u{26ea}' | '\u{26f2}' | '\u{26f3}'
        | '\u{26f5}' | '\u{26fa}' | '\u{26fd}' | '\u{2705}' | '\u{270a}' | '\u{270b}' | '\u{2728}'
        | '\u{274c}' | '\u{274e}' | '\u{2753}'..='\u{2755}' | '\u{2757}' | '\u{2764}'
        | '\u{2795}'..='\u{2797}' | '\u{27b0}' | '\u{27bf}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}'
        | '\u{2b55}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_sees_as_one_counts_as_one() {
        for (text, count) in [
            ("🌻", 1),
            ("👍🏽", 1),
            ("👩‍👩‍👧‍👦", 1),
            ("🏳️‍🌈", 1),
            ("🇳🇱", 1),
            ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 1),
            ("❤️", 1),
            ("❤", 1),
            ("👩‍❤️‍💋‍👩", 1),
            ("👩‍⚕", 1),
            ("1️⃣", 1),
            ("🇳🇱🇧🇪", 2),
            ("😀 😀  😀", 3),
            ("😀😀😀😀", 4),
        ] {
            assert_eq!(emoji_count(text), Some(count), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_emoji() {
        for text in [
            "",
            " ",
            "a",
            "1",
            "12",
            "#",
            "™",
            "↔",
            "😀 ok",
            "🇳",
            "\u{200d}",
            "👍\u{200d}",
            "é",
        ] {
            assert_eq!(emoji_count(text), None, "{text:?}");
        }
        assert_eq!(emoji_count(&"😀".repeat(10_000)), None);
    }
}
