//! What is written, as a tree: small markup, links, mentions. It is shown as a tree and never becomes HTML text. Every
//! step is linear in the length of the text, whatever it holds.

mod emoji;
mod inline;

pub use emoji::emoji_count;

use crate::{AccountId, Mention};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Lines, with their breaks.
    Lines(Vec<Inline>),
    /// Between lines of three backticks, as it is.
    Code(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Bold(Vec<Inline>),
    Italic(Vec<Inline>),
    Code(String),
    Link { href: String, text: String },
    Mention { account: AccountId, name: String },
}

const FENCE: &str = "```";

/// `*bold*`, `_italic_`, `` `code` ``, blocks between three backticks, links, and `@` with a name that is mentioned.
pub fn blocks(text: &str, mentions: &[Mention]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(FENCE) {
        let inside = &rest[start + FENCE.len()..];
        let Some(length) = inside.find(FENCE) else {
            break;
        };
        lines(&rest[..start], mentions, &mut blocks);
        let code = inside[..length].trim_matches('\n');
        if !code.is_empty() {
            blocks.push(Block::Code(code.to_owned()));
        }
        rest = &inside[length + FENCE.len()..];
    }
    lines(rest, mentions, &mut blocks);
    blocks
}

fn lines(text: &str, mentions: &[Mention], blocks: &mut Vec<Block>) {
    // The breaks beside a block are the block's own.
    let text = if blocks.is_empty() {
        text
    } else {
        text.strip_prefix('\n').unwrap_or(text)
    };
    if !text.trim().is_empty() {
        blocks.push(Block::Lines(inline::parse(text, mentions)));
    }
}

/// As one line without markup: for lists and notices.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.push_str(word);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_code_stands_by_itself() {
        assert_eq!(
            blocks("see\n```\nlet *a* = 1;\n\n  b\n```\nafter", &[]),
            [
                Block::Lines(vec![Inline::Text("see\n".into())]),
                Block::Code("let *a* = 1;\n\n  b".into()),
                Block::Lines(vec![Inline::Text("after".into())]),
            ]
        );
        // Not closed: text like any other.
        assert_eq!(
            blocks("``` a", &[]),
            [Block::Lines(vec![Inline::Text("``` a".into())])]
        );
    }
}
