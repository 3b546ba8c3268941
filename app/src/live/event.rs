//! Reading an event from its JSON in two steps: which it is, then what it says. The derived way, which looks for the tag
//! while it keeps everything else, costs every first visit 10 KB more.

use domain::{AccountId, Event, Page, PageId, PageRole};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct Tag {
    r#type: String,
}

#[derive(Deserialize)]
struct Account {
    account: AccountId,
}

#[derive(Deserialize)]
struct Role {
    account: AccountId,
    role: PageRole,
}

#[derive(Deserialize)]
struct Presence {
    online: Vec<AccountId>,
    offline: Vec<AccountId>,
}

#[derive(Deserialize)]
struct Id {
    page: PageId,
}

#[derive(Deserialize)]
struct Whole {
    page: Page,
}

#[derive(Deserialize)]
struct Mark {
    page: PageId,
    seq: i64,
}

/// `None` for what this version does not know.
pub fn read(json: &[u8]) -> Option<Event> {
    let tag: Tag = said(json)?;
    Some(match tag.r#type.as_str() {
        "message" => Event::Message(said(json)?),
        "page" => Event::Page(said(json)?),
        "joined" => Event::Joined(said(json)?),
        "role" => {
            let Role { account, role } = said(json)?;
            Event::Role { account, role }
        }
        "marks" => Event::Marks(said(json)?),
        "presence" => {
            let Presence { online, offline } = said(json)?;
            Event::Presence { online, offline }
        }
        "left" => {
            let Account { account } = said(json)?;
            Event::Left { account }
        }
        "deleted" => {
            let Id { page } = said(json)?;
            Event::Deleted { page }
        }
        "resync" => Event::Resync,
        "added" => {
            let Whole { page } = said(json)?;
            Event::Added { page }
        }
        "removed" => {
            let Id { page } = said(json)?;
            Event::Removed { page }
        }
        "read" => {
            let Mark { page, seq } = said(json)?;
            Event::Read { page, seq }
        }
        "signed_out" => Event::SignedOut,
        _ => return None,
    })
}

fn said<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use domain::{
        CallLog, Image, ImageId, ImageKind, Marks, Member, Mention, Message, MessageId, Quote,
        Reaction, Timestamp,
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_event_is_read_as_it_was_written() {
        let (account, page) = (AccountId(Uuid::from_u128(1)), PageId(Uuid::from_u128(2)));
        let whole = Page {
            id: page,
            name: "Garden".into(),
            about: String::new(),
            archived: true,
        };
        let message = Message {
            id: MessageId(Uuid::from_u128(3)),
            page,
            seq: 4,
            changed: 5,
            author: account,
            author_name: "Mila".into(),
            body: "{\"type\":\"page\"}".into(),
            at: Timestamp(6),
            edited: Some(Timestamp(7)),
            deleted: false,
            reply: Some(Quote {
                id: MessageId(Uuid::from_u128(9)),
                seq: 1,
                author: account,
                author_name: "Jon".into(),
                text: "before".into(),
                images: 2,
            }),
            mentions: vec![Mention {
                account,
                name: "Jon".into(),
            }],
            reactions: vec![Reaction {
                emoji: "🌻".into(),
                people: vec![(account, "Jon".into())],
            }],
            call: Some(CallLog {
                seconds: 720,
                people: 4,
            }),
            images: vec![Image {
                id: ImageId(Uuid::from_u128(10)),
                kind: ImageKind::WebP,
                width: 11,
                height: 12,
                bytes: 13,
                alt: "a hedge".into(),
                blur: "aGVk".into(),
                animated: true,
            }],
        };
        let member = Member {
            account,
            name: "Jon".into(),
            role: PageRole::Admin,
            joined: Timestamp(9),
        };
        let events = [
            Event::Message(message),
            Event::Page(whole.clone()),
            Event::Joined(member),
            Event::Role {
                account,
                role: PageRole::Member,
            },
            Event::Left { account },
            Event::Marks(Marks {
                delivered: vec![(account, 4)],
                read: Vec::new(),
            }),
            Event::Presence {
                online: vec![account],
                offline: Vec::new(),
            },
            Event::Deleted { page },
            Event::Resync,
            Event::Added { page: whole },
            Event::Removed { page },
            Event::Read { page, seq: 8 },
            Event::SignedOut,
        ];
        for event in events {
            let json = serde_json::to_vec(&event).unwrap();
            assert_eq!(read(&json), Some(event));
        }
        for unknown in ["{\"type\":\"reaction\"}", "{\"type\":\"left\"}", "[]", ""] {
            assert_eq!(read(unknown.as_bytes()), None, "{unknown}");
        }
    }
}
