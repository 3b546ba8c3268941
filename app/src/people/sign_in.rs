//! Signing in by email: a link, or the code in the same mail. Opening the link changes nothing, the button does.

use domain::Email;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{
    api::{RequestSignIn, SignInWithCode, SignInWithLink, check_sign_in, place_name},
    frame::Card,
};
use crate::ui::{Field, Trouble, trouble};

#[component]
pub fn SignInPage() -> impl IntoView {
    let query = use_query_map();
    let sent_to = move || {
        query
            .read()
            .get("email")
            .filter(|email| Email::parse(email).is_ok())
    };
    let place = Resource::new_blocking(|| (), |()| place_name());
    view! {
        <Title text="Sign in · Stoa"/>
        <Card>
            <Suspense>
                {move || Suspend::new(async move {
                    match (place.await, sent_to()) {
                        (Ok(None), _) => view! { <NotSetUp/> }.into_any(),
                        (_, Some(email)) => view! { <Code email=email/> }.into_any(),
                        (place, None) => view! { <Ask place=place.ok().flatten()/> }.into_any(),
                    }
                })}
            </Suspense>
        </Card>
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
fn Ask(place: Option<String>) -> impl IntoView {
    let action = ServerAction::<RequestSignIn>::new();
    view! {
        <h1>"Sign in"</h1>
        <p class="muted">{place.map(|place| format!("to {place}"))}</p>
        <ActionForm action=action>
            <Field label="Email" name="email" kind="email" max=Email::MAX autocomplete="email" autofocus=true/>
            <Trouble words=trouble(move || action.value().get())/>
            <button class="btn wide" type="submit" disabled=move || action.pending().get()>"Send me a link"</button>
        </ActionForm>
        <p class="muted small">"No password needed. If you were invited, the link in that mail lets you in as well."</p>
    }
}

#[component]
fn Code(email: String) -> impl IntoView {
    let action = ServerAction::<SignInWithCode>::new();
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
            <Trouble words=trouble(move || action.value().get())/>
            <button class="btn wide" type="submit" disabled=move || action.pending().get()>"Sign in"</button>
        </ActionForm>
        <p class="muted small"><a href="/sign-in">"Use another address"</a></p>
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
                                    <Trouble words=trouble(move || action.value().get())/>
                                    <button class="btn wide" type="submit" disabled=move || action.pending().get()>
                                        "Sign in"
                                    </button>
                                </ActionForm>
                            }
                                .into_any()
                        }
                        Err(problem) => {
                            #[cfg(feature = "ssr")]
                            crate::ssr::refused_page(&problem);
                            view! {
                                <h1>"This link does not work"</h1>
                                <p class="muted">{problem.to_string()}</p>
                                <p class="actions centred"><a class="btn" href="/sign-in">"Sign in"</a></p>
                            }
                                .into_any()
                        }
                    }
                })}
            </Suspense>
        </Card>
    }
}
