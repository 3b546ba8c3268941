//! Every address that a person opens: what it needs is asked for, then it is rendered.

use app::{
    Door, Frame, Problem, Sent, admin_document, door_document,
    first::{Admin, Member},
    member_document,
    ssr::{
        SENT_COOKIE, SESSION_COOKIE, WANTED_COOKIE, cookie_header, cookie_of, may_be_wanted,
        render, sent_back, status_of, viewer,
    },
};
use axum::{
    Router,
    extract::{Path, Request, State},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use backend::{Backend, Random, Viewer};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{InvitationView, PageId, Refusal};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, SET_COOKIE},
    request::Parts,
};

use crate::{assets, router::Site, security};

const WANTED_SECONDS: i64 = 15 * 60;

pub(crate) fn routes() -> Router<Site> {
    Router::new()
        .route("/", get(home))
        .route("/p/{page}", get(room))
        .route("/p/{page}/invite", get(invite))
        .route("/setup/{token}", get(set_up))
        .route("/sign-in", get(sign_in))
        .route("/sign-in/{token}", get(sign_in_link))
        .route("/invite/{token}", get(invitation))
        .route("/admin", get(pages))
        .route("/admin/new", get(new_page))
        .route("/admin/people", get(people))
        .route("/admin/invitations", get(invitations))
        .route("/admin/mail", get(mail))
        .route("/admin/calls", get(calls))
        .fallback(missing)
}

/// One request for a page.
struct Visit {
    backend: Backend,
    parts: Parts,
    /// Whose frame may stand in the page.
    frame: Option<String>,
}

impl Visit {
    fn new(site: Site, request: Request) -> Self {
        Self {
            frame: site.calls.provider.origin(),
            backend: site.backend,
            parts: request.into_parts().0,
        }
    }

    fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Who asks; or the answer for whoever is signed out.
    async fn viewer(&self) -> Result<Viewer, Door> {
        match self.maybe_viewer().await {
            Ok(Some(viewer)) => Ok(viewer),
            Ok(None) => Err(Door::Away(Refusal::SignedOut.into())),
            Err(problem) => Err(Door::Away(problem)),
        }
    }

    async fn maybe_viewer(&self) -> Result<Option<Viewer>, Problem> {
        viewer(&self.backend, self.headers()).await
    }

    async fn admin(&self) -> Result<Viewer, Door> {
        let viewer = self.viewer().await?;
        if viewer.admin {
            Ok(viewer)
        } else {
            Err(Door::Away(Refusal::AdminsOnly.into()))
        }
    }

    fn show(self, status: StatusCode, view: impl FnOnce(&Frame) -> String) -> Response {
        let nonce = Random.id().unwrap_or_default();
        let frame = Frame {
            assets: assets::HASH,
            nonce: URL_SAFE_NO_PAD.encode(nonce),
        };
        let policy = policy(
            &self.backend.settings().public_url,
            &frame.nonce,
            self.frame.as_deref(),
        );
        let html = render(self.backend, self.parts, || view(&frame));
        let mut response = (status, Html(html)).into_response();
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response
                .headers_mut()
                .insert(CONTENT_SECURITY_POLICY, policy);
        }
        response
    }

    async fn member(self, page: Option<&str>) -> Response {
        let first = match self.viewer().await {
            Ok(viewer) => Member::load(&self.backend, &viewer, page)
                .await
                .map_err(Door::Away),
            Err(door) => Err(door),
        };
        match first {
            Ok(first) => {
                let status = match &first.room {
                    Some(Err(problem)) => status_of(problem),
                    _ => StatusCode::OK,
                };
                let slid = self.slid();
                let mut response = self.show(status, |frame| member_document(first, frame));
                if let Some(cookie) = slid {
                    set(&mut response, SET_COOKIE, &cookie);
                }
                response
            }
            Err(door) => self.door(door),
        }
    }

    /// The browser keeps the session for as long again, as the server does.
    fn slid(&self) -> Option<String> {
        let token = cookie_of(self.headers(), SESSION_COOKIE)?;
        let seconds = Backend::SESSION_SECONDS;
        Some(cookie_header(&self.backend, SESSION_COOKIE, token, seconds))
    }

    async fn desk(
        self,
        load: impl AsyncFnOnce(&Backend, &Viewer) -> Result<Admin, Problem>,
    ) -> Response {
        let first = match self.admin().await {
            Ok(viewer) => load(&self.backend, &viewer).await.map_err(Door::Away),
            Err(door) => Err(door),
        };
        match first {
            Ok(first) => self.show(StatusCode::OK, |frame| admin_document(first, frame)),
            Err(door) => self.door(door),
        }
    }

    fn door(self, door: Door) -> Response {
        if let Door::Away(Problem::Refused(Refusal::SignedOut)) = door {
            return self.lead_to_sign_in();
        }
        let status = door.status();
        self.show(status, |frame| door_document(door, frame))
    }

    /// And back here afterwards.
    fn lead_to_sign_in(self) -> Response {
        let wanted = self.parts.uri.path();
        let mut response = Redirect::to("/sign-in").into_response();
        if may_be_wanted(wanted) {
            let cookie = cookie_header(&self.backend, WANTED_COOKIE, wanted, WANTED_SECONDS);
            set(&mut response, SET_COOKIE, &cookie);
        }
        response
    }

    /// What this form was sent back with.
    fn sent(&self, form: &str) -> Option<Sent> {
        sent_back(self.headers(), form)
    }

    /// A view with a form: what it was sent back with is told once.
    fn form(self, door: Door) -> Response {
        let forget = cookie_of(self.headers(), SENT_COOKIE)
            .map(|_| cookie_header(&self.backend, SENT_COOKIE, "", 0));
        let mut response = self.door(door);
        if let Some(forget) = forget {
            set(&mut response, SET_COOKIE, &forget);
        }
        response
    }
}

/// Scripts and styles are none but ours.
fn policy(public_url: &str, nonce: &str, frame: Option<&str>) -> String {
    // Some browsers do not count a WebSocket to our own host as 'self'.
    let own = public_url.replacen("http", "ws", 1);
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data: blob:; connect-src 'self' blob: {own}; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'{}",
        frame.map_or(String::new(), |origin| format!("; frame-src {origin}"))
    )
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
}

/// For pages with a token in their address: it is not told to other sites, kept in caches or found by searching.
fn private(mut response: Response) -> Response {
    set(&mut response, REFERRER_POLICY, "no-referrer");
    set(&mut response, CACHE_CONTROL, "no-store");
    let robots = HeaderName::from_static("x-robots-tag");
    set(&mut response, robots, "noindex");
    response
}

async fn home(State(site): State<Site>, request: Request) -> Response {
    Visit::new(site, request).member(None).await
}

async fn room(State(site): State<Site>, Path(page): Path<String>, request: Request) -> Response {
    Visit::new(site, request).member(Some(&page)).await
}

/// The form to invite people, on a page of its own.
async fn invite(State(site): State<Site>, Path(page): Path<String>, request: Request) -> Response {
    let visit = Visit::new(site, request);
    let door = match (visit.viewer().await, page.parse::<PageId>()) {
        (Err(door), _) => door,
        (_, Err(_)) => Door::missing(),
        (Ok(viewer), Ok(page)) => match visit.backend.room(&viewer, page).await {
            Ok(room) if room.may_manage => Door::Invite {
                page,
                name: room.page.name,
                sent: visit.sent("invite"),
            },
            Ok(_) => Door::missing(),
            Err(error) => Door::Away(error.into()),
        },
    };
    visit.form(door)
}

async fn set_up(State(site): State<Site>, Path(token): Path<String>, request: Request) -> Response {
    let visit = Visit::new(site, request);
    let door = Door::SetUp {
        checked: visit.backend.check_setup(&token).await.map_err(Into::into),
        sent: visit.sent("set_up"),
        token,
    };
    private(visit.form(door))
}

async fn sign_in(State(site): State<Site>, request: Request) -> Response {
    let visit = Visit::new(site, request);
    // Whoever is signed in has nothing to do here.
    if let Ok(Some(_)) = visit.maybe_viewer().await {
        return Redirect::to("/").into_response();
    }
    let anew = visit.parts.uri.query() == Some("anew");
    let sent = visit.sent("sign_in").filter(|_| !anew);
    let waits = Sent::mailed(sent.as_ref()).is_some();
    match visit.backend.place_name().await {
        Ok(place) => {
            let door = Door::SignIn { place, sent };
            // The field for the code stays as long as the code is good.
            if waits {
                visit.door(door)
            } else {
                visit.form(door)
            }
        }
        Err(error) => visit.door(Door::Away(error.into())),
    }
}

async fn sign_in_link(
    State(site): State<Site>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let visit = Visit::new(site, request);
    let door = Door::SignInLink {
        email: visit
            .backend
            .check_sign_in(&token)
            .await
            .map_err(Into::into),
        sent: visit.sent("sign_in_with_link"),
        token,
    };
    private(visit.form(door))
}

async fn invitation(
    State(site): State<Site>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let visit = Visit::new(site, request);
    let view = match visit.maybe_viewer().await {
        Ok(viewer) => {
            let view = visit.backend.invitation_view(&token, viewer.as_ref()).await;
            view.map(Box::new).map_err(Problem::from)
        }
        Err(problem) => Err(problem),
    };
    if let Ok(view) = &view
        && let InvitationView::Member { page } = &**view
    {
        return private(Redirect::to(&format!("/p/{}", page.id)).into_response());
    }
    let door = Door::Invitation {
        view,
        joining: visit.sent("accept_invitation"),
        asking: visit.sent("ask_for_new_link"),
        token,
    };
    private(visit.form(door))
}

async fn pages(State(site): State<Site>, request: Request) -> Response {
    Visit::new(site, request).desk(Admin::pages).await
}

/// The form to make a page, on a page of its own.
async fn new_page(State(site): State<Site>, request: Request) -> Response {
    let visit = Visit::new(site, request);
    let door = match visit.admin().await {
        Ok(_) => Door::NewPage {
            sent: visit.sent("create_page"),
        },
        Err(door) => door,
    };
    visit.form(door)
}

async fn people(State(site): State<Site>, request: Request) -> Response {
    Visit::new(site, request).desk(Admin::people).await
}

async fn invitations(State(site): State<Site>, request: Request) -> Response {
    Visit::new(site, request).desk(Admin::invitations).await
}

async fn mail(State(site): State<Site>, request: Request) -> Response {
    Visit::new(site, request).desk(Admin::mail).await
}

async fn calls(State(site): State<Site>, request: Request) -> Response {
    let ways = site.calls.ways.clone();
    let load = async move |_: &Backend, viewer: &Viewer| Ok(Admin::calls(viewer, ways));
    Visit::new(site, request).desk(load).await
}

/// People are told in words that there is nothing; programs get it as JSON.
async fn missing(State(site): State<Site>, request: Request) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        Visit::new(site, request).door(Door::missing())
    } else {
        security::refuse(&Refusal::NotFound)
    }
}
