//! What is done to a single message: answered, reacted to, edited, taken back, found again.

use domain::{Caption, Image, Mention, Message, MessageId, PageImage, Quote, Timestamp};
use futures::channel::oneshot::Receiver;
use leptos::{prelude::*, task::spawn_local};

use super::{ANSWER, Draft, Held, Span, Store, Talk};
use crate::{Problem, live::within, pages::api, ui::effect};

impl Talk {
    /// What the next message answers.
    pub fn take_reply(self) -> Option<Quote> {
        let reply = self.replying.get_untracked();
        self.replying.set(None);
        self.stop_typing();
        reply.as_deref().map(Quote::of)
    }

    /// Also when the page is not open any more: images may have taken long.
    pub fn deliver(
        self,
        id: MessageId,
        body: String,
        mentions: Vec<Mention>,
        images: Vec<Image>,
        reply: Option<Quote>,
    ) -> Receiver<()> {
        let now = js_sys::Date::now() as i64;
        let written = self.state.try_update_value(|state| {
            state.written = now.max(state.written + 1);
            state.written
        });
        let draft = Draft {
            id,
            page: self.id,
            body,
            reply,
            mentions,
            images,
            written: Timestamp(written.unwrap_or(now)),
            refused: None,
        };
        if written.is_some() {
            self.to_latest();
            self.change_holding(Held::End, |store| store.write(draft.clone()));
        }
        self.outbox.push(draft)
    }

    /// The images of what is loaded, the oldest first.
    pub fn images(self) -> Vec<PageImage> {
        self.store.with_value(Store::images)
    }

    pub async fn edit(
        self,
        id: MessageId,
        body: &Caption,
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
    pub fn react(self, id: MessageId, emoji: String) {
        let me = self.me.with_value(|me| me.account);
        let mine = self
            .store
            .with_value(|store| store.find(id))
            .is_some_and(|message| {
                let mut reactions = message.reactions.iter();
                reactions.any(|reaction| {
                    reaction.emoji == emoji && reaction.people.iter().any(|(who, _)| *who == me)
                })
            });
        self.do_to(api::react(self.id, id, emoji, !mine));
    }

    pub fn delete(self, id: MessageId) {
        self.do_to(api::delete_message(self.id, id));
    }

    fn do_to(self, doing: impl Future<Output = Result<Message, Problem>> + 'static) {
        spawn_local(async move {
            match doing.await {
                Ok(message) => self.changed(message),
                Err(problem) => {
                    self.trouble.try_set(Some(problem.to_string()));
                }
            }
        });
    }

    /// The menu of what can be done to it.
    pub fn open_menu(self, id: MessageId) {
        self.acting
            .set(self.store.with_value(|store| store.find(id)));
    }

    /// Brings a message into view, from wherever it is.
    pub fn jump_to(self, seq: i64) {
        if self.store.with_value(|store| store.at(seq).is_some()) {
            self.flash(seq);
            return;
        }
        spawn_local(async move {
            let answer = within(ANSWER, api::messages_around(self.id, seq, None)).await;
            if self.state.is_disposed() {
                return;
            }
            match answer {
                Some(Ok(around)) => {
                    self.change_holding(Held::Nothing, |store| store.visit(&around));
                    self.flash(seq);
                }
                Some(Err(problem)) => self.trouble.set(Some(problem.to_string())),
                None => {}
            }
        });
    }

    /// A message of this page was found by searching.
    pub(super) fn hear_visits(self) {
        effect(move || {
            if let Some((page, seq)) = self.shelf.visit().get()
                && page == self.id
            {
                self.shelf.visit().set(None);
                self.jump_to(seq);
            }
        });
    }

    fn flash(self, seq: i64) {
        self.respan(|_, entries| Span::around(entries, seq));
        let found = self
            .store
            .with_value(|store| store.at(seq).map(|found| found.id));
        if let Some(id) = found {
            self.scroll.bring(id);
        }
    }

    fn changed(self, message: Message) {
        if !self.state.is_disposed() {
            self.change(|store| store.message(message));
            self.check_soon();
        }
    }
}
