//! What the browser may ask about invitations. Each is a public endpoint: who asks, call, map.

use domain::{Invitation, InvitationId, InvitationView, InviteOutcome, Page, PageId};
use leptos::prelude::*;
use server_fn::codec::Json;

use crate::Problem;
#[cfg(feature = "ssr")]
use crate::ssr::{Next, backend, finish, keep_session, maybe_signed_in, signed_in, with_token};
#[cfg(feature = "ssr")]
use domain::{Note, PersonName};

/// A form. `addresses` as typed or pasted: commas, spaces, lines, `Name <a@b>`.
#[server(prefix = "/api", endpoint = "invite")]
pub async fn invite(
    page: PageId,
    addresses: String,
    #[server(default)] note: String,
) -> Result<InviteOutcome, Problem> {
    let done: Result<_, Problem> = async {
        let viewer = signed_in().await?;
        let words = Note::parse(&note)?;
        Ok(backend().invite(&viewer, page, &addresses, words).await?)
    }
    .await;
    let typed = [("addresses", &*addresses), ("note", &*note)];
    finish(
        done,
        "invite",
        &format!("/p/{page}/invite"),
        &typed,
        |outcome| {
            let outcome = serde_json::to_string(outcome).ok();
            Next::Back(outcome.map(|outcome| ("outcome".into(), outcome)))
        },
    )
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

/// A form: joins, and goes on at the page. `as_me`: with the account that is signed in, not that of the invited address.
#[server(prefix = "/api", endpoint = "accept_invitation")]
pub async fn accept_invitation(
    token: String,
    #[server(default)] name: String,
    #[server(default)] as_me: bool,
) -> Result<Page, Problem> {
    let done: Result<_, Problem> = async {
        let name = match name.trim() {
            "" => None,
            name => Some(PersonName::parse(name)?),
        };
        let viewer = maybe_signed_in().await?;
        let accepted = backend()
            .accept_invitation(&token, name, viewer.as_ref(), as_me)
            .await?;
        if let Some(session) = &accepted.session {
            keep_session(session);
        }
        Ok(accepted.page)
    }
    .await;
    let back = with_token("invite", &token);
    finish(
        done,
        "accept_invitation",
        &back,
        &[("name", &name)],
        |page| Next::Go(format!("/p/{}", page.id)),
    )
}

/// A form, shown where a link has expired.
#[server(prefix = "/api", endpoint = "ask_for_new_link")]
pub async fn ask_for_new_link(token: String) -> Result<(), Problem> {
    let done = backend()
        .ask_for_new_link(&token)
        .await
        .map_err(Problem::from);
    let back = with_token("invite", &token);
    finish(done, "ask_for_new_link", &back, &[], |()| Next::Back(None))
}
