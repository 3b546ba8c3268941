//! The list of my pages, kept true by events: last line, order, unread counts. Pure.

use std::collections::HashMap;

use domain::{AccountId, Event, Message, PageId, PageListing};

use crate::ui::ordered;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listings {
    pages: Vec<PageListing>,
    /// The newest number that was counted, so that a message counts once.
    counted: HashMap<PageId, i64>,
    /// The newest number that an open page has.
    open: HashMap<PageId, i64>,
}

/// What an event meant for the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heard {
    Nothing,
    Changed,
    /// The list must be asked for again.
    Ask,
}

impl Listings {
    pub fn new(pages: Vec<PageListing>) -> Self {
        Self {
            pages,
            ..Self::default()
        }
    }

    /// A fresh list from the server. What was counted from events is in it.
    pub fn replace(&mut self, pages: Vec<PageListing>) {
        self.pages = pages;
    }

    /// Messages by others that I have not read, on all pages.
    pub fn unread(&self) -> i64 {
        self.pages.iter().map(|listing| listing.unread).sum()
    }

    pub fn pages(&self) -> &[PageListing] {
        &self.pages
    }

    pub fn find(&self, page: PageId) -> Option<&PageListing> {
        self.pages.iter().find(|listing| listing.page.id == page)
    }

    /// So many are in the page's call now. Whether that is news.
    pub fn in_call(&mut self, page: PageId, people: usize) -> bool {
        match self.find_mut(page) {
            Some(listing) if listing.in_call != people => {
                listing.in_call = people;
                true
            }
            _ => false,
        }
    }

    /// The open page knows its newest number.
    pub fn note(&mut self, page: PageId, newest: i64) {
        self.open.insert(page, newest);
    }

    /// `watched` is the page at whose end I am looking: what arrives there is not unread.
    pub fn hear(&mut self, event: &Event, me: AccountId, watched: Option<PageId>) -> Heard {
        match event {
            Event::Message(message) => {
                let taken_back = if message.deleted && message.author != me {
                    self.taken_back(message)
                } else {
                    Heard::Nothing
                };
                let counts = message.is_news_to(me) && watched != Some(message.page);
                let names_me = message.mentions.iter().any(|mention| mention.account == me);
                self.message(message, counts, names_me).max(taken_back)
            }
            Event::Page(page) => match self.find_mut(page.id) {
                Some(listing) if listing.page != *page => {
                    listing.page = page.clone();
                    self.sort();
                    Heard::Changed
                }
                Some(_) => Heard::Nothing,
                None => Heard::Ask,
            },
            Event::Added { .. } => Heard::Ask,
            Event::Removed { page } | Event::Deleted { page } => {
                self.pages.retain(|listing| listing.page.id != *page);
                Heard::Changed
            }
            Event::Read { page, seq } => self.read(*page, *seq),
            _ => Heard::Nothing,
        }
    }

    fn message(&mut self, message: &Message, counts: bool, names_me: bool) -> Heard {
        let counted = self.counted.entry(message.page).or_default();
        let new = message.seq > *counted;
        *counted = (*counted).max(message.seq);
        let Some(listing) = self.find_mut(message.page) else {
            return Heard::Ask;
        };
        let line = Some(match &message.call {
            // In nobody's name.
            Some(call) => (String::new(), call.words()),
            None => (message.author_name.clone(), message.body.clone()),
        });
        let at = Some(message.at);
        if message.changed > message.seq {
            if listing.last_at == at && listing.last != line {
                listing.last = line;
                listing.last_images = message.images.len();
                return Heard::Changed;
            }
            return Heard::Nothing;
        }
        if !new || listing.last_at > at || (listing.last_at == at && listing.last == line) {
            return Heard::Nothing;
        }
        listing.last = line;
        listing.last_images = message.images.len();
        listing.last_at = at;
        if counts {
            listing.unread += 1;
            listing.mentioned |= names_me;
        }
        self.sort();
        Heard::Changed
    }

    /// By somebody else: if it was counted, it is unread no longer.
    fn taken_back(&mut self, message: &Message) -> Heard {
        let heard_of = self.counted.get(&message.page).copied();
        let Some(listing) = self.find_mut(message.page) else {
            return Heard::Nothing;
        };
        let counted = message.seq > listing.read
            && message.seq <= listing.counter.max(heard_of.unwrap_or(0))
            && message.changed > listing.counter;
        if !counted || listing.unread == 0 {
            return Heard::Nothing;
        }
        // Once, however often it is told.
        listing.counter = message.changed;
        listing.unread -= 1;
        if listing.mentioned && listing.unread > 0 {
            // It no longer says whether it named me.
            return Heard::Ask;
        }
        listing.mentioned = false;
        Heard::Changed
    }

    fn read(&mut self, page: PageId, seq: i64) -> Heard {
        let newest = self.counted.get(&page).max(self.open.get(&page)).copied();
        let Some(listing) = self.find_mut(page) else {
            return Heard::Nothing;
        };
        listing.read = listing.read.max(seq);
        match newest {
            _ if listing.unread == 0 => Heard::Nothing,
            Some(newest) if newest <= seq => {
                listing.unread = 0;
                listing.mentioned = false;
                Heard::Changed
            }
            _ => Heard::Ask,
        }
    }

    fn find_mut(&mut self, page: PageId) -> Option<&mut PageListing> {
        self.pages
            .iter_mut()
            .find(|listing| listing.page.id == page)
    }

    /// As the server does: the latest first, archived ones last. Pages without a message keep their place.
    fn sort(&mut self) {
        let place = |listing: &PageListing| {
            let last = listing.last_at.map_or(0, |at| at.0);
            (listing.page.archived, std::cmp::Reverse(last))
        };
        let pages = std::mem::take(&mut self.pages);
        self.pages = ordered(pages, |one, other| place(one) < place(other));
    }
}

#[cfg(test)]
mod tests {
    use domain::{MessageId, Page, Timestamp};

    use super::*;

    fn account(n: u8) -> AccountId {
        AccountId::new(Timestamp(1), [n; 10])
    }

    fn page(n: u8) -> Page {
        Page {
            id: PageId::new(Timestamp(1), [n; 10]),
            name: format!("Page {n}"),
            about: String::new(),
            archived: false,
        }
    }

    fn listings() -> Listings {
        let listing = |n: u8| PageListing {
            page: page(n),
            last: None,
            last_images: 0,
            last_at: Some(Timestamp(100 - i64::from(n))),
            in_call: 0,
            counter: 0,
            read: 0,
            unread: 0,
            mentioned: false,
        };
        Listings::new(vec![listing(1), listing(2)])
    }

    fn message(on: u8, author: u8, seq: i64) -> Message {
        Message {
            id: MessageId::new(Timestamp(seq), [on; 10]),
            page: page(on).id,
            author: account(author),
            author_name: format!("Person {author}"),
            seq,
            changed: seq,
            at: Timestamp(seq * 1000),
            edited: None,
            deleted: false,
            body: format!("message {seq}"),
            reply: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
            call: None,
            images: Vec::new(),
        }
    }

    #[test]
    fn who_is_in_a_call_is_told_where_it_changes() {
        let mut list = listings();
        assert!(list.in_call(page(2).id, 3));
        assert!(!list.in_call(page(2).id, 3));
        assert!(!list.in_call(page(9).id, 3));
        assert_eq!(list.find(page(2).id).unwrap().in_call, 3);
    }

    #[test]
    fn a_message_counts_once_and_brings_its_page_to_the_top() {
        let (mut list, me) = (listings(), account(1));
        let event = Event::Message(message(2, 2, 7));
        assert_eq!(list.hear(&event, me, None), Heard::Changed);
        assert_eq!(list.hear(&event, me, None), Heard::Nothing);
        let top = &list.pages()[0];
        assert_eq!((top.page.id, top.unread), (page(2).id, 1));
        assert_eq!(top.last, Some(("Person 2".into(), "message 7".into())));
    }

    #[test]
    fn my_own_messages_are_not_unread() {
        let (mut list, me) = (listings(), account(1));
        list.hear(&Event::Message(message(1, 1, 7)), me, None);
        assert_eq!(list.pages()[0].unread, 0);
    }

    #[test]
    fn what_i_am_looking_at_is_not_unread() {
        let (mut list, me) = (listings(), account(1));
        let looking = Some(page(1).id);
        list.hear(&Event::Message(message(1, 2, 7)), me, looking);
        assert_eq!(list.pages()[0].unread, 0);
    }

    #[test]
    fn an_edit_changes_the_line_but_counts_nothing() {
        let (mut list, me) = (listings(), account(1));
        let mut edited = message(1, 2, 7);
        list.hear(&Event::Message(edited.clone()), me, None);
        edited.changed = 8;
        edited.body = "better".into();
        assert_eq!(list.hear(&Event::Message(edited), me, None), Heard::Changed);
        assert_eq!(list.pages()[0].unread, 1);
        assert_eq!(list.pages()[0].last.as_ref().unwrap().1, "better");
    }

    #[test]
    fn what_is_taken_back_before_i_read_it_counts_no_longer() {
        let (mut list, me) = (listings(), account(1));
        let unread = |list: &Listings| list.find(page(1).id).unwrap().unread;
        // Two from the server's list, of which I have read up to 4; then three more.
        list.pages[0].counter = 6;
        list.pages[0].read = 4;
        list.pages[0].unread = 2;
        for seq in 7..=9 {
            list.hear(&Event::Message(message(1, 2, seq)), me, None);
        }
        let mut take_back = |author: u8, seq: i64, changed: i64| {
            let deleted = Message {
                changed,
                deleted: true,
                body: String::new(),
                ..message(1, author, seq)
            };
            let heard = list.hear(&Event::Message(deleted), me, None);
            (heard == Heard::Changed, unread(&list))
        };
        assert_eq!(take_back(2, 8, 10), (true, 4));
        assert_eq!(take_back(2, 8, 10), (false, 4), "told twice");
        assert_eq!(take_back(2, 6, 11), (true, 3), "from the list");
        assert_eq!(take_back(2, 3, 12), (false, 3), "read before");
        assert_eq!(take_back(1, 7, 13), (false, 3), "my own");
        assert_eq!(take_back(2, 20, 21), (false, 3), "never heard of");
    }

    #[test]
    fn of_what_named_me_the_server_knows_when_it_is_taken_back() {
        let (mut list, me) = (listings(), account(1));
        for seq in 1..=2 {
            list.hear(&Event::Message(message(1, 2, seq)), me, None);
        }
        list.pages[0].mentioned = true;
        let take_back = |seq: i64, changed: i64| {
            Event::Message(Message {
                changed,
                deleted: true,
                ..message(1, 2, seq)
            })
        };
        assert_eq!(list.hear(&take_back(1, 3), me, None), Heard::Ask);
        assert_eq!(list.hear(&take_back(2, 4), me, None), Heard::Changed);
        assert!(!list.pages()[0].mentioned);
    }

    #[test]
    fn reading_to_the_end_anywhere_clears_the_count() {
        let (mut list, me) = (listings(), account(1));
        list.hear(&Event::Message(message(1, 2, 7)), me, None);
        let page = page(1).id;
        assert_eq!(
            list.hear(&Event::Read { page, seq: 6 }, me, None),
            Heard::Ask
        );
        assert_eq!(
            list.hear(&Event::Read { page, seq: 7 }, me, None),
            Heard::Changed
        );
        assert_eq!(list.find(page).unwrap().unread, 0);
    }

    #[test]
    fn the_open_page_may_hear_of_a_message_before_the_list_does() {
        let (mut list, me) = (listings(), account(1));
        list.note(page(1).id, 7);
        let event = Event::Message(message(1, 2, 7));
        assert_eq!(list.hear(&event, me, None), Heard::Changed);
        let page = page(1).id;
        assert_eq!(
            list.hear(&Event::Read { page, seq: 7 }, me, None),
            Heard::Changed
        );
    }

    #[test]
    fn pages_come_go_and_are_renamed() {
        let (mut list, me) = (listings(), account(1));
        let mut renamed = page(2);
        renamed.name = "Garden".into();
        assert_eq!(list.hear(&Event::Page(renamed), me, None), Heard::Changed);
        assert_eq!(list.pages()[1].page.name, "Garden");
        assert_eq!(
            list.hear(&Event::Added { page: page(3) }, me, None),
            Heard::Ask
        );
        let page = page(1).id;
        assert_eq!(
            list.hear(&Event::Removed { page }, me, None),
            Heard::Changed
        );
        assert_eq!(list.pages().len(), 1);
    }
}
