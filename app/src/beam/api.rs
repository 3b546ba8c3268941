//! What a browser asks of the server about calls: routes beside the server functions, which answer as those do.

use domain::{Call, PageId, SessionId, Slot, call::Seen};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use crate::{Problem, live::within};

/// A request on a dead network may hang for minutes (milliseconds).
const ANSWER: u32 = 8_000;

/// The lines of my offer, by what they carry.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Mids {
    pub(super) voice: String,
    pub(super) camera: String,
    pub(super) screen: String,
    pub(super) screen_sound: String,
    pub(super) voices: Vec<String>,
    pub(super) pictures: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Join {
    pub(super) page: PageId,
    pub(super) session: SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<SessionId>,
    pub(super) offer: String,
    pub(super) muted: bool,
    pub(super) camera: bool,
    pub(super) mids: Mids,
}

#[derive(Deserialize)]
pub(super) struct Joined {
    pub(super) call: Call,
    pub(super) answer: String,
    #[serde(default)]
    pub(super) slots: Vec<Slot>,
}

/// What has changed of me; the rest stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) muted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) camera: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) screen: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hand: Option<bool>,
}

impl Change {
    pub(super) fn says_something(self) -> bool {
        self != Self::default()
    }

    /// Both, one after the other.
    pub(super) fn then(self, newer: Self) -> Self {
        Self {
            muted: newer.muted.or(self.muted),
            camera: newer.camera.or(self.camera),
            screen: newer.screen.or(self.screen),
            hand: newer.hand.or(self.hand),
        }
    }
}

/// A page's call, and how calls are made here.
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) call: Option<Call>,
    pub(super) settings: Settings,
    #[serde(default)]
    pub(super) ice_servers: Vec<IceServer>,
}

#[derive(Deserialize)]
pub(super) struct Settings {
    provider: String,
    #[serde(default)]
    url: Option<String>,
}

impl Settings {
    /// Where calls are made by somebody else: the address of theirs.
    pub(super) fn elsewhere(self) -> Option<String> {
        self.url.filter(|_| self.provider == "embed")
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct IceServer {
    pub(super) urls: Vec<String>,
    #[serde(default)]
    pub(super) username: Option<String>,
    #[serde(default)]
    pub(super) credential: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    answer: String,
}

/// Any JSON: these answers say only that it is done.
#[derive(Deserialize)]
struct Done {}

#[derive(Serialize)]
struct Page {
    page: PageId,
}

#[derive(Serialize)]
struct One {
    page: PageId,
    session: SessionId,
}

#[derive(Serialize)]
struct With<T> {
    page: PageId,
    session: SessionId,
    #[serde(flatten)]
    more: T,
}

#[derive(Serialize)]
struct Anew<'a> {
    page: PageId,
    session: SessionId,
    offer: &'a str,
}

#[derive(Serialize)]
struct Looking<'a> {
    page: PageId,
    session: SessionId,
    seen: &'a [Seen],
}

pub(super) async fn find(page: PageId) -> Result<Found, Problem> {
    post("call", &Page { page }).await
}

pub(super) async fn join(join: &Join) -> Result<Joined, Problem> {
    post("call_join", join).await
}

pub(super) async fn restart(
    page: PageId,
    session: SessionId,
    offer: &str,
) -> Result<String, Problem> {
    let anew = Anew {
        page,
        session,
        offer,
    };
    let Answer { answer } = post("call_restart", &anew).await?;
    Ok(answer)
}

pub(super) async fn change(page: PageId, session: SessionId, more: Change) -> Result<(), Problem> {
    let change = With {
        page,
        session,
        more,
    };
    post("call_change", &change).await.map(|Done {}| ())
}

pub(super) async fn seen(page: PageId, session: SessionId, seen: &[Seen]) -> Result<(), Problem> {
    let looking = Looking {
        page,
        session,
        seen,
    };
    post("call_seen", &looking).await.map(|Done {}| ())
}

pub(super) async fn leave(page: PageId, session: SessionId) -> Result<(), Problem> {
    let me = One { page, session };
    post("call_leave", &me).await.map(|Done {}| ())
}

/// While the tab closes, when no answer is waited for any more.
pub(super) fn leave_by_beacon(page: PageId, session: SessionId) {
    if let Ok(body) = serde_json::to_string(&One { page, session }) {
        let navigator = leptos::prelude::window().navigator();
        let _ = navigator.send_beacon_with_opt_str("/api/call_leave", Some(&body));
    }
}

pub(super) async fn mute(page: PageId, session: SessionId) -> Result<(), Problem> {
    let them = One { page, session };
    post("call_mute", &them).await.map(|Done {}| ())
}

pub(super) async fn remove(page: PageId, session: SessionId) -> Result<(), Problem> {
    let them = One { page, session };
    post("call_remove", &them).await.map(|Done {}| ())
}

pub(super) async fn post<T: DeserializeOwned>(
    name: &str,
    body: &impl Serialize,
) -> Result<T, Problem> {
    let body = serde_json::to_string(body).map_err(|error| lost(&error.to_string()))?;
    let silent = Err(lost("no answer"));
    let (status, text) = within(ANSWER, send(name, &body)).await.unwrap_or(silent)?;
    if status == 200 {
        return serde_json::from_str(&text).map_err(|error| lost(&error.to_string()));
    }
    let problem = serde_json::from_str::<Problem>(&text);
    Err(problem.unwrap_or_else(|_| lost(&format!("status {status}"))))
}

fn lost(why: &str) -> Problem {
    Problem::Network(why.to_owned())
}

async fn send(name: &str, body: &str) -> Result<(u16, String), Problem> {
    let failed = |_| lost("the network");
    let headers = web_sys::Headers::new().map_err(failed)?;
    headers
        .set("content-type", "application/json")
        .map_err(failed)?;
    let request = web_sys::RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&body.into());
    let window = leptos::prelude::window();
    let response = window.fetch_with_str_and_init(&format!("/api/{name}"), &request);
    let response = JsFuture::from(response).await.map_err(failed)?;
    let response: web_sys::Response = response.unchecked_into();
    let text = JsFuture::from(response.text().map_err(failed)?);
    let text = text.await.map_err(failed)?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}
