//! A link that is copied by a click, or shown to be copied by hand where the browser does not allow it.

use leptos::{either::EitherOf3, html, prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

/// Puts a text into the clipboard. Only secure pages and those of this machine may.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let there =
        js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|it| it.is_object());
    there
        && JsFuture::from(navigator.clipboard().write_text(text))
            .await
            .is_ok()
}

#[component]
pub fn CopyLink(link: String) -> impl IntoView {
    let link = StoredValue::new(link);
    let copied = RwSignal::new(None);
    let click = move |_| {
        spawn_local(async move {
            let done = copy(&link.get_value()).await;
            copied.try_set(Some(done));
        });
    };
    view! {
        <button type="button" class="link" on:click=click>"Copy link"</button>
        <Copied copied=copied link=Signal::derive(move || link.get_value())/>
    }
}

/// What came of it: `Some(true)` copied, `Some(false)` to be copied by hand.
#[component]
pub fn Copied(
    #[prop(into)] copied: Signal<Option<bool>>,
    #[prop(into)] link: Signal<String>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let (Some(false), Some(field)) = (copied.get(), field.get()) {
            field.select();
        }
    });
    view! {
        <span role="status">
            {move || match copied.get() {
                None => EitherOf3::A(()),
                Some(true) => EitherOf3::B(view! { <small class="ok">"Copied"</small> }),
                Some(false) => EitherOf3::C(view! {
                    <input class="input copy-field" readonly aria-label="Link" node_ref=field prop:value=link/>
                }),
            }}
        </span>
    }
}
