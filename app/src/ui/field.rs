//! A labelled field, and the lines that say what went wrong or well.

use leptos::prelude::*;

/// Label, input, and a hint below. Works as a plain form field before wasm has loaded.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(optional, into)] kind: Option<&'static str>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] autocomplete: Option<&'static str>,
    #[prop(optional, into)] inputmode: Option<&'static str>,
    #[prop(optional)] max: Option<usize>,
    #[prop(optional)] optional: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let id = format!("field-{name}");
    let hint_id = (!hint.is_empty()).then(|| format!("{id}-hint"));
    let described = hint_id.clone();
    view! {
        <div class="labelled">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                class="input"
                type=kind.unwrap_or("text")
                name=name
                value=value
                maxlength=max.map(|max| max.to_string())
                required=!optional
                autocomplete=autocomplete.unwrap_or("off")
                inputmode=inputmode
                autofocus=autofocus
                aria-describedby=described
            />
            {hint_id.map(|id| view! { <p class="hint" id=id>{hint}</p> })}
        </div>
    }
}

/// What went wrong, read out at once.
#[component]
pub fn Trouble(#[prop(into)] words: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div role="alert">{move || words.get().map(|words| view! { <p class="trouble">{words}</p> })}</div>
    }
}

/// What went well, or what is going on; read out when there is time.
#[component]
pub fn Notice(#[prop(into)] words: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div role="status">{move || words.get().map(|words| view! { <p class="notice">{words}</p> })}</div>
    }
}
