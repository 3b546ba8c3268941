//! What is done to a single message: answered, reacted to, edited, taken back, found again.

use domain::{Body, Mention, Message, MessageId};
use leptos::{prelude::*, task::spawn_local};

use super::Talk;
use crate::{Problem, pages::api};

impl Talk {
    pub async fn edit(
        self,
        id: MessageId,
        body: &Body,
        mentions: &[Mention],
    ) -> Result<(), Problem> {
        let named = mentions.iter().map(|mention| mention.account).collect();
        let body = body.as_str().to_owned();
        let message = api::edit_message(self.id, id, body, named).await?;
        self.changed(message);
        Ok(())
    }

    pub fn reply(self, id: MessageId) {
        if let Some(message) = self.store.with_value(|store| store.find(id)) {
            self.editing.set(None);
            self.replying.set(Some(message));
        }
    }

    /// Mine is put there, or taken away again.
    pub fn react(self, id: MessageId, emoji: String, trouble: RwSignal<Option<String>>) {
        let me = self.me.with_value(|me| me.account);
        let mine = self.store.with_value(|store| store.find(id)).is_some_and(|message| {
            let mut reactions = message.reactions.iter();
            reactions.any(|reaction| {
                reaction.emoji == emoji && reaction.people.iter().any(|(who, _)| *who == me)
            })
        });
        self.do_to(trouble, api::react(self.id, id, emoji, !mine));
    }

    pub fn delete(self, id: MessageId, trouble: RwSignal<Option<String>>) {
        self.do_to(trouble, api::delete_message(self.id, id));
    }

    fn do_to(
        self,
        trouble: RwSignal<Option<String>>,
        doing: impl Future<Output = Result<Message, Problem>> + 'static,
    ) {
        spawn_local(async move {
            match doing.await {
                Ok(message) => self.changed(message),
                Err(problem) => {
                    trouble.try_set(Some(problem.to_string()));
                }
            }
        });
    }

    fn changed(self, message: Message) {
        if !self.state.is_disposed() {
            self.change(|store| store.message(message));
            self.check_soon();
        }
    }
}
