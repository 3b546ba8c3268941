//! What browsers ask of calls. A page's call lives on one node; a question that arrives at another one is asked of it
//! there, by the node that got it and for the same viewer. Each can be asked twice.

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
        let Somewhere { page } = read(&body)?;
        let elsewhere = match page {
            Some(page) => self.elsewhere(viewer, errand, page).await?,
            None => None,
        };
        let Some(node) = elsewhere else {
            return self.done(viewer, errand, &body).await;
        };
        let sent = Sent {
            errand,
            viewer: viewer.key(),
            body,
        };
        let words = serde_json::to_value(sent).map_err(lost)?;
        let answer = self.backend.bus().ask(node, words).await;
        let answer = answer.ok_or_else(|| lost("the node with this call does not answer"))?;
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
        let Somewhere { page } = read(&body)?;
        // Meanwhile it may live elsewhere: then nobody is sent on and on.
        if let Some(page) = page
            && self.elsewhere(&viewer, errand, page).await?.is_some()
        {
            return Err(lost("the call is not on this node any more"));
        }
        self.done(&viewer, errand, &body).await
    }

    /// The node that has the page's call, if it is not this one. Whoever joins takes it here if nobody has it.
    async fn elsewhere(
        &self,
        viewer: &Viewer,
        errand: Errand,
        page: PageId,
    ) -> Result<Option<Node>, Problem> {
        if errand == Errand::Join {
            self.backend.may_call(viewer, page).await?;
            // With somebody else's calls nothing is held here.
            self.beam()?;
            if self.backend.hold_call(page).await? {
                return Ok(None);
            }
            let node = self.backend.call_elsewhere(page).await?;
            return Ok(Some(node.ok_or_else(|| lost("the call has just moved"))?));
        }
        let Some(node) = self.backend.call_elsewhere(page).await? else {
            return Ok(None);
        };
        // What began here while that node was taken for gone is still here.
        if self.call(page).await?.is_some() {
            return Ok(None);
        }
        self.backend.may_call(viewer, page).await?;
        Ok(Some(node))
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
                self.backend.may_signal_call(viewer)?;
                let (account, Restarting { session, offer }) = (viewer.account, read(body)?);
                let done = self.ask(move |core, now| core.restart(now, account, session, &offer));
                Ok(json!({ "answer": done.await? }))
            }
            Errand::Change => {
                self.backend.may_signal_call(viewer)?;
                let (account, Changing { session, change }) = (viewer.account, read(body)?);
                let at = self.backend.now();
                self.ask(move |core, now| core.change(now, at, account, session, change))
                    .await?;
                Ok(json!({}))
            }
            Errand::Seen => {
                self.backend.may_signal_call(viewer)?;
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
        let page_name = self.backend.may_join_call(viewer, page).await?;
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
