//! The first start: whoever holds the link that the program printed names the place and becomes its admin.

use domain::{Email, PageName, PersonName, Refusal};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    api::{SetUp, check_setup},
    frame::Card,
};
use crate::{
    Problem,
    form::{Sent, then_load, why},
    ui::{Field, Trouble},
};

#[component]
pub fn SetUpPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::keep_address_private();
    let params = use_params_map();
    let token = move || params.read().get("token").unwrap_or_default();
    let checked = Resource::new_blocking(token, check_setup);
    let action = ServerAction::<SetUp>::new();
    then_load(move || action.value().get(), |()| "/admin".into());
    let sent = Sent::of("set_up");
    view! {
        <Title text="Set up · Stoa"/>
        <Card>
            <Suspense>
                {move || {
                    let typed = |name| Sent::typed(sent.as_ref(), name);
                    let (place, name, email) = (typed("place"), typed("name"), typed("email"));
                    let words = why(move || action.value().get(), sent.as_ref());
                    Suspend::new(async move {
                    match checked.await {
                        Ok(()) => {
                            view! {
                                <h1>"Set up your place"</h1>
                                <p class="muted">"You will be its admin. No password: you sign in by email."</p>
                                <ActionForm action=action>
                                    <input type="hidden" name="token" value=token/>
                                    <Field label="Name of this place" name="place" value=place max=PageName::MAX autofocus=true/>
                                    <Field label="Your name" name="name" value=name max=PersonName::MAX autocomplete="name"/>
                                    <Field label="Email" name="email" kind="email" value=email max=Email::MAX autocomplete="email"/>
                                    <Trouble words=words/>
                                    <button class="btn wide" type="submit" disabled=move || action.pending().get()>
                                        "Set up"
                                    </button>
                                </ActionForm>
                            }
                                .into_any()
                        }
                        Err(problem) => view! { <NotNow problem=problem/> }.into_any(),
                    }
                    })
                }}
            </Suspense>
        </Card>
    }
}

#[component]
fn NotNow(problem: Problem) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::refused_page(&problem);
    let set_up = problem == Problem::Refused(Refusal::SetUpAlready);
    view! {
        <h1>{if set_up { "This place is ready" } else { "This link does not work" }}</h1>
        <p class="muted">{problem.to_string()}</p>
        {if set_up {
            view! { <p class="actions centred"><a class="btn" href="/sign-in">"Sign in"</a></p> }.into_any()
        } else {
            view! { <p class="muted">"On the server, "<code>"stoa setup-link"</code>" prints a new one."</p> }.into_any()
        }}
    }
}
