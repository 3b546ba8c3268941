//! The drafts of one person as the browser's database has them, for all its tabs.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use domain::{AccountId, MessageId};
use futures::channel::oneshot::{self, Receiver};
use js_sys::Array;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, IdbDatabase, IdbKeyRange, IdbObjectStore, IdbTransactionMode};

use super::Outcome;
use crate::{
    database::{self, Kept, answer},
    pages::store::Draft,
    ui::ordered,
};

#[derive(Clone)]
pub(super) struct Drafts {
    me: AccountId,
    /// Tells the other tabs to look again. `None` where the browser has none; then they do when they send.
    others: Option<BroadcastChannel>,
    changes: Rc<Changes>,
}

/// What this tab has changed and is not committed, the last change of each: what is read meanwhile is of before. What the
/// database does not take stays, and lasts as long as the tab.
#[derive(Default)]
struct Changes {
    under_way: RefCell<Vec<(u32, Change)>>,
    last: Cell<u32>,
}

type Change = (MessageId, Option<Draft>);

impl Changes {
    fn is_under_way(&self, number: u32) -> bool {
        let under_way = self.under_way.borrow();
        under_way.iter().any(|(other, _)| *other == number)
    }

    fn over(&self, number: u32) {
        let mut under_way = self.under_way.borrow_mut();
        under_way.retain(|(other, _)| *other != number);
    }
}

impl Drafts {
    pub(super) fn of(me: AccountId) -> Self {
        Self {
            me,
            others: BroadcastChannel::new(&prefix(me)).ok(),
            changes: Rc::default(),
        }
    }

    /// For as long as the tab lives.
    pub(super) fn changed_elsewhere(&self, hear: impl Fn() + 'static) {
        if let Some(others) = &self.others {
            let hear = Closure::<dyn Fn()>::new(hear).into_js_value();
            others.set_onmessage(Some(hear.unchecked_ref()));
        }
    }

    /// Written anew, or gone. The answer comes when the database has it, and is lost if it never does.
    pub(super) fn change(&self, id: MessageId, draft: Option<Draft>) -> Receiver<()> {
        let number = self.changes.last.get() + 1;
        self.changes.last.set(number);
        let key = JsValue::from(format!("{}{id}", prefix(self.me)));
        let json = draft
            .as_ref()
            .and_then(|draft| serde_json::to_string(draft).ok());
        let mut under_way = self.changes.under_way.borrow_mut();
        // The newest says everything, whatever became of those before.
        under_way.retain(|(_, (other, _))| *other != id);
        under_way.push((number, (id, draft)));
        drop(under_way);
        // In this moment, where that is possible; also that others hear of it, if this is the tab's last.
        let begun = database::opened().and_then(|open| begin(&open, &key, json.as_deref()).ok());
        if begun.is_some() {
            self.tell_others();
        }
        let (committed, done) = oneshot::channel();
        let drafts = self.clone();
        spawn_local(async move {
            let begun = match begun {
                Some(store) => Some(store),
                None => drafts.begin_later(number, &key, json.as_deref()).await,
            };
            let Some(store) = begun else { return };
            if database::committed(&store).await.is_ok() {
                drafts.changes.over(number);
                drafts.tell_others();
                let _ = committed.send(());
            }
        });
        done
    }

    /// With the database opened, or opened anew; unless there is a newer change by then.
    async fn begin_later(
        &self,
        number: u32,
        key: &JsValue,
        json: Option<&str>,
    ) -> Option<IdbObjectStore> {
        database::forget();
        let open = database::open().await.ok()?;
        let store = || begin(&open, key, json).ok();
        self.changes.is_under_way(number).then(store).flatten()
    }

    fn tell_others(&self) {
        if let Some(others) = &self.others {
            let _ = others.post_message(&JsValue::NULL);
        }
    }

    /// In order of writing. `None`: the database cannot be read, and what is known is all there is.
    pub(super) async fn all(&self) -> Option<Vec<Draft>> {
        let found = read(self.me).await.ok()?;
        let under_way = self.changes.under_way.borrow();
        let changes = under_way.iter().map(|(_, change)| change);
        Some(with(found, changes))
    }
}

fn prefix(me: AccountId) -> String {
    format!("stoa.outbox.{me}.")
}

fn begin(
    database: &IdbDatabase,
    key: &JsValue,
    json: Option<&str>,
) -> Result<IdbObjectStore, JsValue> {
    let store = database::store(database, Kept::Drafts, IdbTransactionMode::Readwrite)?;
    match json {
        Some(json) => store.put_with_key(&json.into(), key)?,
        None => store.delete(key)?,
    };
    // Without it, the tab must still be there to say that it asks for nothing more.
    #[expect(
        deprecated,
        reason = "it is in the standard (Indexed Database API 3.0 §4.10), and in every browser"
    )]
    let _ = store.transaction().commit();
    Ok(store)
}

async fn read(me: AccountId) -> Result<Vec<Draft>, JsValue> {
    let prefix = prefix(me);
    let mine = IdbKeyRange::bound(&JsValue::from(&prefix), &format!("{prefix}~").into())?;
    let database = database::open().await?;
    let store = database::store(&database, Kept::Drafts, IdbTransactionMode::Readonly)?;
    let found: Array = answer(&store.get_all_with_key(&mine)?).await?.dyn_into()?;
    Ok(found
        .iter()
        .filter_map(|json| serde_json::from_slice(json.as_string()?.as_bytes()).ok())
        .collect())
}

/// What was found, after these changes, in order of writing.
fn with<'a>(mut drafts: Vec<Draft>, changes: impl Iterator<Item = &'a Change>) -> Vec<Draft> {
    for (id, draft) in changes {
        drafts.retain(|draft| draft.id != *id);
        drafts.extend(draft.clone());
    }
    ordered(drafts, |one, other| {
        (one.written, one.id) < (other.written, other.id)
    })
}

/// What another tab must have done.
pub(super) fn differences(before: &[Draft], now: &[Draft]) -> Vec<Outcome> {
    let in_now = |id| now.iter().any(|draft| draft.id == id);
    let gone = before.iter().filter(|draft| !in_now(draft.id));
    let gone = gone.map(|draft| Outcome::Discarded { id: draft.id });
    let changed = now.iter().filter_map(|draft| {
        let id = draft.id;
        let was = before.iter().find(|was| was.id == id);
        match (was, &draft.refused) {
            (None, _) => Some(Outcome::Written(draft.clone())),
            (Some(was), refused) if was.refused == *refused => None,
            (Some(_), Some(why)) => Some(Outcome::Refused {
                id,
                why: why.clone(),
            }),
            (Some(_), None) => Some(Outcome::Retried { id }),
        }
    });
    gone.chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use domain::{PageId, Timestamp};

    use super::*;

    fn draft(id: u128, written: i64) -> Draft {
        Draft {
            id: MessageId(uuid::Uuid::from_u128(id)),
            page: PageId(uuid::Uuid::from_u128(9)),
            body: id.to_string(),
            reply: None,
            mentions: Vec::new(),
            images: Vec::new(),
            written: Timestamp(written),
            refused: None,
        }
    }

    fn refused(draft: &Draft) -> Draft {
        Draft {
            refused: Some("Too long.".into()),
            ..draft.clone()
        }
    }

    #[test]
    fn what_is_under_way_counts_before_it_is_committed() {
        let (one, two, three) = (draft(1, 10), draft(2, 20), draft(3, 15));
        let changes = [
            (three.id, Some(three.clone())),
            (two.id, None),
            (one.id, Some(refused(&one))),
        ];
        let all = with(vec![two.clone(), one.clone()], changes.iter());
        assert_eq!(all, [refused(&one), three.clone()]);
        // Committed, and read before it is known to be.
        let changes = [(three.id, Some(three.clone()))];
        let all = with(vec![three.clone(), one.clone()], changes.iter());
        assert_eq!(all, [one, three]);
    }

    #[test]
    fn what_other_tabs_did_is_seen_by_what_is_different() {
        let (one, two) = (draft(1, 10), draft(2, 20));
        let between = |before: &[&Draft], now: &[&Draft]| {
            let all = |of: &[&Draft]| of.iter().copied().cloned().collect::<Vec<_>>();
            differences(&all(before), &all(now))
        };
        let (bad_one, bad_two) = (refused(&one), refused(&two));
        assert_eq!(between(&[&one], &[&one]), []);
        assert_eq!(
            between(&[&one], &[&one, &two]),
            [Outcome::Written(two.clone())]
        );
        assert_eq!(
            between(&[&one, &two], &[&two]),
            [Outcome::Discarded { id: one.id }]
        );
        let why = "Too long.".to_owned();
        assert_eq!(
            between(&[&one], &[&bad_one]),
            [Outcome::Refused { id: one.id, why }]
        );
        assert_eq!(
            between(&[&bad_one], &[&one]),
            [Outcome::Retried { id: one.id }]
        );
        // Refused where this tab had never heard of it: its draft says so.
        assert_eq!(
            between(&[], &[&bad_two]),
            [Outcome::Written(bad_two.clone())]
        );
    }
}
