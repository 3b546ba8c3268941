//! Views for people who are not in yet, and forms on a page of their own. They are rendered by the server only: plain
//! forms and links, which work at once and everywhere.

use domain::{InvitationView, PageId, Refusal};
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    Problem,
    form::Sent,
    invitations::{invitation_page, invite_page},
    pages::new_page,
    people::{code_page, set_up_page, sign_in_link_page, sign_in_page},
    ssr::status_of,
    ui::Away,
};

/// One of them, with what it shows. `sent`: its form was posted, and comes back.
#[derive(Debug, Clone)]
pub enum Door {
    SetUp {
        token: String,
        checked: Result<(), Problem>,
        sent: Option<Sent>,
    },
    /// With the place's name, once it is set up.
    SignIn {
        place: Option<String>,
        sent: Option<Sent>,
    },
    SignInLink {
        token: String,
        /// Who it signs in.
        email: Result<String, Problem>,
        sent: Option<Sent>,
    },
    Invitation {
        token: String,
        view: Result<Box<InvitationView>, Problem>,
        joining: Option<Sent>,
        asking: Option<Sent>,
    },
    Invite {
        page: PageId,
        name: String,
        sent: Option<Sent>,
    },
    NewPage {
        sent: Option<Sent>,
    },
    /// Nothing here, or not for you, or something broke.
    Away(Problem),
}

impl Door {
    pub fn missing() -> Self {
        Self::Away(Problem::Refused(Refusal::NotFound))
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::SetUp {
                checked: Err(problem),
                ..
            }
            | Self::SignInLink {
                email: Err(problem),
                ..
            }
            | Self::Invitation {
                view: Err(problem), ..
            }
            | Self::Away(problem) => status_of(problem),
            Self::Invitation { view: Ok(view), .. } => match **view {
                InvitationView::Expired => StatusCode::GONE,
                InvitationView::Gone => StatusCode::NOT_FOUND,
                _ => StatusCode::OK,
            },
            _ => StatusCode::OK,
        }
    }

    pub(crate) fn title(&self) -> String {
        let title = match self {
            Self::SetUp { .. } => "Set up",
            Self::SignIn { .. } | Self::SignInLink { .. } => "Sign in",
            Self::Invitation { view: Ok(view), .. } => match &**view {
                InvitationView::Open { page_name, .. } => page_name,
                InvitationView::Expired => "Expired",
                _ => "Invitation",
            },
            Self::Invitation { .. } => "Invitation",
            Self::Invite { .. } => "Invite people",
            Self::NewPage { .. } => "New page",
            Self::Away(Problem::Refused(Refusal::NotFound)) => "Not found",
            Self::Away(_) => "Stoa",
        };
        format!("{title} · Stoa")
    }

    pub(crate) fn view(self) -> AnyView {
        match self {
            Self::SetUp {
                token,
                checked,
                sent,
            } => set_up_page(token, checked, sent.as_ref()),
            Self::SignIn { place, sent } => match Sent::mailed(sent.as_ref()) {
                Some(email) => code_page(email, sent.as_ref()),
                None => sign_in_page(place, sent.as_ref()),
            },
            Self::SignInLink { token, email, sent } => {
                sign_in_link_page(token, email, sent.as_ref())
            }
            Self::Invitation {
                token,
                view,
                joining,
                asking,
            } => invitation_page(
                token,
                view.map(|view| *view),
                joining.as_ref(),
                asking.as_ref(),
            ),
            Self::Invite { page, name, sent } => invite_page(page, name, sent),
            Self::NewPage { sent } => new_page(sent),
            Self::Away(problem) => view! { <Away problem=problem/> }.into_any(),
        }
    }
}
