//! Messages whose images are still on their way: sent one after the other, kept over a reload, delivered when all is there.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use domain::{AccountId, ImageAlt, Mention, MessageId, PageId, Quote};
use futures::channel::oneshot;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::{
    kept::{self, Label},
    picked::{Picked, Way},
};
use crate::{
    live::{alone, within},
    pages::Talk,
};

/// As many at a time: more would only wait for each other.
const AT_ONCE: usize = 3;
/// What is there so soon needs no keeping (milliseconds).
const SOON: u32 = 300;
/// The browser's database is not waited for longer (milliseconds).
const KEEPING: u32 = 10_000;

/// A message whose images are not all there yet.
#[derive(Clone)]
pub(super) struct Parcel {
    pub id: MessageId,
    pub account: AccountId,
    pub page: PageId,
    pub images: Vec<Picked>,
    pub text: String,
    pub mentions: Vec<Mention>,
    pub reply: Option<Quote>,
    /// A reload does not lose it.
    pub kept: ArcRwSignal<bool>,
}

impl Parcel {
    fn taken_up(label: Label, files: Vec<SendWrapper<gloo_file::File>>) -> Self {
        let images = label.images.into_iter().zip(files);
        Self {
            id: label.id,
            account: label.account,
            page: label.page,
            images: images
                .map(|(image, file)| Picked::again(image, file))
                .collect(),
            text: label.text,
            mentions: label.mentions,
            reply: label.reply,
            kept: ArcRwSignal::new(true),
        }
    }

    fn label(&self) -> Label {
        let image = |picked: &Picked| ImageAlt {
            id: picked.id,
            alt: picked.alt.get_untracked(),
        };
        Label {
            id: self.id,
            account: self.account,
            page: self.page,
            text: self.text.clone(),
            mentions: self.mentions.clone(),
            reply: self.reply.clone(),
            images: self.wanted().map(image).collect(),
        }
    }

    /// With the images that are still wanted.
    pub(super) async fn keep(&self) {
        let files: Vec<_> = self.wanted().map(|picked| picked.file.clone()).collect();
        let kept = within(KEEPING, async { kept::keep(&self.label(), &files).await });
        self.kept.set(matches!(kept.await, Some(Ok(()))));
    }

    /// Until none of its images is on its way any more.
    async fn settled(&self) {
        let (done, settled) = oneshot::channel();
        let (mut done, images) = (Some(done), self.images.clone());
        let watch = RenderEffect::new(move |_| {
            let is_settled = |picked: &Picked| {
                picked
                    .way
                    .with(|way| matches!(way, Way::There(_) | Way::Dropped))
            };
            if images.iter().all(is_settled)
                && let Some(done) = done.take()
            {
                let _ = done.send(());
            }
        });
        let _ = settled.await;
        drop(watch);
    }

    fn wanted(&self) -> impl Iterator<Item = &Picked> {
        self.images
            .iter()
            .filter(|picked| picked.way.with_untracked(|way| *way != Way::Dropped))
    }
}

/// They go on when somebody turns to another page.
#[derive(Clone, Copy)]
pub struct Parcels(pub(super) RwSignal<Vec<Parcel>>);

impl Parcels {
    /// Once, at the root of the app.
    pub fn provide() {
        provide_context(Self(RwSignal::new(Vec::new())));
    }

    pub(super) fn of(self, page: PageId) -> Vec<Parcel> {
        let here = |parcel: &&Parcel| parcel.page == page;
        self.0
            .with(|all| all.iter().filter(here).cloned().collect())
    }

    pub(super) fn has(self, id: MessageId) -> bool {
        self.0
            .with_untracked(|all| all.iter().any(|parcel| parcel.id == id))
    }

    /// One tab at a time: another one may have taken up the same.
    pub(super) async fn send(self, parcel: Parcel, talk: Talk) {
        let name = lock(parcel.id);
        alone(&name, async move {
            if within(SOON, parcel.settled()).await.is_none() {
                parcel.keep().await;
            }
            self.deliver(parcel, talk).await;
        })
        .await;
    }

    /// What was sent here before a reload, or in a tab that is closed.
    pub(super) async fn take_up(self, account: AccountId, talk: Talk, uploads: Uploads) {
        let left = kept::of(account, talk.id).await.unwrap_or_default();
        for (label, files) in left.into_iter().filter(|(label, _)| !self.has(label.id)) {
            let uploads = uploads.clone();
            spawn_local(async move {
                let (id, name) = (label.id, lock(label.id));
                alone(&name, async move {
                    if kept::is_kept(id).await != Ok(true) || self.has(id) {
                        return;
                    }
                    let parcel = Parcel::taken_up(label, files);
                    self.0.update(|all| all.push(parcel.clone()));
                    for picked in &parcel.images {
                        uploads.add(parcel.page, picked.clone());
                    }
                    self.deliver(parcel, talk).await;
                })
                .await;
            });
        }
    }

    /// Until every image of it is there, or not wanted any more; then it is a message like every other.
    async fn deliver(self, parcel: Parcel, talk: Talk) {
        parcel.settled().await;
        let images: Vec<_> = parcel.wanted().filter_map(Picked::image).collect();
        let label = parcel.label();
        let (id, text) = (parcel.id, parcel.text);
        let empty = images.is_empty() && text.is_empty();
        let kept = (!empty).then(|| talk.deliver(id, text, parcel.mentions, images, parcel.reply));
        self.0.update(|all| all.retain(|kept| kept.id != id));
        let safe = match kept {
            Some(kept) => within(KEEPING, kept).await == Some(Ok(())),
            None => true,
        };
        // Should it stay there, it is sent again under the same id, which is one message.
        if safe {
            let _ = within(KEEPING, kept::forget(&label)).await;
        }
    }
}

fn lock(id: MessageId) -> String {
    format!("stoa.parcel.{id}")
}

#[derive(Clone, Default)]
pub(super) struct Uploads(Rc<RefCell<Queue>>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(PageId, Picked)>,
    at_work: usize,
}

impl Uploads {
    pub(super) fn add(&self, page: PageId, picked: Picked) {
        self.0.borrow_mut().waiting.push_back((page, picked));
        self.go_on();
    }

    fn go_on(&self) {
        let next = {
            let mut queue = self.0.borrow_mut();
            if queue.at_work >= AT_ONCE {
                return;
            }
            let next = queue.waiting.pop_front();
            queue.at_work += usize::from(next.is_some());
            next
        };
        if let Some((page, picked)) = next {
            let rest = self.clone();
            spawn_local(async move {
                picked.send(page).await;
                rest.0.borrow_mut().at_work -= 1;
                rest.go_on();
            });
        }
    }
}
