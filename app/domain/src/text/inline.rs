//! Within lines: emphasis, code, links, mentions.

use super::Inline;
use crate::Mention;

pub(super) fn parse(text: &str, mentions: &[Mention]) -> Vec<Inline> {
    Parser { mentions }.parse(text, true)
}

struct Parser<'a> {
    mentions: &'a [Mention],
}

impl Parser<'_> {
    /// `nests`: emphasis may stand inside of emphasis once.
    fn parse(&self, text: &str, nests: bool) -> Vec<Inline> {
        let closers = Closers::of(text);
        let mut parts = Parts::default();
        let mut before = None;
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            let found = match c {
                '`' | '*' | '_' if is_edge(before) => self.marked(c, text, at, &closers, nests),
                'h' | 'w' | 'H' | 'W' if is_edge(before) => link(rest),
                '@' if is_edge(before) => self.mention(rest),
                _ => None,
            };
            if let Some((part, length)) = found {
                parts.push(part);
                before = text[at..at + length].chars().next_back();
                at += length;
            } else {
                parts.text(c);
                before = Some(c);
                at += c.len_utf8();
            }
        }
        parts.finish()
    }

    fn marked(
        &self,
        mark: char,
        text: &str,
        at: usize,
        closers: &Closers,
        nests: bool,
    ) -> Option<(Inline, usize)> {
        let start = at + mark.len_utf8();
        if text[start..].starts_with(char::is_whitespace) {
            return None;
        }
        let end = closers.after(mark, start)?;
        let inside = &text[start..end];
        if inside.starts_with(mark) {
            return None;
        }
        let part = match mark {
            '`' => Inline::Code(inside.to_owned()),
            _ if !nests => return None,
            '*' => Inline::Bold(self.parse(inside, false)),
            _ => Inline::Italic(self.parse(inside, false)),
        };
        Some((part, end + mark.len_utf8() - at))
    }

    fn mention(&self, rest: &str) -> Option<(Inline, usize)> {
        let named = &rest[1..];
        let mention = self
            .mentions
            .iter()
            .filter(|mention| !mention.name.is_empty() && named.starts_with(&*mention.name))
            .max_by_key(|mention| mention.name.len())?;
        let after = named[mention.name.len()..].chars().next();
        if after.is_some_and(char::is_alphanumeric) {
            return None;
        }
        let part = Inline::Mention {
            account: mention.account,
            name: mention.name.clone(),
        };
        Some((part, 1 + mention.name.len()))
    }
}

/// Markup begins at an edge: not within a word.
fn is_edge(before: Option<char>) -> bool {
    before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '/')
}

/// Where each mark can close: behind something that is no space, before an edge. Found in one pass, so that a text of
/// marks only is not searched again from each of them.
struct Closers {
    /// Ascending, for each of the three marks; with the line it is in.
    found: [Vec<(usize, usize)>; 3],
    line_starts: Vec<usize>,
}

impl Closers {
    fn of(text: &str) -> Self {
        let mut found = [const { Vec::new() }; 3];
        let mut line_starts = vec![0];
        let mut before: Option<char> = None;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c == '\n' {
                line_starts.push(at + 1);
            } else if let Some(kind) = kind(c)
                && before.is_some_and(|c| !c.is_whitespace())
                && chars.peek().is_none_or(|(_, next)| !next.is_alphanumeric())
            {
                found[kind].push((at, line_starts.len()));
            }
            before = Some(c);
        }
        Self { found, line_starts }
    }

    /// The first after this place in the same line; something lies between.
    fn after(&self, mark: char, start: usize) -> Option<usize> {
        let closers = &self.found[kind(mark)?];
        let next = closers.partition_point(|(at, _)| *at <= start);
        let (at, line) = *closers.get(next)?;
        let here = self.line_starts.partition_point(|first| *first <= start);
        (line == here).then_some(at)
    }
}

fn kind(mark: char) -> Option<usize> {
    match mark {
        '`' => Some(0),
        '*' => Some(1),
        '_' => Some(2),
        _ => None,
    }
}

/// `http://`, `https://` or `www.`, up to a space; punctuation at the end is the sentence's.
fn link(rest: &str) -> Option<(Inline, usize)> {
    let scheme = ["https://", "http://", "www."].into_iter().find(|scheme| {
        rest.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    let is_end =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
    let length = rest.find(is_end).unwrap_or(rest.len());
    let text = without_sentence(&rest[..length]);
    // Of `www.` alone the point is the sentence's.
    let host = text.get(scheme.len()..)?;
    if !host.starts_with(|c: char| c.is_alphanumeric() || c == '[')
        || (scheme == "www." && !host.contains('.'))
    {
        return None;
    }
    let href = if scheme == "www." {
        format!("https://{text}")
    } else {
        text.to_owned()
    };
    let part = Inline::Link {
        href,
        text: text.to_owned(),
    };
    Some((part, text.len()))
}

/// A closing bracket belongs to the link only if it was opened in it.
fn without_sentence(link: &str) -> &str {
    let count = |c: char| link.matches(c).count();
    let mut surplus = [
        (')', count(')').saturating_sub(count('('))),
        (']', count(']').saturating_sub(count('['))),
        ('}', count('}').saturating_sub(count('{'))),
    ];
    let mut end = link.len();
    while let Some(last) = link[..end].chars().next_back() {
        let goes = match surplus.iter_mut().find(|(bracket, _)| *bracket == last) {
            Some((_, left)) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(_) => false,
            None => matches!(
                last,
                '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '…'
            ),
        };
        if !goes {
            break;
        }
        end -= last.len_utf8();
    }
    &link[..end]
}

#[derive(Default)]
struct Parts {
    done: Vec<Inline>,
    text: String,
}

impl Parts {
    fn text(&mut self, c: char) {
        self.text.push(c);
    }

    fn push(&mut self, part: Inline) {
        self.flush();
        self.done.push(part);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.done.push(Inline::Text(std::mem::take(&mut self.text)));
        }
    }

    fn finish(mut self) -> Vec<Inline> {
        self.flush();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::AccountId;

    fn text(text: &str) -> Inline {
        Inline::Text(text.into())
    }

    fn link(href: &str, shown: &str) -> Inline {
        Inline::Link {
            href: href.into(),
            text: shown.into(),
        }
    }

    fn plain(text: &str) -> Vec<Inline> {
        parse(text, &[])
    }

    #[test]
    fn emphasis_stands_between_edges() {
        assert_eq!(
            plain("a *b c* d"),
            [text("a "), Inline::Bold(vec![text("b c")]), text(" d")]
        );
        assert_eq!(
            plain("(_so_)!"),
            [text("("), Inline::Italic(vec![text("so")]), text(")!")]
        );
        assert_eq!(plain("*a _b_*"), [Inline::Bold(vec![text("a _b_")])],);
        assert_eq!(plain("`*a*`"), [Inline::Code("*a*".into())]);
        for as_it_is in [
            "2*3*4",
            "snake_case_name",
            "* a *",
            "*a",
            "**",
            "*a\nb*",
            "a * b",
            "_",
        ] {
            assert_eq!(plain(as_it_is), [text(as_it_is)], "{as_it_is}");
        }
    }

    #[test]
    fn a_link_ends_where_its_sentence_goes_on() {
        for (written, href) in [
            ("https://a.example/x.", "https://a.example/x"),
            ("https://a.example/x)", "https://a.example/x"),
            ("https://a.example/(x)", "https://a.example/(x)"),
            ("http://a.example?q=1!", "http://a.example?q=1"),
            ("https://a.example/x?!…", "https://a.example/x"),
        ] {
            let end = &written[href.len()..];
            let mut wanted = vec![link(href, href)];
            if !end.is_empty() {
                wanted.push(text(end));
            }
            assert_eq!(plain(written), wanted, "{written}");
        }
        assert_eq!(
            plain("www.a.example, ok"),
            [link("https://www.a.example", "www.a.example"), text(", ok")]
        );
        for none in [
            "javascript:alert(1)",
            "http://",
            "www.",
            "xhttp://a.example",
            "data:text/html,x",
            "www",
        ] {
            assert_eq!(plain(none), [text(none)], "{none}");
        }
    }

    #[test]
    fn a_mention_is_a_name_of_the_message() {
        let mention = |n: u128, name: &str| Mention {
            account: AccountId(Uuid::from_u128(n)),
            name: name.into(),
        };
        let mentions = [mention(1, "Mila"), mention(2, "Mila Lind")];
        let named = |n: u128, name: &str| Inline::Mention {
            account: AccountId(Uuid::from_u128(n)),
            name: name.into(),
        };
        assert_eq!(
            parse("hi @Mila Lind, @Mila! @Milan a@Mila", &mentions),
            [
                text("hi "),
                named(2, "Mila Lind"),
                text(", "),
                named(1, "Mila"),
                text("! @Milan a@Mila"),
            ]
        );
    }

    fn written(parts: &[Inline]) -> String {
        let one = |part: &Inline| match part {
            Inline::Text(text) | Inline::Link { text, .. } => text.clone(),
            Inline::Code(text) => format!("`{text}`"),
            Inline::Bold(parts) => format!("*{}*", written(parts)),
            Inline::Italic(parts) => format!("_{}_", written(parts)),
            Inline::Mention { name, .. } => format!("@{name}"),
        };
        parts.iter().map(one).collect()
    }

    proptest! {
        #[test]
        fn nothing_that_was_written_is_lost(text in r"[ab *_`@\n.()\[h]{0,60}|(https?://|www\.|[ *_`a./)]){0,20}|\PC{0,40}") {
            prop_assert_eq!(written(&plain(&text)), text);
        }
    }

    #[test]
    fn a_text_of_marks_only_takes_no_longer_than_its_length() {
        for hostile in [
            "*",
            "*a ",
            "`a",
            "_*",
            "https://a.b/)",
            "@",
            "\u{202e}",
            "a\u{301}",
        ] {
            let text: String = hostile.chars().cycle().take(20_000).collect();
            assert_eq!(written(&plain(&text)), text);
        }
    }
}
