//! Signing in by email: a link, or the code in the same mail. Opening the link changes nothing, the button does.

use domain::Email;
use leptos::prelude::*;
use server_fn::ServerFn;

use super::{
    api::{RequestSignIn, SignInWithCode, SignInWithLink},
    frame::card,
};
use crate::{
    Problem,
    form::Sent,
    ui::{Field, Trouble},
};

/// First the address. `place`: its name, once it is set up.
pub fn sign_in_page(place: Option<String>, sent: Option<&Sent>) -> AnyView {
    let Some(place) = place else {
        return not_set_up();
    };
    card(view! {
        <h1>"Sign in"</h1>
        <p class="muted">{format!("to {place}")}</p>
        <form action=RequestSignIn::url() method="post">
            <Field
                label="Email"
                name="email"
                kind="email"
                value=Sent::typed(sent, "email")
                max=Email::MAX
                autocomplete="email"
                autofocus=true
            />
            <Trouble words=Signal::stored(Sent::words(sent))/>
            <button class="btn wide" type="submit">"Send me a link"</button>
        </form>
        <p class="muted small">"No password needed. If you were invited, the link in that mail lets you in as well."</p>
    })
}

fn not_set_up() -> AnyView {
    card(view! {
        <h1>"This place is not set up yet"</h1>
        <p class="muted">
            "Open the set-up link that the program printed when it started. "
            <code>"stoa setup-link"</code>" on the server prints a new one."
        </p>
    })
}

/// Then the code that was mailed to it.
pub fn code_page(email: String, sent: Option<&Sent>) -> AnyView {
    card(view! {
        <h1>"Look at your mail"</h1>
        <p class="muted">
            "If "<b>{email.clone()}</b>" has an account here, a mail with a link and a code is on its way to it."
        </p>
        <form action=SignInWithCode::url() method="post">
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
            <Trouble words=Signal::stored(Sent::words(sent))/>
            <button class="btn wide" type="submit">"Sign in"</button>
        </form>
        <p class="muted small"><a href="/sign-in?anew">"Use another address"</a></p>
    })
}

/// `email`: who the link signs in.
pub fn sign_in_link_page(
    token: String,
    email: Result<String, Problem>,
    sent: Option<&Sent>,
) -> AnyView {
    match email {
        Ok(email) => card(view! {
            <h1>"Sign in"</h1>
            <p class="muted">"as "<b>{email}</b></p>
            <form action=SignInWithLink::url() method="post">
                <input type="hidden" name="token" value=token/>
                <Trouble words=Signal::stored(Sent::words(sent))/>
                <button class="btn wide" type="submit">"Sign in"</button>
            </form>
        }),
        Err(problem) => card(view! {
            <h1>"This does not work"</h1>
            <p class="muted">{problem.to_string()}</p>
            <p class="actions centred"><a class="btn" href="/sign-in">"Sign in"</a></p>
        }),
    }
}
