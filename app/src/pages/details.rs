//! Beside the conversation: what the page is about, who is on it, and what those who may can do about that.

use domain::{About, Invited, Member, PageName, PageRole};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    api,
    late::{Ask, Dialogs, Late, late},
    talk::Talk,
};
use crate::{
    invitations::InviteButton,
    ui::{
        Avatar, Confirm, Dialog, Field, Glyph, Icon, Trouble, act, click, effect, value_of, when,
        words,
    },
};

#[component]
pub(super) fn Details(
    talk: Talk,
    /// As a sheet, where the screen is too narrow for a third column.
    open: RwSignal<bool>,
) -> impl IntoView {
    let close = NodeRef::<html::Button>::new();
    effect(move || {
        if let (true, Some(close)) = (open.get(), close.get()) {
            let _ = close.focus();
        }
    });
    let dialogs = Dialogs::here();
    let manages = move || talk.may_manage.get();
    let id = talk.id;
    view! {
        <aside
            class=words(move || if open.get() { "details open" } else { "details" }.into())
            aria-label="Details"
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    open.set(false);
                }
            }
        >
            <header class="details-head">
                <h2 class="about">"About this page"</h2>
                {when(manages, move || view! {
                    <button type="button" class="icon" aria-label="Rename" on:click=click(move || dialogs.open(Ask::Rename(talk)))>
                        <Icon glyph=Glyph::Edit/>
                    </button>
                })}
                <button
                    type="button"
                    class="icon shut"
                    aria-label="Close details"
                    node_ref=close
                    on:click=click(move || open.set(false))
                >
                    <Icon glyph=Glyph::Close/>
                </button>
            </header>
            <p class="about-words muted" dir="auto">{words(move || about(talk))}</p>
            <h2>"Members"</h2>
            <Members talk=talk/>
            {when(manages, move || view! {
                <div class="invite-here">
                    <InviteButton page=id on_click=Callback::new(move |()| dialogs.open(Ask::Invite(id)))/>
                </div>
            })}
            {when(move || talk.pictures.with(|all| !all.is_empty()), move || {
                late(Late::Shared(talk, Callback::new(move |()| dialogs.open(Ask::Gallery(talk)))))
            })}
            <p class="leave">
                <button type="button" class="quiet" on:click=click(move || dialogs.open(Ask::Leave(talk)))>
                    "Leave this page"
                </button>
            </p>
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
    let trouble = RwSignal::new(None::<String>);
    let more = move || talk.member_count.get() > talk.members.with(Vec::len);
    view! {
        <ul class="members">
            <For
                each=move || talk.members.get()
                key=|member| (member.account, member.role == PageRole::Admin, member.name.clone())
                children=move |member| view! { <Person talk=talk member=member/> }
            />
            {move || talk.invited.get().into_iter().map(invited).collect_view()}
        </ul>
        {when(more, move || view! {
            <p class="everyone">
                <button type="button" class="quiet" on:click=click(move || talk.list_everyone(trouble))>
                    {words(move || format!("Show all {}", talk.member_count.get()))}
                </button>
            </p>
        })}
        <Trouble words=trouble/>
    }
}

#[component]
fn Person(talk: Talk, member: Member) -> impl IntoView {
    let dialogs = Dialogs::here();
    let me = talk.me.with_value(|me| me.account) == member.account;
    let role = match (member.role, me) {
        (PageRole::Admin, true) => "Page admin, you",
        (PageRole::Admin, false) => "Page admin",
        (PageRole::Member, true) => "You",
        (PageRole::Member, false) => "Member",
    };
    let label = format!("Remove {}", member.name);
    let (account, id, name) = (member.account, member.account.0, member.name.clone());
    let member = StoredValue::new(member);
    move || {
        let online = me || talk.online.with(|online| online.contains(&account));
        let removable = talk.may_manage.get() && !me;
        view! {
            <li class="member">
                <span class="face">
                    <Avatar id=id name=name.clone()/>
                    {online.then(|| view! { <span class="online" role="img" aria-label="Online"></span> })}
                </span>
                <div class="grow">{name.clone()}<small>{role}</small></div>
                {removable.then(|| view! {
                    <button
                        type="button"
                        class="icon"
                        aria-label=label.clone()
                        on:click=click(move || dialogs.open(Ask::Remove(talk, member.get_value())))
                    >
                        <Icon glyph=Glyph::Close/>
                    </button>
                })}
            </li>
        }
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
pub(super) fn RemoveDialog(talk: Talk, member: Member, open: RwSignal<bool>) -> impl IntoView {
    let (account, name) = (member.account, member.name);
    let remove = Callback::new(move |()| {
        spawn_local(async move {
            match api::remove_member(talk.id, account).await {
                Ok(()) => talk.left(account),
                Err(problem) => {
                    talk.trouble.try_set(Some(problem.to_string()));
                }
            }
        });
    });
    view! {
        <Confirm
            open=open
            title="Remove from the page?"
            words=format!("{name} can no longer read or write here. What {name} wrote stays.")
            yes="Remove"
            on_yes=remove
        />
    }
}

#[component]
pub(super) fn RenameDialog(talk: Talk, open: RwSignal<bool>) -> impl IntoView {
    view! { <Dialog open=open title="Rename the page"><Rename talk=talk open=open/></Dialog> }
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
pub(super) fn LeaveDialog(talk: Talk, open: RwSignal<bool>) -> impl IntoView {
    let leave = Callback::new(move |()| {
        let me = talk.me.with_value(|me| me.account);
        spawn_local(async move {
            match api::remove_member(talk.id, me).await {
                Ok(()) => {
                    let _ = window().location().set_href("/");
                }
                Err(problem) => {
                    talk.trouble.try_set(Some(problem.to_string()));
                }
            }
        });
    });
    view! {
        <Confirm
            open=open
            title="Leave this page?"
            words="You can no longer read or write here, until somebody invites you again."
            yes="Leave"
            on_yes=leave
        />
    }
}
