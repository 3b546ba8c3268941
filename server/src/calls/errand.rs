//! What browsers ask of calls. A page's call lives on one node; a question that arrives at another one is asked of it
//! there, by the node that got it and for the same viewer. Each may arrive twice.

use std::{fmt, sync::Arc, time::Instant};

use app::Problem;
use backend::{Node, Random, SessionKey, Viewer};
use beam::{Change, Core, Denied, Join, Mids};
use domain::{Call, CallId, PageId, Refusal, SessionId, call::Seen};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Calls, stopped, token::Guest};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Errand {
    Find,
    Join,
    Restart,
    Change,
    Seen,
    Leave,
    Mute,
    Remove,
    Test,
}

impl Errand {
    /// Wherever it is done. The others only where they go to another node.
    fn is_counted(self) -> bool {
        !matches!(self, Self::Find | Self::Leave | Self::Mute | Self::Remove)
    }
}

/// To another node.
#[derive(Serialize, Deserialize)]
struct Sent {
    errand: Errand,
    viewer: SessionKey,
    body: Value,
}

/// All that matters to where an errand is done.
#[derive(Deserialize)]
struct Somewhere {
    page: Option<PageId>,
    /// Of a test: where its other end is.
    node: Option<Node>,
}

#[derive(Deserialize)]
struct OnPage {
    page: PageId,
}

#[derive(Deserialize)]
struct Joining {
    page: PageId,
    session: SessionId,
    #[serde(default)]
    after: Option<SessionId>,
    offer: String,
    muted: bool,
    camera: bool,
    mids: Mids,
}

#[derive(Deserialize)]
struct Restarting {
    session: SessionId,
    offer: String,
}

#[derive(Deserialize)]
struct Changing {
    session: SessionId,
    #[serde(flatten)]
    change: Change,
}

#[derive(Deserialize)]
struct Seeing {
    session: SessionId,
    seen: Vec<Seen>,
}

#[derive(Deserialize)]
struct Leaving {
    session: SessionId,
}

#[derive(Deserialize)]
struct Managing {
    page: PageId,
    session: SessionId,
}

#[derive(Deserialize)]
struct Testing {
    session: SessionId,
    offer: String,
    mids: Mids,
}

#[derive(Serialize)]
struct Found {
    call: Option<Call>,
    settings: Value,
    ice_servers: Value,
}

type Act = fn(&mut Core, Instant, PageId, SessionId) -> Result<(), Denied>;

impl Calls {
    /// Here, or on the node that has the call.
    pub(super) async fn run(
        self: &Arc<Self>,
        viewer: &Viewer,
        errand: Errand,
        body: Value,
    ) -> Result<Value, Problem> {
        self.count(viewer, errand, &body).await?;
        let Some(node) = self.elsewhere(viewer, errand, &body).await? else {
            return self.done(viewer, errand, &body).await;
        };
        if !errand.is_counted() {
            self.backend.may_signal_call(viewer)?;
        }
        let sent = Sent {
            errand,
            viewer: viewer.key(),
            body,
        };
        let words = serde_json::to_value(sent).map_err(lost)?;
        let Some(answer) = self.backend.bus().ask(node, words).await else {
            tracing::warn!(?node, ?errand, "another node does not answer about a call");
            return Err(lost("the node with this call does not answer"));
        };
        serde_json::from_value::<Result<Value, Problem>>(answer).map_err(lost)?
    }

    /// What another node asks for.
    pub(crate) async fn asked(self: Arc<Self>, words: Value) -> Value {
        let answer = self.done_for_another(words).await;
        serde_json::to_value(answer).unwrap_or_default()
    }

    async fn done_for_another(self: &Arc<Self>, words: Value) -> Result<Value, Problem> {
        let Sent {
            errand,
            viewer,
            body,
        } = read(&words)?;
        let viewer = self.backend.viewer_of(&viewer).await?;
        let viewer = viewer.ok_or(Refusal::SignedOut)?;
        self.count(&viewer, errand, &body).await?;
        // Meanwhile it may live elsewhere: then nobody is sent on and on.
        if self.elsewhere(&viewer, errand, &body).await?.is_some() {
            return Err(lost("the call is not on this node any more"));
        }
        self.done(&viewer, errand, &body).await
    }

    /// Whether it may be asked at all, and so often. Each node counts by itself.
    async fn count(&self, viewer: &Viewer, errand: Errand, body: &Value) -> Result<(), Problem> {
        match errand {
            Errand::Join => {
                let Joining { page, .. } = read(body)?;
                self.backend.may_join_call(viewer, page).await?;
            }
            Errand::Test => self.backend.may_test_calls(viewer).await?,
            errand if errand.is_counted() => self.backend.may_signal_call(viewer)?,
            _ => {}
        }
        Ok(())
    }

    /// The node that has the page's call, if it is not this one. Whoever joins takes it here if nobody has it.
    async fn elsewhere(
        &self,
        viewer: &Viewer,
        errand: Errand,
        body: &Value,
    ) -> Result<Option<Node>, Problem> {
        let Some(own) = self.backend.bus().node() else {
            return Ok(None);
        };
        let Somewhere { page, node } = read(body)?;
        match (errand, page) {
            (Errand::Test, _) => Ok(node.filter(|node| *node != own)),
            (Errand::Join, Some(page)) => {
                // With somebody else's calls nothing is held here.
                self.beam()?;
                for _ in 0..2 {
                    if self.backend.hold_call(page).await? {
                        return Ok(None);
                    }
                    // Over in this moment, it is to be had.
                    if let Some(node) = self.backend.call_elsewhere(page).await? {
                        return Ok(Some(node));
                    }
                }
                Err(lost("the call has just moved"))
            }
            (_, Some(page)) => {
                if self.call(page).await?.is_some() {
                    return Ok(None);
                }
                let node = self.backend.call_elsewhere(page).await?;
                if node.is_some() {
                    self.backend.may_call(viewer, page).await?;
                }
                Ok(node)
            }
            (_, None) => Ok(None),
        }
    }

    async fn done(
        self: &Arc<Self>,
        viewer: &Viewer,
        errand: Errand,
        body: &Value,
    ) -> Result<Value, Problem> {
        match errand {
            Errand::Find => self.find(viewer, read(body)?).await,
            Errand::Join => self.join_with(viewer, read(body)?).await,
            Errand::Restart => {
                let (account, Restarting { session, offer }) = (viewer.account, read(body)?);
                let done = self.ask(move |core, now| core.restart(now, account, session, &offer));
                Ok(json!({ "answer": done.await? }))
            }
            Errand::Change => {
                let (account, Changing { session, change }) = (viewer.account, read(body)?);
                let at = self.backend.now();
                self.ask(move |core, now| core.change(now, at, account, session, change))
                    .await?;
                Ok(json!({}))
            }
            Errand::Seen => {
                let (account, Seeing { session, seen }) = (viewer.account, read(body)?);
                self.ask(move |core, now| core.seen(now, account, session, seen))
                    .await?;
                Ok(json!({}))
            }
            Errand::Leave => {
                let (account, Leaving { session }) = (viewer.account, read(body)?);
                let left = self.beam()?;
                let left = left.ask(move |core, now| core.leave(now, account, session));
                left.await.map_err(stopped)?;
                Ok(json!({}))
            }
            Errand::Mute => self.manage(viewer, read(body)?, Core::mute).await,
            Errand::Remove => self.manage(viewer, read(body)?, Core::remove).await,
            Errand::Test => self.test(viewer, read(body)?).await,
        }
    }

    async fn find(&self, viewer: &Viewer, OnPage { page }: OnPage) -> Result<Value, Problem> {
        self.backend.may_call(viewer, page).await?;
        let at = self.backend.now();
        let guest = Guest {
            account: viewer.account,
            name: &viewer.name,
            moderator: self.provider.asks_for_rights() && self.manages(viewer, page).await?,
        };
        let found = Found {
            call: self.call(page).await?,
            settings: self.provider.settings(page, &guest, at),
            ice_servers: self.turn.servers(viewer.account, at),
        };
        serde_json::to_value(found).map_err(lost)
    }

    async fn join_with(
        self: &Arc<Self>,
        viewer: &Viewer,
        joining: Joining,
    ) -> Result<Value, Problem> {
        let page = joining.page;
        let page_name = self.backend.may_call(viewer, page).await?;
        let random = Random.id().map_err(backend::Error::from)?;
        let at = self.backend.now();
        let join = Join {
            page,
            session: joining.session,
            after: joining.after,
            account: viewer.account,
            name: viewer.name.clone(),
            offer: joining.offer,
            muted: joining.muted,
            camera: joining.camera,
            mids: joining.mids,
            trial: false,
            call: CallId::new(at, random),
            at,
        };
        let joined = self.join(viewer, page_name, join).await?;
        Ok(json!({ "call": joined.call, "answer": joined.answer, "slots": joined.slots }))
    }

    /// One end of a call of an admin's browser with itself: apart from all others, and of no page.
    async fn test(&self, viewer: &Viewer, testing: Testing) -> Result<Value, Problem> {
        let join = Join {
            page: PageId(viewer.account.0),
            session: testing.session,
            after: None,
            account: viewer.account,
            name: viewer.name.clone(),
            offer: testing.offer,
            muted: false,
            camera: false,
            mids: testing.mids,
            trial: true,
            call: CallId(viewer.account.0),
            at: self.backend.now(),
        };
        let joined = self.ask(move |core, now| core.join(now, join)).await?;
        Ok(json!({ "answer": joined.answer, "node": self.backend.bus().node() }))
    }

    /// What an admin of the page does to somebody in its call.
    async fn manage(
        &self,
        viewer: &Viewer,
        Managing { page, session }: Managing,
        act: Act,
    ) -> Result<Value, Problem> {
        self.backend.may_manage_call(viewer, page).await?;
        self.ask(move |core, now| act(core, now, page, session))
            .await?;
        Ok(json!({}))
    }

    async fn manages(&self, viewer: &Viewer, page: PageId) -> Result<bool, Problem> {
        match self.backend.may_manage_call(viewer, page).await {
            Ok(()) => Ok(true),
            Err(backend::Error::Refused(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn read<T: DeserializeOwned>(body: &Value) -> Result<T, Problem> {
    T::deserialize(body).map_err(|error| Refusal::BadRequest(error.to_string()).into())
}

fn lost(why: impl fmt::Display) -> Problem {
    Problem::Network(why.to_string())
}
