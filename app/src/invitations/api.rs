//! What the browser may ask about invitations. Each is a public endpoint: who asks, call, map.

use domain::{Invitation, InvitationId, InvitationView, InviteOutcome, Page, PageId};
use leptos::prelude::*;
use server_fn::codec::Json;

use crate::Problem;
#[cfg(feature = "ssr")]
use crate::ssr::{backend, keep_session, lead_back, maybe_signed_in, signed_in};
#[cfg(feature = "ssr")]
use domain::{Note, PersonName};

/// `addresses` as typed or pasted: commas, spaces, lines, `Name <a@b>`.
#[server(prefix = "/api", endpoint = "invite")]
pub async fn invite(
    page: PageId,
    addresses: String,
    #[server(default)] note: String,
) -> Result<InviteOutcome, Problem> {
    let viewer = signed_in().await?;
    Ok(backend()
        .invite(&viewer, page, &addresses, Note::parse(&note)?)
        .await?)
}

#[server(prefix = "/api", endpoint = "invitations", input = Json)]
pub async fn invitations(page: Option<PageId>) -> Result<Vec<Invitation>, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().invitations(&viewer, page).await?)
}

#[server(prefix = "/api", endpoint = "resend_invitation", input = Json)]
pub async fn resend_invitation(id: InvitationId) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().resend_invitation(&viewer, id).await?)
}

#[server(prefix = "/api", endpoint = "copy_invitation_link", input = Json)]
pub async fn copy_invitation_link(id: InvitationId) -> Result<String, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().copy_invitation_link(&viewer, id).await?)
}

#[server(prefix = "/api", endpoint = "revoke_invitation", input = Json)]
pub async fn revoke_invitation(id: InvitationId) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().revoke_invitation(&viewer, id).await?)
}

/// Changes nothing, however often and by whomever it is asked.
#[server(name = ViewInvitation, prefix = "/api", endpoint = "invitation_view", input = Json)]
pub async fn invitation_view(token: String) -> Result<InvitationView, Problem> {
    let viewer = maybe_signed_in().await?;
    Ok(backend().invitation_view(&token, viewer.as_ref()).await?)
}

#[server(prefix = "/api", endpoint = "note_invitation_opened", input = Json)]
pub async fn note_invitation_opened(token: String) -> Result<(), Problem> {
    Ok(backend().note_invitation_opened(&token).await?)
}

/// Joins, and leads to the page. `as_me`: with the account that is signed in, not that of the invited address.
#[server(prefix = "/api", endpoint = "accept_invitation")]
pub async fn accept_invitation(
    token: String,
    #[server(default)] name: String,
    #[server(default)] as_me: bool,
) -> Result<Page, Problem> {
    let done: Result<_, Problem> = async {
        let name = if name.trim().is_empty() {
            None
        } else {
            Some(PersonName::parse(&name)?)
        };
        let viewer = maybe_signed_in().await?;
        Ok(backend()
            .accept_invitation(&token, name, viewer.as_ref(), as_me)
            .await?)
    }
    .await;
    match done {
        Ok(accepted) => {
            if let Some(session) = &accepted.session {
                keep_session(session);
            }
            leptos_axum::redirect(&format!("/p/{}", accepted.page.id));
            Ok(accepted.page)
        }
        Err(problem) => {
            lead_back(
                &format!("/invite/{token}"),
                "/api/accept_invitation",
                &problem,
            );
            Err(problem)
        }
    }
}

#[server(prefix = "/api", endpoint = "ask_for_new_link")]
pub async fn ask_for_new_link(token: String) -> Result<(), Problem> {
    let back = format!("/invite/{token}");
    match backend()
        .ask_for_new_link(&token)
        .await
        .map_err(Problem::from)
    {
        Ok(()) => {
            leptos_axum::redirect(&format!("{back}?asked=1"));
            Ok(())
        }
        Err(problem) => {
            lead_back(&back, "/api/ask_for_new_link", &problem);
            Err(problem)
        }
    }
}
