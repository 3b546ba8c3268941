//! What a screen reader says of what arrives: one message in full, a burst as a count. Old history is no news.

use domain::Message;
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

use super::Talk;
use crate::pages::bubble::summary;

/// What comes within so long is one piece of news (milliseconds).
const BURST: u32 = 1_000;
/// Characters of a message that are read out.
const SPOKEN: usize = 300;

impl Talk {
    /// Says a message that somebody else has written since the page was opened, the first time it is met, pushed or
    /// asked for.
    pub(super) fn announce(self, message: &Message) {
        let me = self.me.with_value(|me| me.account);
        let met = self
            .store
            .with_value(|store| store.find(message.id).is_some());
        let opened = self.state.with_value(|state| state.opened);
        if met || message.seq <= opened || !message.is_news_to(me) {
            return;
        }
        let text = match &message.call {
            Some(call) => call.words(),
            None => summary(&message.body, message.images.len()),
        };
        let text: String = text.chars().take(SPOKEN).collect();
        let said = format!("{}: {text}", message.author_name);
        let first = self.state.with_value(|state| state.unsaid.is_empty());
        self.state.update_value(|state| state.unsaid.push(said));
        if first {
            spawn_local(async move {
                TimeoutFuture::new(BURST).await;
                let unsaid = self
                    .state
                    .try_update_value(|state| std::mem::take(&mut state.unsaid));
                if let Some(unsaid) = unsaid {
                    self.aloud.set(spoken(&unsaid));
                }
            });
        }
    }
}

fn spoken(unsaid: &[String]) -> String {
    match unsaid {
        [one] => one.clone(),
        many => format!("{} new messages", many.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_said_as_a_count() {
        let said = |count: usize| spoken(&vec!["Mila: Hello".to_owned(); count]);
        assert_eq!(said(1), "Mila: Hello");
        assert_eq!(said(4), "4 new messages");
    }
}
