//! Completing `@` and a name while somebody writes. Pure.

use domain::{AccountId, Member, Mention};

/// As many as fit above the composer.
const MOST: usize = 6;
/// Longer names are typed by nobody.
const LONGEST: usize = 40;

/// What was typed of a name right before the cursor: behind an `@` that begins a word.
pub(super) fn begun(before: &str) -> Option<&str> {
    let at = before.rfind('@')?;
    let typed = &before[at + 1..];
    let begins = before[..at]
        .chars()
        .next_back()
        .is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"' | '\''));
    let is_name =
        !typed.contains('\n') && typed.chars().count() <= LONGEST && !typed.starts_with(' ');
    (begins && is_name).then_some(typed)
}

/// Who is meant: a word of their name begins so.
pub(super) fn meant(typed: &str, members: &[Member], me: AccountId) -> Vec<Member> {
    let typed = lower(typed);
    let fits = |name: &str| {
        let name = lower(name);
        name.starts_with(&typed)
            || name
                .char_indices()
                .any(|(at, c)| c == ' ' && name[at + 1..].starts_with(&typed))
    };
    let others = members.iter().filter(|member| member.account != me);
    others
        .filter(|member| fits(&member.name))
        .take(MOST)
        .cloned()
        .collect()
}

#[cfg(not(target_arch = "wasm32"))]
fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// By the browser, which has the table of all alphabets already.
#[cfg(target_arch = "wasm32")]
fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// Those of the chosen ones who still stand in the text.
pub(super) fn named(text: &str, chosen: &[Mention]) -> Vec<Mention> {
    let mut named: Vec<Mention> = Vec::new();
    for mention in chosen {
        let there = text.contains(&format!("@{}", mention.name));
        if there && !named.contains(mention) {
            named.push(mention.clone());
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use domain::{PageRole, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn member(id: u128, name: &str) -> Member {
        Member {
            account: AccountId(Uuid::from_u128(id)),
            name: name.into(),
            role: PageRole::Member,
            joined: Timestamp(0),
        }
    }

    #[test]
    fn an_at_sign_that_begins_a_word_begins_a_name() {
        assert_eq!(begun("hi @Mi"), Some("Mi"));
        assert_eq!(begun("@"), Some(""));
        assert_eq!(begun("@Mila Li"), Some("Mila Li"));
        for none in ["mila@li", "@ x", "no", "@a\nb"] {
            assert_eq!(begun(none), None, "{none:?}");
        }
    }

    #[test]
    fn any_word_of_the_name_will_do() {
        let all = [
            member(1, "Mila Lind"),
            member(2, "Jon Okafor"),
            member(3, "Lina"),
        ];
        let me = all[2].account;
        let names =
            |typed| -> Vec<_> { meant(typed, &all, me).into_iter().map(|m| m.name).collect() };
        assert_eq!(names("li"), ["Mila Lind"]);
        assert_eq!(names("OK"), ["Jon Okafor"]);
        assert_eq!(names("").len(), 2);
        assert!(names("x").is_empty());
    }

    #[test]
    fn who_was_deleted_from_the_text_is_not_named() {
        let mention = |name: &str| Mention {
            account: AccountId(Uuid::from_u128(1)),
            name: name.into(),
        };
        let chosen = [mention("Mila"), mention("Jon"), mention("Mila")];
        assert_eq!(named("hi @Mila", &chosen), [mention("Mila")]);
    }
}
