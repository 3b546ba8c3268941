//! What became of invitations: each with its state in words, and what can still be done about it.

use domain::{Invitation, InvitationState, Timestamp};
use leptos::prelude::*;

use super::api::{copy_invitation_link, invitations, resend_invitation, revoke_invitation};
use crate::{
    Problem,
    pages::now,
    people::{AdminFrame, Here},
    ui::{Copied, Trouble, act, ago, copy, refresh_while},
};

#[component]
pub fn InvitationsPage() -> impl IntoView {
    view! { <AdminFrame here=Here::Invitations><All/></AdminFrame> }
}

#[component]
fn All() -> impl IntoView {
    let list = Resource::new_blocking(|| (), |()| invitations(None));
    view! {
        <header class="head"><h1>"Invitations"</h1></header>
        <InvitationTable list=list page_column=true/>
    }
}

type List = Result<Vec<Invitation>, Problem>;

fn on_its_way(list: &List) -> bool {
    list.as_ref().is_ok_and(|list| {
        list.iter().any(|invitation| {
            matches!(
                invitation.state,
                InvitationState::WaitingToSend
                    | InvitationState::Sent
                    | InvitationState::Delayed { .. }
                    | InvitationState::Opened { .. }
            )
        })
    })
}

#[component]
pub(super) fn InvitationTable(list: Resource<List>, page_column: bool) -> impl IntoView {
    let trouble = RwSignal::new(None);
    refresh_while(list, on_its_way);
    let again = Callback::new(move |()| list.refetch());
    view! {
        <Trouble words=trouble/>
        <Transition>
            {move || Suspend::new(async move {
                let rows = match list.await {
                    Err(problem) => return view! { <p class="trouble">{problem.to_string()}</p> }.into_any(),
                    Ok(rows) if rows.is_empty() => {
                        return view! { <p class="muted">"Nobody has been invited yet."</p> }.into_any();
                    }
                    Ok(rows) => rows,
                };
                let rows = rows
                    .into_iter()
                    .map(|row| view! { <Row invitation=row page_column=page_column trouble=trouble again=again/> })
                    .collect_view();
                view! {
                    <div class="scroll-x">
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">"Invitation"</th>
                                    {page_column.then(|| view! { <th scope="col">"Page"</th> })}
                                    <th scope="col">"State"</th>
                                    <th scope="col">"When"</th>
                                    <th scope="col"><span class="unseen">"Actions"</span></th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }
                    .into_any()
            })}
        </Transition>
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
    page_column: bool,
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
            {page_column.then(|| view! { <td>{invitation.page_name}</td> })}
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
