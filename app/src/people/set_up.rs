//! The first start: whoever holds the link that the program printed names the place and becomes its admin.

use domain::{Email, PageName, PersonName, Refusal};
use leptos::prelude::*;
use server_fn::ServerFn;

use super::{api::SetUp, frame::card};
use crate::{
    Problem,
    form::Sent,
    ui::{Field, Trouble},
};

pub fn set_up_page(token: String, checked: Result<(), Problem>, sent: Option<&Sent>) -> AnyView {
    if let Err(problem) = checked {
        return not_now(&problem);
    }
    let typed = |name| Sent::typed(sent, name);
    let (place, name, email) = (typed("place"), typed("name"), typed("email"));
    card(view! {
        <h1>"Set up your place"</h1>
        <p class="muted">"You will be its admin. No password: you sign in by email."</p>
        <form action=SetUp::url() method="post">
            <input type="hidden" name="token" value=token/>
            <Field label="Name of this place" name="place" value=place max=PageName::MAX autofocus=true/>
            <Field label="Your name" name="name" value=name max=PersonName::MAX autocomplete="name"/>
            <Field label="Email" name="email" kind="email" value=email max=Email::MAX autocomplete="email"/>
            <Trouble words=Signal::stored(Sent::words(sent))/>
            <button class="btn wide" type="submit">"Set up"</button>
        </form>
    })
}

fn not_now(problem: &Problem) -> AnyView {
    let words = problem.to_string();
    if *problem == Problem::Refused(Refusal::SetUpAlready) {
        card(view! {
            <h1>"This place is ready"</h1>
            <p class="muted">{words}</p>
            <p class="actions centred"><a class="btn" href="/sign-in">"Sign in"</a></p>
        })
    } else {
        card(view! {
            <h1>"This link does not work"</h1>
            <p class="muted">{words}</p>
            <p class="muted">"On the server, "<code>"stoa setup-link"</code>" prints a new one."</p>
        })
    }
}
