//! Calls for tests.

use domain::{AccountId, Call, CallId, Caller, PageId, SessionId, Timestamp};
use uuid::Uuid;

pub(super) fn id(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(n))
}

pub(super) fn call(sessions: impl IntoIterator<Item = u128>) -> Call {
    let caller = |n| Caller {
        session: id(n),
        account: AccountId(Uuid::from_u128(n)),
        name: format!("Person {n}"),
        muted: false,
        camera: true,
        screen: false,
        hand: None,
        away: false,
    };
    Call {
        id: CallId(Uuid::from_u128(1)),
        page: PageId(Uuid::from_u128(1)),
        version: 1,
        since: Timestamp(0),
        callers: sessions.into_iter().map(caller).collect(),
        speaker: None,
    }
}
