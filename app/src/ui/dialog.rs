//! Dialogs on the browser's own `<dialog>`: Escape closes, focus stays inside and returns where it was.

use leptos::{html, prelude::*};

use super::icon::{Glyph, Icon};

/// Shown while `open`. Its children are built anew each time, so that a form begins empty.
#[component]
pub fn Dialog<V>(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(optional, into)] wide: bool,
    children: TypedChildrenFn<V>,
) -> impl IntoView
where
    V: IntoView + 'static,
{
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let (open, Some(element)) = (open.get(), element.get()) else {
            return;
        };
        if open && !element.open() {
            // Refused only for an element that is not in the document; then there is nothing to show.
            let _ = element.show_modal();
        } else if !open && element.open() {
            element.close();
        }
    });
    let outside = move |event: web_sys::MouseEvent| {
        // A click on the backdrop has the dialog itself as its target; its content lies in a child.
        let on_backdrop = element
            .get_untracked()
            .is_some_and(|element| event.target().is_some_and(|target| target == ****element));
        if on_backdrop {
            open.set(false);
        }
    };
    let children = StoredValue::new(children.into_inner());
    view! {
        <dialog
            node_ref=element
            class="dialog"
            class:wide=wide
            aria-label=move || title.get()
            on:close=move |_| open.set(false)
            on:click=outside
        >
            <Show when=move || open.get()>
                <div class="dialog-body">
                    <header class="dialog-head">
                        <h2>{move || title.get()}</h2>
                        <button type="button" class="icon" aria-label="Close" on:click=move |_| open.set(false)>
                            <Icon glyph=Glyph::Close/>
                        </button>
                    </header>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </dialog>
    }
}

/// Asks before something that hurts.
#[component]
pub fn Confirm(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] words: Signal<String>,
    /// What the button that does it is called.
    #[prop(into)]
    yes: Signal<String>,
    on_yes: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog open=open title=title>
            <p>{move || words.get()}</p>
            <div class="actions">
                <button type="button" class="btn ghost" on:click=move |_| open.set(false)>"Cancel"</button>
                <button
                    type="button"
                    class="btn danger"
                    on:click=move |_| {
                        open.set(false);
                        on_yes.run(());
                    }
                >
                    {move || yes.get()}
                </button>
            </div>
        </Dialog>
    }
}
