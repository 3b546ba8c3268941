//! For people who cannot go on here: nothing at this address, not signed in, or not theirs.

use domain::{Identity, Refusal};
use leptos::prelude::*;
use leptos_meta::Title;

use super::icon::{Glyph, Icon};
use crate::Problem;

/// There is nothing at this address.
#[component]
pub fn Missing() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::page_status(http::StatusCode::NOT_FOUND);
    view! {
        <Title text="Not found · Stoa"/>
        <Away
            heading="There is nothing here".into()
            words="The address may be mistyped, or what was here is not for you to see.".into()
        />
    }
}

/// Signed out people are sent to sign in; others learn that this is for admins.
#[component]
pub fn Turned(who: Result<Option<Identity>, Problem>) -> impl IntoView {
    match who {
        Ok(None) => view! { <ToSignIn/> }.into_any(),
        Ok(Some(_)) => {
            #[cfg(feature = "ssr")]
            crate::ssr::page_status(http::StatusCode::FORBIDDEN);
            view! { <Away heading="For admins".into() words=Refusal::AdminsOnly.to_string()/> }
                .into_any()
        }
        Err(problem) => {
            view! { <Away heading="That did not work".into() words=problem.to_string()/> }
                .into_any()
        }
    }
}

/// To the sign-in page, by the server where it can, else by the browser.
#[component]
pub fn ToSignIn() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::lead_to("/sign-in");
    Effect::new(|_| {
        let _ = window().location().set_href("/sign-in");
    });
    view! { <Away heading="Please sign in".into() words=Refusal::SignedOut.to_string()/> }
}

#[component]
fn Away(heading: String, words: String) -> impl IntoView {
    view! {
        <main class="door">
            <section class="card door-card">
                <div class="brand"><Icon glyph=Glyph::Stoa/>"Stoa"</div>
                <h1>{heading}</h1>
                <p class="muted">{words}</p>
                <p class="actions centred"><a class="btn ghost" href="/">"To my pages"</a></p>
            </section>
        </main>
    }
}
