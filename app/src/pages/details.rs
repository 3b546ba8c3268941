//! Beside the conversation: what the page is about, who is on it, and what those who may can do about that.

use domain::{About, Invited, Member, PageName, PageRole};
use leptos::{html, prelude::*, task::spawn_local};

use super::{api, talk::Talk};
use crate::{
    invitations::InviteButton,
    ui::{Avatar, Confirm, Dialog, Field, Glyph, Icon, Trouble, act, value_of},
};

#[component]
pub(super) fn Details(
    talk: Talk,
    /// As a sheet, where the screen is too narrow for a third column.
    open: RwSignal<bool>,
) -> impl IntoView {
    let close = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        if let (true, Some(close)) = (open.get(), close.get()) {
            let _ = close.focus();
        }
    });
    let renaming = RwSignal::new(false);
    let manages = move || talk.may_manage.get();
    let id = talk.id;
    view! {
        <aside
            class=move || if open.get() { "details open" } else { "details" }
            aria-label="Details"
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    open.set(false);
                }
            }
        >
            <header class="details-head">
                <h2 class="about">"About this page"</h2>
                <Show when=manages>
                    <button type="button" class="icon" aria-label="Rename" on:click=move |_| renaming.set(true)>
                        <Icon glyph=Glyph::Edit/>
                    </button>
                </Show>
                <button
                    type="button"
                    class="icon shut"
                    aria-label="Close details"
                    node_ref=close
                    on:click=move |_| open.set(false)
                >
                    <Icon glyph=Glyph::Close/>
                </button>
            </header>
            <p class="about-words muted" dir="auto">{move || about(talk)}</p>
            <h2>"Members"</h2>
            <Members talk=talk/>
            <Show when=manages>
                <div class="invite-here"><InviteButton page=id/></div>
            </Show>
            <Leave talk=talk/>
            <Dialog open=renaming title="Rename the page">
                <Rename talk=talk open=renaming/>
            </Dialog>
        </aside>
    }
}

fn about(talk: Talk) -> String {
    talk.page.with(|page| {
        if page.about.is_empty() {
            "Nothing is said about it yet.".to_owned()
        } else {
            page.about.clone()
        }
    })
}

#[component]
fn Members(talk: Talk) -> impl IntoView {
    let removing = RwSignal::new(None::<Member>);
    let asking = RwSignal::new(false);
    let trouble = RwSignal::new(None::<String>);
    let words = move || {
        removing.with(|member| {
            let name = member.as_ref().map_or("", |member| member.name.as_str());
            format!("{name} can no longer read or write here. What {name} wrote stays.")
        })
    };
    let remove = Callback::new(move |()| {
        let Some(member) = removing.get_untracked() else {
            return;
        };
        spawn_local(async move {
            match api::remove_member(talk.id, member.account).await {
                Ok(()) => talk.left(member.account),
                Err(problem) => trouble.set(Some(problem.to_string())),
            }
        });
    });
    let more = move || talk.member_count.get() > talk.members.with(Vec::len);
    let ask = move |member: Member| {
        removing.set(Some(member));
        asking.set(true);
    };
    view! {
        <ul class="members">
            <For
                each=move || talk.members.get()
                key=|member| (member.account, member.role == PageRole::Admin, member.name.clone())
                children=move |member| view! { <Person talk=talk member=member remove=Callback::new(ask)/> }
            />
            <For
                each=move || talk.invited.get()
                key=|invited| invited.email.clone()
                children=invited
            />
        </ul>
        <Show when=more>
            <p class="everyone">
                <button type="button" class="quiet" on:click=move |_| talk.list_everyone(trouble)>
                    {move || format!("Show all {}", talk.member_count.get())}
                </button>
            </p>
        </Show>
        <Trouble words=trouble/>
        <Confirm open=asking title="Remove from the page?" words=Signal::derive(words) yes="Remove" on_yes=remove/>
    }
}

#[component]
fn Person(talk: Talk, member: Member, remove: Callback<Member>) -> impl IntoView {
    let me = talk.me.with_value(|me| me.account) == member.account;
    let role = match (member.role, me) {
        (PageRole::Admin, true) => "Page admin, you",
        (PageRole::Admin, false) => "Page admin",
        (PageRole::Member, true) => "You",
        (PageRole::Member, false) => "Member",
    };
    let label = format!("Remove {}", member.name);
    let (account, id, name) = (member.account, member.account.0, member.name.clone());
    let online = move || {
        let here = me || talk.online.with(|online| online.contains(&account));
        here.then(|| view! { <span class="online" role="img" aria-label="Online"></span> })
    };
    let removable = move || talk.may_manage.get() && !me;
    let member = StoredValue::new(member);
    view! {
        <li class="member">
            <span class="face"><Avatar id=id name=name.clone()/>{online}</span>
            <div class="grow">{name}<small>{role}</small></div>
            <Show when=removable>
                <button
                    type="button"
                    class="icon"
                    aria-label=label.clone()
                    on:click=move |_| remove.run(member.get_value())
                >
                    <Icon glyph=Glyph::Close/>
                </button>
            </Show>
        </li>
    }
}

fn invited(invited: Invited) -> impl IntoView {
    let address = invited.email.to_string();
    // No account yet, so no id that a colour could come from.
    view! {
        <li class="member invited">
            <span class="avatar nobody" aria-hidden="true">{domain::initials(&address)}</span>
            <div class="grow">{address}<small>"Invited, not joined yet"</small></div>
        </li>
    }
}

#[component]
fn Rename(talk: Talk, open: RwSignal<bool>) -> impl IntoView {
    let page = talk.page.get_untracked();
    let trouble = RwSignal::new(None);
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let change = api::update_page(talk.id, value_of(&event, "name"), value_of(&event, "about"));
        act(trouble, change, move |page| {
            talk.page.set(page);
            open.set(false);
        });
    };
    view! {
        <form on:submit=save>
            <Field label="Page name" name="name" value=page.name max=PageName::MAX autofocus=true/>
            <div class="labelled">
                <label for="rename-about">"About"</label>
                <textarea id="rename-about" class="input" name="about" rows="3" maxlength=About::MAX.to_string()>
                    {page.about}
                </textarea>
            </div>
            <Trouble words=trouble/>
            <div class="actions"><button class="btn" type="submit">"Save"</button></div>
        </form>
    }
}

#[component]
fn Leave(talk: Talk) -> impl IntoView {
    let asking = RwSignal::new(false);
    let trouble = RwSignal::new(None::<String>);
    let leave = Callback::new(move |()| {
        let me = talk.me.with_value(|me| me.account);
        spawn_local(async move {
            match api::remove_member(talk.id, me).await {
                Ok(()) => {
                    let _ = window().location().set_href("/");
                }
                Err(problem) => trouble.set(Some(problem.to_string())),
            }
        });
    });
    view! {
        <p class="leave">
            <button type="button" class="quiet" on:click=move |_| asking.set(true)>"Leave this page"</button>
        </p>
        <Trouble words=trouble/>
        <Confirm
            open=asking
            title="Leave this page?"
            words="You can no longer read or write here, until somebody invites you again."
            yes="Leave"
            on_yes=leave
        />
    }
}
