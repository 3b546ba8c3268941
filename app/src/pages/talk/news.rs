//! What the wire tells about the open page, and what is read anew because it may have been missed.

use domain::{AccountId, Event, Topic};
use leptos::{prelude::*, task::spawn_local};

use super::{ANSWER, Standing, Talk};
use crate::{
    live::{News, within},
    pages::api,
};

impl Talk {
    pub(super) fn heard(self, news: &News) {
        match news {
            News::Event(topic, event) => self.event(*topic, event),
            News::Resync => {
                self.catch_up();
                self.look_again();
                self.outbox.nudge();
            }
            News::Poll => self.catch_up(),
        }
    }

    /// Name, members and rights have no number that would tell what was missed: they are read anew.
    fn look_again(self) {
        spawn_local(async move {
            // A page that is gone is said by `catch_up`.
            if let Some(Ok(room)) = within(ANSWER, api::room(self.id)).await {
                self.page.try_set(room.page);
                self.members.try_set(room.members);
                self.invited.try_set(room.invited);
                self.may_manage.try_set(room.may_manage);
            }
        });
    }

    fn event(self, topic: Topic, event: &Event) {
        let here = topic == Topic::Page(self.id);
        match event {
            Event::Message(message) if message.page == self.id => {
                let message = message.clone();
                self.change(|store| store.message(message));
                self.check_soon();
            }
            Event::Page(page) if page.id == self.id => self.page.set(page.clone()),
            Event::Joined(member) if here => {
                let member = member.clone();
                self.members.update(|members| {
                    members.retain(|known| known.account != member.account);
                    members.push(member);
                });
                // Their invitation waits no longer; who waits is told to those who may invite.
                if self.may_manage.get_untracked() {
                    self.look_again();
                }
            }
            Event::Left { account } if here => {
                if self.me.with_value(|me| me.account == *account) {
                    self.standing.set(Standing::Removed);
                }
                self.left(*account);
            }
            Event::Removed { page } if *page == self.id => self.standing.set(Standing::Removed),
            Event::Deleted { page } if *page == self.id => self.standing.set(Standing::Deleted),
            // Invited anew while the notice of the removal stands there.
            Event::Added { page }
                if page.id == self.id && self.standing.get_untracked() != Standing::Member =>
            {
                let _ = window().location().reload();
            }
            _ => {}
        }
    }

    pub fn left(self, account: AccountId) {
        self.members
            .update(|members| members.retain(|member| member.account != account));
    }
}
