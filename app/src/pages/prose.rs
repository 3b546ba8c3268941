//! What somebody wrote, as the tree that [`domain::text`] makes of it: elements and text, never HTML.

use domain::{
    Mention, Message,
    text::{Block, Inline, blocks, emoji_count},
};
use leptos::{
    either::{Either, EitherOf3, EitherOf4},
    prelude::*,
};

/// So many emoji alone are shown large.
const LARGE: usize = 3;

/// Whether the text is nothing but a few emoji.
pub(super) fn is_large(message: &Message) -> bool {
    message.reply.is_none() && emoji_count(&message.body).is_some_and(|count| count <= LARGE)
}

pub(super) fn prose(text: &str, mentions: &[Mention]) -> impl IntoView + use<> {
    blocks(text, mentions)
        .into_iter()
        .map(|block| match block {
            Block::Lines(parts) => Either::Left(parts.into_iter().map(part).collect_view()),
            Block::Code(code) => Either::Right(view! { <pre dir="ltr"><code>{code}</code></pre> }),
        })
        .collect_view()
}

fn part(part: Inline) -> impl IntoView {
    match part {
        Inline::Bold(inside) => {
            EitherOf3::A(view! { <b>{inside.into_iter().map(leaf).collect_view()}</b> })
        }
        Inline::Italic(inside) => {
            EitherOf3::B(view! { <i>{inside.into_iter().map(leaf).collect_view()}</i> })
        }
        other => EitherOf3::C(leaf(other)),
    }
}

/// Emphasis holds no further emphasis: [`domain::text`] nests once.
fn leaf(part: Inline) -> impl IntoView {
    match part {
        Inline::Text(text) => EitherOf4::A(text),
        Inline::Code(code) => EitherOf4::B(view! { <code dir="ltr">{code}</code> }),
        Inline::Link { href, text } => EitherOf4::C(view! {
            <a href=href target="_blank" rel="noopener noreferrer nofollow">{text}</a>
        }),
        Inline::Mention { name, .. } => {
            EitherOf4::D(view! { <span class="mention">{format!("@{name}")}</span> })
        }
        Inline::Bold(inside) | Inline::Italic(inside) => EitherOf4::A(text_of(&inside)),
    }
}

fn text_of(parts: &[Inline]) -> String {
    let one = |part: &Inline| match part {
        Inline::Text(text) | Inline::Code(text) | Inline::Link { text, .. } => text.clone(),
        Inline::Mention { name, .. } => format!("@{name}"),
        Inline::Bold(parts) | Inline::Italic(parts) => text_of(parts),
    };
    parts.iter().map(one).collect()
}
