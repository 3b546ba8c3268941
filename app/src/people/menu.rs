//! One's own corner: name, the way to the admin, signing out.

use domain::{Identity, PersonName};
use leptos::prelude::*;

use super::api::{SignOut, rename_me};
use crate::{
    Problem,
    form::then_load,
    ui::{Avatar, Dialog, Field, Trouble, closes_by_itself},
};

#[component]
pub fn AccountMenu(me: Identity) -> impl IntoView {
    let profile = RwSignal::new(false);
    let action = ServerAction::<SignOut>::new();
    then_load(move || action.value().get(), |()| "/sign-in".into());
    let name = me.name.clone();
    let menu = NodeRef::new();
    closes_by_itself(menu);
    view! {
        <details class="account" node_ref=menu>
            <summary>
                <Avatar id=me.account.0 name=me.name.clone() small=true/>
                <span class="grow">{me.name.clone()}</span>
            </summary>
            <div class="account-menu">
                <p class="muted small">{me.email.clone()}</p>
                {me.admin.then(|| view! { <a href="/admin">"Admin"</a> })}
                <button type="button" on:click=move |_| profile.set(true)>"Change my name"</button>
                <ActionForm action=action><button type="submit">"Sign out"</button></ActionForm>
            </div>
        </details>
        <Dialog open=profile title="My name">
            <MyName name=name.clone()/>
        </Dialog>
    }
}

#[component]
fn MyName(name: String) -> impl IntoView {
    let action = Action::new_local(|name: &String| {
        let name = name.clone();
        async move {
            rename_me(name).await?;
            // My name stands in many places.
            let _ = window().location().reload();
            Ok::<(), Problem>(())
        }
    });
    let words = Signal::derive(move || {
        action
            .value()
            .get()
            .and_then(Result::err)
            .map(|p| p.to_string())
    });
    view! {
        <form on:submit=move |event| {
            event.prevent_default();
            action.dispatch_local(crate::ui::value_of(&event, "name"));
        }>
            <Field label="Your name" name="name" value=name max=PersonName::MAX autocomplete="name" autofocus=true/>
            <Trouble words=words/>
            <div class="actions"><button class="btn" type="submit">"Save"</button></div>
        </form>
    }
}
