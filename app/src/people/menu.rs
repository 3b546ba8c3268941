//! One's own corner: name, the way to the admin, signing out.

use domain::{Identity, PersonName};
use leptos::prelude::*;
use server_fn::ServerFn;

use super::api::{SignOut, rename_me};
use crate::ui::{Avatar, Dialog, Field, Trouble, act, click, closes_by_itself, value_of};

#[component]
pub fn AccountMenu(me: Identity, rename: Callback<()>) -> impl IntoView {
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
                {me.admin.then(|| view! { <a href="/admin" rel="external">"Admin"</a> })}
                <button type="button" on:click=click(move || rename.run(()))>"Change my name"</button>
                <form action=SignOut::url() method="post"><button type="submit">"Sign out"</button></form>
            </div>
        </details>
    }
}

#[component]
pub fn MyNameDialog(name: String, open: RwSignal<bool>) -> impl IntoView {
    view! { <Dialog open=open title="My name"><MyName name=name.clone()/></Dialog> }
}

#[component]
fn MyName(name: String) -> impl IntoView {
    let trouble = RwSignal::new(None);
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        act(trouble, rename_me(value_of(&event, "name")), |()| {
            // My name stands in many places.
            let _ = window().location().reload();
        });
    };
    view! {
        <form on:submit=save>
            <Field label="Your name" name="name" value=name max=PersonName::MAX autocomplete="name" autofocus=true/>
            <Trouble words=trouble/>
            <div class="actions"><button class="btn" type="submit">"Save"</button></div>
        </form>
    }
}
