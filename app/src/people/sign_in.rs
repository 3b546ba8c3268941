//! Signing in by email: a link, or the code in the same mail. Opening the link changes nothing, the button does.

use domain::Email;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};

use super::{
    api::{RequestSignIn, SignInWithCode, SignInWithLink, check_sign_in, place_name, whoami},
    frame::Card,
};
use crate::{
    Problem,
    form::{Sent, then_load, why},
    ui::{Field, Trouble},
};

#[component]
pub fn SignInPage() -> impl IntoView {
    // Whoever is signed in has nothing to do here.
    let asked = Resource::new_blocking(
        || (),
        |()| async move {
            match whoami().await {
                Ok(Some(_)) => Ok(Visitor::SignedIn),
                _ => place_name().await.map(Visitor::Stranger),
            }
        },
    );
    let sent = Sent::of("sign_in");
    view! {
        <Title text="Sign in · Stoa"/>
        <Card>
            <Suspense>
                {move || {
                    let sent = sent.clone();
                    Suspend::new(async move {
                        match asked.await {
                            Ok(Visitor::SignedIn) => view! { <Inside/> }.into_any(),
                            Ok(Visitor::Stranger(Some(place))) => {
                                view! { <Steps place=place sent=sent/> }.into_any()
                            }
                            Ok(Visitor::Stranger(None)) => view! { <NotSetUp/> }.into_any(),
                            Err(problem) => view! { <NotNow problem=problem/> }.into_any(),
                        }
                    })
                }}
            </Suspense>
        </Card>
    }
}

#[component]
fn Inside() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::lead_to("/");
    view! {
        <h1>"You are signed in"</h1>
        <p class="actions centred"><a class="btn" href="/">"To my pages"</a></p>
    }
}

#[derive(Clone, Serialize, Deserialize)]
enum Visitor {
    SignedIn,
    /// With the place's name, once it is set up.
    Stranger(Option<String>),
}

/// First the address, then the code; without scripts the server says which.
#[component]
fn Steps(place: String, sent: Option<Sent>) -> impl IntoView {
    let ask = ServerAction::<RequestSignIn>::new();
    let code_was_tried = sent
        .iter()
        .flat_map(|sent| &sent.typed)
        .any(|(name, _)| name == "code");
    let taken = sent.as_ref().is_some_and(|sent| sent.problem.is_none());
    let mailed = (taken || code_was_tried).then(|| Sent::typed(sent.as_ref(), "email"));
    let mailed = RwSignal::new(mailed);
    let typed = StoredValue::new(String::new());
    Effect::new(move |_| {
        if let Some(Ok(())) = ask.value().get() {
            mailed.set(Some(typed.get_value()));
        }
    });
    Effect::new(move |_| {
        if let Some(ask) = ask.input().get() {
            typed.set_value(ask.email);
        }
    });
    let sent = StoredValue::new(sent);
    view! {
        {move || match mailed.get() {
            Some(email) => view! { <Code email=email sent=sent.get_value() mailed=mailed/> }.into_any(),
            None => view! { <Ask place=place.clone() action=ask sent=sent.get_value()/> }.into_any(),
        }}
    }
}

#[component]
fn NotSetUp() -> impl IntoView {
    view! {
        <h1>"This place is not set up yet"</h1>
        <p class="muted">
            "Open the set-up link that the program printed when it started. "
            <code>"stoa setup-link"</code>" on the server prints a new one."
        </p>
    }
}

#[component]
fn Ask(place: String, action: ServerAction<RequestSignIn>, sent: Option<Sent>) -> impl IntoView {
    let email = Sent::typed(sent.as_ref(), "email");
    let words = why(move || action.value().get(), sent.as_ref());
    view! {
        <h1>"Sign in"</h1>
        <p class="muted">{format!("to {place}")}</p>
        <ActionForm action=action>
            <Field label="Email" name="email" kind="email" value=email max=Email::MAX autocomplete="email" autofocus=true/>
            <Trouble words=words/>
            <button class="btn wide" type="submit" disabled=move || action.pending().get()>"Send me a link"</button>
        </ActionForm>
        <p class="muted small">"No password needed. If you were invited, the link in that mail lets you in as well."</p>
    }
}

#[component]
fn Code(email: String, sent: Option<Sent>, mailed: RwSignal<Option<String>>) -> impl IntoView {
    let action = ServerAction::<SignInWithCode>::new();
    then_load(move || action.value().get(), |()| "/".into());
    let words = why(move || action.value().get(), sent.as_ref());
    view! {
        <h1>"Look at your mail"</h1>
        <p class="muted">
            "If "<b>{email.clone()}</b>" has an account here, a mail with a link and a code is on its way to it."
        </p>
        <ActionForm action=action>
            <input type="hidden" name="email" value=email/>
            <Field
                label="Code"
                name="code"
                hint="Six digits, good for 15 minutes."
                inputmode="numeric"
                autocomplete="one-time-code"
                max=12
                autofocus=true
            />
            <Trouble words=words/>
            <button class="btn wide" type="submit" disabled=move || action.pending().get()>"Sign in"</button>
        </ActionForm>
        <p class="muted small">
            <a href="/sign-in" on:click=move |event| {
                event.prevent_default();
                mailed.set(None);
            }>"Use another address"</a>
        </p>
    }
}

#[component]
pub fn SignInLinkPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::keep_address_private();
    let params = use_params_map();
    let token = move || params.read().get("token").unwrap_or_default();
    let checked = Resource::new_blocking(token, check_sign_in);
    let action = ServerAction::<SignInWithLink>::new();
    then_load(move || action.value().get(), |()| "/".into());
    let sent = Sent::of("sign_in_with_link");
    let words = why(move || action.value().get(), sent.as_ref());
    view! {
        <Title text="Sign in · Stoa"/>
        <Card>
            <Suspense>
                {move || Suspend::new(async move {
                    match checked.await {
                        Ok(email) => {
                            view! {
                                <h1>"Sign in"</h1>
                                <p class="muted">"as "<b>{email}</b></p>
                                <ActionForm action=action>
                                    <input type="hidden" name="token" value=token/>
                                    <Trouble words=words/>
                                    <button class="btn wide" type="submit" disabled=move || action.pending().get()>
                                        "Sign in"
                                    </button>
                                </ActionForm>
                            }
                                .into_any()
                        }
                        Err(problem) => view! { <NotNow problem=problem/> }.into_any(),
                    }
                })}
            </Suspense>
        </Card>
    }
}

#[component]
fn NotNow(problem: Problem) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::refused_page(&problem);
    view! {
        <h1>"This does not work"</h1>
        <p class="muted">{problem.to_string()}</p>
        <p class="actions centred"><a class="btn" href="/sign-in">"Sign in"</a></p>
    }
}
