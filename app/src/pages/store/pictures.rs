//! The images of what is loaded.

use std::sync::Arc;

use domain::{Image, Message, PageImage};

use super::Store;

impl Store {
    /// Of the messages that are shown, the oldest first.
    pub fn images(&self) -> Vec<PageImage> {
        let of = |message: &Arc<Message>| {
            let message = Arc::clone(message);
            message
                .images
                .clone()
                .into_iter()
                .map(move |image| PageImage {
                    message: message.id,
                    seq: message.seq,
                    author: message.author,
                    author_name: message.author_name.clone(),
                    at: message.at,
                    image,
                })
        };
        self.shown().flat_map(of).collect()
    }

    /// The newest of them, the newest first.
    pub fn pictures(&self) -> Vec<Image> {
        const MOST: usize = 6;
        let newest = self.images().into_iter().rev().take(MOST);
        newest.map(|shown| shown.image).collect()
    }
}
