//! What the browser may ask about the place, signing in, people and mail. Each is a public endpoint.

use domain::{AccountId, AccountSummary, Identity, MailId, Mailbox, SentMail};
use leptos::prelude::*;
use server_fn::codec::Json;

use crate::Problem;
#[cfg(feature = "ssr")]
use crate::ssr::{
    Next, backend, drop_session, finish, keep_session, maybe_signed_in, peer, signed_in, wanted,
    with_token,
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

/// A form: makes the place, signs its first admin in, goes on at `/admin`.
#[server(prefix = "/api", endpoint = "set_up")]
pub async fn set_up(
    token: String,
    place: String,
    name: String,
    email: String,
) -> Result<(), Problem> {
    let done: Result<_, Problem> = async {
        let (place, person) = (PageName::parse(&place)?, PersonName::parse(&name)?);
        let email = Email::parse(&email)?;
        keep_session(&backend().set_up(&token, place, person, email).await?);
        Ok(())
    }
    .await;
    let typed = [("place", &*place), ("name", &*name), ("email", &*email)];
    let back = with_token("setup", &token);
    finish(done, "set_up", &back, &typed, |()| {
        Next::Go("/admin".into())
    })
}

/// A form. The answer is the same whether or not the account exists.
#[server(prefix = "/api", endpoint = "request_sign_in")]
pub async fn request_sign_in(email: String) -> Result<(), Problem> {
    let done: Result<_, Problem> = async {
        let email = Email::parse(&email)?;
        Ok(backend().request_sign_in(&email, &peer()).await?)
    }
    .await;
    let typed = [("email", &*email)];
    finish(done, "sign_in", "/sign-in", &typed, |()| Next::Back(None))
}

#[server(prefix = "/api", endpoint = "check_sign_in", input = Json)]
pub async fn check_sign_in(token: String) -> Result<String, Problem> {
    Ok(backend().check_sign_in(&token).await?)
}

/// A form: uses the link up.
#[server(prefix = "/api", endpoint = "sign_in_with_link")]
pub async fn sign_in_with_link(token: String) -> Result<(), Problem> {
    let session = backend().sign_in_with_link(&token).await;
    let done = session
        .map(|session| keep_session(&session))
        .map_err(Problem::from);
    let back = with_token("sign-in", &token);
    finish(done, "sign_in_with_link", &back, &[], |()| wanted())
}

/// A form: the six digits of the mail, as people type them.
#[server(prefix = "/api", endpoint = "sign_in_with_code")]
pub async fn sign_in_with_code(email: String, code: String) -> Result<(), Problem> {
    let done: Result<_, Problem> = async {
        let (email, code) = (Email::parse(&email)?, SignInCode::parse(&code)?);
        keep_session(&backend().sign_in_with_code(&email, &code, &peer()).await?);
        Ok(())
    }
    .await;
    let typed = [("email", &*email), ("code", "")];
    finish(done, "sign_in", "/sign-in", &typed, |()| wanted())
}

/// A form.
#[server(prefix = "/api", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), Problem> {
    let done: Result<_, Problem> = async {
        if let Some(viewer) = maybe_signed_in().await? {
            backend().sign_out(&viewer).await?;
        }
        drop_session();
        Ok(())
    }
    .await;
    finish(done, "sign_out", "/", &[], |()| Next::Go("/sign-in".into()))
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
