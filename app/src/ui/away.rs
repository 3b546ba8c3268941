//! For people who cannot go on here: nothing at this address, or not theirs, or something broke.

use domain::Refusal;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::Problem;

#[component]
pub fn Away(problem: Problem) -> impl IntoView {
    let heading = match problem {
        Problem::Refused(Refusal::NotFound) => "There is nothing here",
        Problem::Refused(Refusal::AdminsOnly) => "For admins",
        _ => "That did not work",
    };
    let words = match problem {
        Problem::Refused(Refusal::NotFound) => {
            "The address may be mistyped, or what was here is not for you to see.".to_owned()
        }
        problem => problem.to_string(),
    };
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
