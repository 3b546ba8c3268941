//! What the browser may ask about the place, signing in, people and mail. Each is a public endpoint.

use domain::{AccountId, AccountSummary, Identity, MailId, Mailbox, SentMail};
use leptos::prelude::*;
use server_fn::codec::Json;

use crate::Problem;
#[cfg(feature = "ssr")]
use crate::ssr::{
    backend, drop_session, keep_session, lead_back, maybe_signed_in, peer, signed_in,
};
#[cfg(feature = "ssr")]
use domain::{Email, PageName, PersonName, SignInCode};

#[server(prefix = "/api", endpoint = "whoami", input = Json)]
pub async fn whoami() -> Result<Option<Identity>, Problem> {
    Ok(maybe_signed_in().await?.map(|viewer| viewer.identity()))
}

#[server(prefix = "/api", endpoint = "place_name", input = Json)]
pub async fn place_name() -> Result<Option<String>, Problem> {
    Ok(backend().place_name().await?)
}

#[server(prefix = "/api", endpoint = "check_setup", input = Json)]
pub async fn check_setup(token: String) -> Result<(), Problem> {
    Ok(backend().check_setup(&token).await?)
}

#[server(prefix = "/api", endpoint = "set_up")]
pub async fn set_up(
    token: String,
    place: String,
    name: String,
    email: String,
) -> Result<(), Problem> {
    let done: Result<_, Problem> = async {
        let (place, name) = (PageName::parse(&place)?, PersonName::parse(&name)?);
        Ok(backend()
            .set_up(&token, place, name, Email::parse(&email)?)
            .await?)
    }
    .await;
    match done {
        Ok(session) => {
            keep_session(&session);
            leptos_axum::redirect("/admin");
            Ok(())
        }
        Err(problem) => {
            lead_back(&format!("/setup/{token}"), "/api/set_up", &problem);
            Err(problem)
        }
    }
}

/// The answer is the same whether or not the account exists.
#[server(prefix = "/api", endpoint = "request_sign_in")]
pub async fn request_sign_in(email: String) -> Result<(), Problem> {
    let email = Email::parse(&email)?;
    backend().request_sign_in(&email, &peer()).await?;
    leptos_axum::redirect(&format!("/sign-in?email={}", urlencode(email.as_str())));
    Ok(())
}

/// For the one value that goes into an address here.
#[cfg(feature = "ssr")]
fn urlencode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'@' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[server(prefix = "/api", endpoint = "check_sign_in", input = Json)]
pub async fn check_sign_in(token: String) -> Result<String, Problem> {
    Ok(backend().check_sign_in(&token).await?)
}

#[server(prefix = "/api", endpoint = "sign_in_with_link")]
pub async fn sign_in_with_link(token: String) -> Result<(), Problem> {
    match backend()
        .sign_in_with_link(&token)
        .await
        .map_err(Problem::from)
    {
        Ok(session) => {
            keep_session(&session);
            leptos_axum::redirect("/");
            Ok(())
        }
        Err(problem) => {
            lead_back(
                &format!("/sign-in/{token}"),
                "/api/sign_in_with_link",
                &problem,
            );
            Err(problem)
        }
    }
}

#[server(prefix = "/api", endpoint = "sign_in_with_code")]
pub async fn sign_in_with_code(email: String, code: String) -> Result<(), Problem> {
    let (email, code) = (Email::parse(&email)?, SignInCode::parse(&code)?);
    let session = backend().sign_in_with_code(&email, &code, &peer()).await?;
    keep_session(&session);
    leptos_axum::redirect("/");
    Ok(())
}

#[server(prefix = "/api", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), Problem> {
    if let Some(viewer) = maybe_signed_in().await? {
        backend().sign_out(&viewer).await?;
    }
    drop_session();
    leptos_axum::redirect("/sign-in");
    Ok(())
}

#[server(prefix = "/api", endpoint = "rename_me", input = Json)]
pub async fn rename_me(name: String) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend()
        .rename_me(&viewer, PersonName::parse(&name)?)
        .await?)
}

#[server(prefix = "/api", endpoint = "people", input = Json)]
pub async fn people() -> Result<Vec<AccountSummary>, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().people(&viewer).await?)
}

#[server(prefix = "/api", endpoint = "set_admin", input = Json)]
pub async fn set_admin(account: AccountId, admin: bool) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().set_admin(&viewer, account, admin).await?)
}

#[server(prefix = "/api", endpoint = "set_disabled", input = Json)]
pub async fn set_disabled(account: AccountId, disabled: bool) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().set_disabled(&viewer, account, disabled).await?)
}

#[server(prefix = "/api", endpoint = "sign_out_everywhere", input = Json)]
pub async fn sign_out_everywhere(account: AccountId) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().sign_out_everywhere(&viewer, account).await?)
}

#[server(name = ReadMailbox, prefix = "/api", endpoint = "mailbox", input = Json)]
pub async fn mailbox() -> Result<Mailbox, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().mailbox(&viewer).await?)
}

#[server(prefix = "/api", endpoint = "send_test_mail", input = Json)]
pub async fn send_test_mail(to: String) -> Result<SentMail, Problem> {
    let viewer = signed_in().await?;
    Ok(backend()
        .send_test_mail(&viewer, &Email::parse(&to)?)
        .await?)
}

#[server(prefix = "/api", endpoint = "retry_mail", input = Json)]
pub async fn retry_mail(id: MailId) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().retry_mail(&viewer, id).await?)
}
