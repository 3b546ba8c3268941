//! The servers that relay for me take what signs me in for some hours only. A call may last longer: whoever connects
//! again asks for it anew.

use domain::PageId;
use leptos::prelude::*;

use super::{
    api::{self, IceServer},
    call::Beam,
};

/// Well within what the server signs them for (milliseconds).
const FRESH: i64 = 60 * 60 * 1_000;

#[derive(Debug, Clone, Default)]
pub(super) struct Relays {
    pub(super) servers: Vec<IceServer>,
    since: i64,
}

impl Relays {
    pub(super) fn new(servers: Vec<IceServer>, now: i64) -> Self {
        Self {
            servers,
            since: now,
        }
    }

    /// Nothing to sign in to does not age.
    fn are_stale(&self, now: i64) -> bool {
        let signed = self
            .servers
            .iter()
            .any(|server| server.credential.is_some());
        signed && now - self.since >= FRESH
    }
}

impl Beam {
    /// True if they are other ones now. Without an answer the old ones have to do.
    pub(super) async fn renew_relays(self, page: PageId) -> bool {
        let now = self.tick_clock().millis();
        if !self.relays.with_value(|relays| relays.are_stale(now)) {
            return false;
        }
        let Ok(found) = api::find(page).await else {
            return false;
        };
        let relays = Relays::new(found.ice_servers, now);
        self.relays.try_set_value(relays).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_signs_in_ages() {
        let server = |credential: Option<&str>| IceServer {
            urls: vec!["turn:turn.example".into()],
            username: None,
            credential: credential.map(Into::into),
        };
        let signed = Relays::new(vec![server(Some("x"))], 1_000);
        assert!(!signed.are_stale(FRESH) && signed.are_stale(1_000 + FRESH));
        assert!(!Relays::new(vec![server(None)], 0).are_stale(2 * FRESH));
        assert!(!Relays::default().are_stale(2 * FRESH));
    }
}
