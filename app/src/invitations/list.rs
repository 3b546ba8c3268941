//! What became of invitations: each with its state in words, and what can still be done about it.

use domain::{Invitation, InvitationState, Timestamp};
use leptos::prelude::*;

use super::api::{copy_invitation_link, invitations, resend_invitation, revoke_invitation};
use crate::{
    pages::now,
    ui::{Copied, Trouble, act, again_while, ago, copy, fresh},
};

#[component]
pub fn Invitations(first: Vec<Invitation>) -> impl IntoView {
    view! {
        <header class="head"><h1>"Invitations"</h1></header>
        <Table first=first/>
    }
}

fn on_its_way(invitation: &Invitation) -> bool {
    matches!(
        invitation.state,
        InvitationState::WaitingToSend
            | InvitationState::Sent
            | InvitationState::Delayed { .. }
            | InvitationState::Opened { .. }
    )
}

#[component]
fn Table(first: Vec<Invitation>) -> impl IntoView {
    let trouble = RwSignal::new(None);
    let (rows, again) = fresh(first, trouble, || invitations(None));
    again_while(again, move || rows.read_untracked().iter().any(on_its_way));
    let kept = move || {
        rows.read()
            .iter()
            .any(|row| row.state == InvitationState::Kept)
    };
    view! {
        <Trouble words=trouble/>
        <Show when=kept>
            <p class="notice warn">
                "No mail server is set: these invitations are kept in the built-in mailbox, under "
                <a href="/admin/mail">"Mail"</a>". Pass each link on with Copy link."
            </p>
        </Show>
        <Show
            when=move || !rows.read().is_empty()
            fallback=|| view! { <p class="muted">"Nobody has been invited yet."</p> }
        >
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Invitation"</th>
                        <th scope="col">"Page"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"When"</th>
                        <th scope="col"><span class="unseen">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    // The whole row is its key: what has not changed stays, with the focus in it.
                    <For each=move || rows.get() key=|row| format!("{row:?}") let:row>
                        <Row invitation=row trouble=trouble again=again/>
                    </For>
                </tbody>
            </table>
        </Show>
    }
}

/// Words, look, and what was said, of a state.
fn told(state: &InvitationState, now: Timestamp) -> (&'static str, &'static str, Option<String>) {
    match state {
        InvitationState::WaitingToSend => ("Waiting to send", "", None),
        InvitationState::Kept => ("Kept, copy the link", "", None),
        InvitationState::Sent => ("Sent", "", None),
        InvitationState::Delayed { said } => ("Delayed", "warn", Some(said.clone())),
        InvitationState::NotDelivered { said } => ("Not delivered", "bad", Some(said.clone())),
        InvitationState::Opened { at } => ("Opened", "", Some(ago(*at, now))),
        InvitationState::Joined { name, at } => {
            ("Joined", "ok", Some(format!("{name}, {}", ago(*at, now))))
        }
        InvitationState::Expired => ("Expired", "", None),
        InvitationState::Revoked => ("Revoked", "", None),
    }
}

#[component]
fn Row(
    invitation: Invitation,
    trouble: RwSignal<Option<String>>,
    again: Callback<()>,
) -> impl IntoView {
    let now = now();
    let id = invitation.id;
    let (words, look, said) = told(&invitation.state, now);
    let over = matches!(
        invitation.state,
        InvitationState::Joined { .. } | InvitationState::Revoked
    );
    let open = !over && invitation.state != InvitationState::Expired;
    let when = if open {
        format!(
            "{}, expires {}",
            ago(invitation.created, now),
            ago(invitation.expires, now)
        )
    } else {
        ago(invitation.created, now)
    };
    let link = RwSignal::new(String::new());
    let copied = RwSignal::new(None);
    let copy_link = move |_| {
        let doing = async move {
            let made = copy_invitation_link(id).await?;
            let done = copy(&made).await;
            Ok((made, done))
        };
        act(trouble, doing, move |(made, done)| {
            link.set(made);
            copied.set(Some(done));
        });
    };
    view! {
        <tr>
            <td>
                {invitation.email.to_string()}
                <small class="muted">{format!("by {}", invitation.invited_by)}</small>
            </td>
            <td>{invitation.page_name}</td>
            <td>
                <span class=format!("state {look}")>{words}</span>
                {said.map(|said| view! { <small class="said">{said}</small> })}
            </td>
            <td class="muted">{when}</td>
            <td>
                <div class="row-actions">
                    {(!over).then(|| view! {
                        <button type="button" class="link" on:click=move |_| act(trouble, resend_invitation(id), move |()| again.run(()))>
                            "Resend"
                        </button>
                    })}
                    {open.then(|| view! {
                        <button type="button" class="link" on:click=copy_link>"Copy link"</button>
                        <Copied copied=copied link=link/>
                        <button type="button" class="link bad" on:click=move |_| act(trouble, revoke_invitation(id), move |()| again.run(()))>
                            "Revoke"
                        </button>
                    })}
                </div>
            </td>
        </tr>
    }
}
