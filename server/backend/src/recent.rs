//! What pages looked like a moment ago, kept in memory. Everything kept stands under a number that the database
//! counts up with each change, and that is read anew with every request: nobody is shown anything outdated.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{Image, Marks, Member, Message, PageId};

use crate::Result;

/// Bytes kept of each kind, roughly.
const BYTES: usize = 8 * 1024 * 1024;

pub(crate) struct Recent<T>(Arc<Mutex<Kept<T>>>);

struct Kept<T> {
    /// Grows with everything that is forgotten: what was read before must not be kept after.
    age: u64,
    bytes: usize,
    pages: HashMap<PageId, (i64, Arc<T>)>,
}

impl<T> Clone for Recent<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Kept {
            age: 0,
            bytes: 0,
            pages: HashMap::new(),
        })))
    }
}

impl<T: Weigh> Recent<T> {
    /// What is kept under this number, or what `read` gives, which is kept from then on.
    /// The number must have been read before.
    pub(crate) async fn get(
        &self,
        page: PageId,
        number: i64,
        read: impl Future<Output = Result<T>>,
    ) -> Result<Arc<T>> {
        let asked = {
            let kept = self.lock();
            match kept.pages.get(&page) {
                Some((under, found)) if *under == number => return Ok(Arc::clone(found)),
                _ => kept.age,
            }
        };
        let found = Arc::new(read.await?);
        let mut kept = self.lock();
        if kept.age == asked {
            kept.put(page, number, Arc::clone(&found));
        }
        Ok(found)
    }

    pub(crate) fn forget(&self) {
        let mut kept = self.lock();
        kept.age += 1;
        kept.clear();
    }

    /// Something that the number does not count is different on this page.
    pub(crate) fn forget_page(&self, page: PageId) {
        let mut kept = self.lock();
        kept.age += 1;
        kept.remove(page);
    }

    fn lock(&self) -> MutexGuard<'_, Kept<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Weigh> Kept<T> {
    fn put(&mut self, page: PageId, number: i64, found: Arc<T>) {
        let bytes = found.weigh();
        if bytes > BYTES / 8 {
            return;
        }
        self.remove(page);
        if self.bytes + bytes > BYTES {
            self.clear();
        }
        self.bytes += bytes;
        self.pages.insert(page, (number, found));
    }

    fn remove(&mut self, page: PageId) {
        if let Some((_, before)) = self.pages.remove(&page) {
            self.bytes = self.bytes.saturating_sub(before.weigh());
        }
    }

    fn clear(&mut self) {
        self.bytes = 0;
        self.pages.clear();
    }
}

/// How many bytes something takes, roughly.
pub(crate) trait Weigh {
    fn weigh(&self) -> usize;
}

/// The newest messages of a page, and whether there are older ones: under the page's counter.
pub(crate) type Newest = (Vec<Message>, bool);

impl Weigh for Newest {
    fn weigh(&self) -> usize {
        self.0.iter().map(weight).sum()
    }
}

fn weight(message: &Message) -> usize {
    let texts = [&message.body, &message.author_name].map(String::len);
    let quoted = message.reply.as_ref().map_or(0, |reply| reply.text.len());
    let people = message
        .reactions
        .iter()
        .map(|r| 1 + r.people.len())
        .sum::<usize>();
    let named = message.mentions.len() + people;
    // Names of people are short.
    let shown: usize = message.images.iter().map(weight_of_image).sum();
    shown + size_of::<Message>() + texts.iter().sum::<usize>() + quoted + named * 64
}

fn weight_of_image(image: &Image) -> usize {
    size_of::<Image>() + image.alt.len() + image.blur.len()
}

/// The first members of a page, and how many there are: under the count of its changes of members.
pub(crate) type Members = (Vec<Member>, usize);

impl Weigh for Members {
    fn weigh(&self) -> usize {
        self.0
            .iter()
            .map(|m| size_of::<Member>() + m.name.len())
            .sum()
    }
}

impl Weigh for Marks {
    fn weigh(&self) -> usize {
        size_of::<Self>() + 4 * size_of::<(uuid::Uuid, i64)>()
    }
}

/// What this node remembers of pages.
#[derive(Clone, Default)]
pub(crate) struct RecentPages {
    pub(crate) newest: Recent<Newest>,
    pub(crate) members: Recent<Members>,
    /// Under the count of changes of members, and forgotten when one of them moves. Only where there are no other
    /// nodes: what is moved there is told to those who have clients on the page, and to nobody else.
    pub(crate) marks: Recent<Marks>,
}

impl RecentPages {
    /// Somebody has another name.
    pub(crate) fn forget(&self) {
        self.newest.forget();
        self.members.forget();
    }
}
