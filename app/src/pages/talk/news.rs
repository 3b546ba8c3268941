//! What the wire tells about the open page, and what is read anew because it may have been missed.

use domain::{AccountId, Event, Member, Topic};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

use super::{ANSWER, Standing, Talk};
use crate::{
    live::{News, within},
    pages::api,
    ui::act,
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
            News::Signal(page, who, signal) if *page == self.id => self.signalled(*who, signal),
            News::Signal(..) | News::Further(..) => {}
            News::Poll => self.catch_up(),
        }
    }

    /// Name, members and rights have no number that would tell what was missed: they are read anew.
    fn look_again(self) {
        spawn_local(async move {
            // A page that is gone is said by `catch_up`.
            if let Some(Ok(room)) = within(ANSWER, api::room(self.id)).await {
                self.page.try_set(room.page);
                self.member_count.try_set(room.member_count);
                self.members.try_set(room.members);
                self.invited.try_set(room.invited);
                self.online.try_set(room.online);
                let (delivered, read) = room.marks.by_others(room.me.account);
                self.reach.try_update(|reach| {
                    *reach = (reach.0.max(delivered), reach.1.max(read));
                });
                self.may_manage.try_set(room.may_manage);
            }
        });
    }

    fn event(self, topic: Topic, event: &Event) {
        let here = topic == Topic::Page(self.id);
        match event {
            Event::Message(message) if message.page == self.id => {
                self.announce(message);
                let message = message.clone();
                self.change(|store| store.message(message));
                self.check_soon();
            }
            Event::Page(page) if page.id == self.id => self.page.set(page.clone()),
            Event::Joined(member) if here => {
                let member = member.clone();
                self.members_change(|members| {
                    members.retain(|known| known.account != member.account);
                    members.push(member);
                });
                // Their invitation waits no longer; who waits is told to those who may invite.
                if self.may_manage.get_untracked() {
                    self.look_again();
                }
            }
            Event::Role { account, role } if here => {
                self.members.update(|members| {
                    for member in members {
                        if member.account == *account {
                            member.role = *role;
                        }
                    }
                });
                if self.me.with_value(|me| me.account == *account) {
                    self.look_again();
                }
            }
            Event::Marks(marks) if here => {
                let me = self.me.with_value(|me| me.account);
                let (delivered, read) = marks.by_others(me);
                let before = self.reach.get_untracked();
                let after = (before.0.max(delivered), before.1.max(read));
                if after != before {
                    self.reach.set(after);
                }
            }
            Event::Presence { online, offline } if here => self.online.update(|now| {
                now.retain(|account| !online.contains(account));
                now.extend(online);
                now.retain(|account| !offline.contains(account));
            }),
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
        self.members_change(|members| members.retain(|member| member.account != account));
    }

    fn members_change(self, change: impl FnOnce(&mut Vec<Member>)) {
        let known = self.members.with_untracked(Vec::len);
        let all_known = self.member_count.get_untracked() <= known;
        self.members.update(change);
        if all_known {
            self.member_count.set(self.members.with_untracked(Vec::len));
        } else {
            self.count_soon();
        }
    }

    /// A page of a thousand does not ask a thousand times at once when somebody comes or goes.
    fn count_soon(self) {
        if self.state.with_value(|state| state.counting) {
            return;
        }
        self.state.update_value(|state| state.counting = true);
        spawn_local(async move {
            let wait = (js_sys::Math::random() * 5_000.0) as u32;
            TimeoutFuture::new(1_000 + wait).await;
            if self
                .state
                .try_update_value(|state| state.counting = false)
                .is_some()
            {
                self.look_again();
            }
        });
    }

    /// Brings those who are not listed yet.
    pub fn list_everyone(self, trouble: RwSignal<Option<String>>) {
        act(trouble, api::members(self.id), move |all| {
            self.member_count.try_set(all.len());
            self.members.try_set(all);
        });
    }
}
