//! One image that somebody chose: where it is on its way, and what it shows.

use std::sync::Arc;

use domain::{Image, ImageAlt, ImageId, PageId};
use gloo_file::{File, ObjectUrl};
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::{api, upload::upload};
use crate::pages::{new_id, now};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Way {
    /// The part that is sent, in percent.
    Sending(u8),
    There(Image),
    /// Why not; it can be tried again, or not.
    Refused(String, bool),
    Dropped,
}

#[derive(Clone)]
pub(super) struct Picked {
    pub id: ImageId,
    pub file: SendWrapper<File>,
    /// Taken back when the last one who shows it has gone.
    pub preview: Arc<SendWrapper<ObjectUrl>>,
    pub alt: ArcRwSignal<String>,
    pub way: ArcRwSignal<Way>,
}

impl PartialEq for Picked {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Picked {
    pub(super) fn new(file: SendWrapper<File>) -> Self {
        let image = ImageAlt {
            id: ImageId(new_id(now())),
            alt: String::new(),
        };
        Self::again(image, file)
    }

    /// Under the id that it had: what the server has of it counts.
    pub(super) fn again(image: ImageAlt, file: SendWrapper<File>) -> Self {
        let preview = ObjectUrl::from(gloo_file::Blob::from((*file).clone()));
        let picked = Self {
            id: image.id,
            preview: Arc::new(SendWrapper::new(preview)),
            alt: ArcRwSignal::new(image.alt),
            way: ArcRwSignal::new(Way::Sending(0)),
            file,
        };
        if let Some(why) = cannot_be(&picked.file) {
            picked.way.set(Way::Refused(why, false));
        }
        picked
    }

    /// Said before a byte is sent, where the browser can know.
    pub(super) fn is_refused(&self) -> bool {
        self.way
            .with_untracked(|way| matches!(way, Way::Refused(..) | Way::Dropped))
    }

    pub(super) fn image(&self) -> Option<Image> {
        self.way.with_untracked(|way| match way {
            Way::There(image) => Some(Image {
                alt: self.alt.get_untracked(),
                ..image.clone()
            }),
            _ => None,
        })
    }

    pub(super) async fn send(self, page: PageId) {
        if self.is_refused() {
            return;
        }
        let told = {
            let way = self.way.clone();
            move |part: f64| {
                let percent = (part * 100.0).clamp(0.0, 100.0) as u8;
                if way.with_untracked(|way| *way != Way::Dropped) {
                    way.set(Way::Sending(percent));
                }
            }
        };
        let wanted = {
            let way = self.way.clone();
            move || way.with_untracked(|way| *way != Way::Dropped)
        };
        let answer = upload(page, self.id, &self.file, told, wanted).await;
        let is_dropped = self.way.with_untracked(|way| *way == Way::Dropped);
        match answer {
            Some(Ok(_)) if is_dropped => self.forget(page),
            _ if is_dropped => {}
            Some(Ok(image)) => self.way.set(Way::There(image)),
            Some(Err(problem)) => {
                let again = problem.passing();
                self.way.set(Way::Refused(problem.to_string(), again));
            }
            None => {}
        }
    }

    /// It is not wanted any more.
    pub(super) fn drop(&self, page: PageId) {
        let is_there = self.image().is_some();
        self.way.set(Way::Dropped);
        if is_there {
            self.forget(page);
        }
    }

    fn forget(&self, page: PageId) {
        let id = self.id;
        spawn_local(async move {
            // What nobody sends is swept after a day anyway.
            let _ = api::discard_image(page, id).await;
        });
    }
}

fn cannot_be(file: &File) -> Option<String> {
    let kind = file.raw_mime_type();
    if !kind.is_empty() && !kind.starts_with("image/") {
        return Some(domain::Refusal::NotAnImage.to_string());
    }
    let max = Image::MAX_BYTES;
    let too_large = domain::Refusal::ImageTooLarge { max: max as usize };
    (file.size() > max).then(|| too_large.to_string())
}
