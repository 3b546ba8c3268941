//! What an invited person meets: the page's name, who invites, their own name, one button. Opening changes nothing.

use domain::{AccountId, Email, Identity, InvitationView, PageId, PersonName};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    api::{AcceptInvitation, AskForNewLink, invitation_view},
    opened::tell_opened,
};
use crate::{
    form::{Sent, then_load, why},
    people::Card,
    ui::{Field, Tile, Trouble},
};

/// What its forms were sent back with, without scripts.
#[derive(Clone)]
struct BackHere {
    joining: Option<Sent>,
    asking: Option<Sent>,
}

#[component]
pub fn AcceptPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::keep_address_private();
    let params = use_params_map();
    let token = Memo::new(move |_| params.read().get("token").unwrap_or_default());
    let invitation = Resource::new_blocking(move || token.get(), invitation_view);
    provide_context(BackHere {
        joining: Sent::of("accept_invitation"),
        asking: Sent::of("ask_for_new_link"),
    });
    view! {
        <Card>
            <Suspense>
                {move || Suspend::new(async move {
                    let token = token.get_untracked();
                    match invitation.await {
                        Ok(view @ InvitationView::Open { .. }) => {
                            view! { <Open view=view token=token/> }.into_any()
                        }
                        Ok(InvitationView::Member { page }) => view! { <Member page=page.id name=page.name/> }.into_any(),
                        Ok(InvitationView::Expired) => view! { <Expired token=token/> }.into_any(),
                        Ok(InvitationView::Gone) => view! { <Gone/> }.into_any(),
                        Err(problem) => {
                            #[cfg(feature = "ssr")]
                            crate::ssr::refused_page(&problem);
                            view! { <h1>"That did not work"</h1><p class="muted">{problem.to_string()}</p> }.into_any()
                        }
                    }
                })}
            </Suspense>
        </Card>
    }
}

#[component]
fn Open(view: InvitationView, token: String) -> impl IntoView {
    let InvitationView::Open {
        page_name,
        page,
        invited_by,
        note,
        members,
        email,
        signed_in_as,
        known_name,
        ..
    } = view
    else {
        return ().into_any();
    };
    tell_opened(token.clone());
    view! {
        <Title text=format!("{page_name} · Stoa")/>
        <Tile id=page.0 name=page_name.clone() size="big"/>
        <p class="muted">{format!("{invited_by} invited you to")}</p>
        <h1 class="door-name">{page_name}</h1>
        {(!note.is_empty()).then(|| view! { <p class="muted lines">{format!("“{note}”")}</p> })}
        <Faces members=members/>
        {match signed_in_as {
            Some(me) => {
                view! { <TwoIdentities me=me email=email token=token known_name=known_name/> }.into_any()
            }
            None => view! { <Join email=email token=token known_name=known_name/> }.into_any(),
        }}
    }
    .into_any()
}

#[component]
fn Faces(members: Vec<(AccountId, String)>) -> impl IntoView {
    let faces = members
        .into_iter()
        .map(|(id, initials)| {
            let class = format!("avatar sm hue-{}", domain::hue(&id.0));
            view! { <span class=class>{initials}</span> }
        })
        .collect_view();
    view! { <div class="faces" role="img" aria-label="Some of the members">{faces}</div> }
}

#[component]
fn Join(email: Email, token: String, known_name: Option<String>) -> impl IntoView {
    let accept = ServerAction::<AcceptInvitation>::new();
    then_load(
        move || accept.value().get(),
        |page| format!("/p/{}", page.id),
    );
    let sent = use_context::<BackHere>().and_then(|back| back.joining);
    let words = why(move || accept.value().get(), sent.as_ref());
    let name = match Sent::typed(sent.as_ref(), "name") {
        typed if typed.is_empty() => known_name.unwrap_or_default(),
        typed => typed,
    };
    view! {
        <ActionForm action=accept>
            <input type="hidden" name="token" value=token/>
            <Field label="Your name" name="name" value=name max=PersonName::MAX autocomplete="name" autofocus=true/>
            <div class="labelled">
                <label for="locked-email">"Email"</label>
                <input id="locked-email" class="input" type="email" value=email.to_string() readonly/>
            </div>
            <Trouble words=words/>
            <button class="btn wide" type="submit" disabled=move || accept.pending().get()>"Join the page"</button>
        </ActionForm>
        <p class="muted small">"No password needed. The link in your email signs you in."</p>
    }
}

/// Signed in as one, invited as another: both are shown, and whoever it is chooses.
#[component]
fn TwoIdentities(
    me: Identity,
    email: Email,
    token: String,
    known_name: Option<String>,
) -> impl IntoView {
    let stay = ServerAction::<AcceptInvitation>::new();
    then_load(move || stay.value().get(), |page| format!("/p/{}", page.id));
    let words = why(move || stay.value().get(), None);
    let back = use_context::<BackHere>().and_then(|back| back.joining);
    let (address, mine) = (email.to_string(), token.clone());
    let join = format!("Join as {}", me.name);
    view! {
        <p class="notice warn">
            "You are signed in as "<b>{me.name}</b>" ("{me.email}"). The invitation is for "<b>{address.clone()}</b>"."
        </p>
        <ActionForm action=stay>
            <input type="hidden" name="token" value=mine/>
            <input type="hidden" name="as_me" value="true"/>
            <Trouble words=words/>
            <button class="btn wide" type="submit" disabled=move || stay.pending().get()>{join}</button>
        </ActionForm>
        <details class="switch" open=back.is_some()>
            <summary>{format!("Join as {address} instead")}</summary>
            <Join email=email token=token known_name=known_name/>
        </details>
    }
}

#[component]
fn Member(page: PageId, name: String) -> impl IntoView {
    let to = format!("/p/{page}");
    #[cfg(feature = "ssr")]
    crate::ssr::lead_to(&to);
    view! {
        <h1 class="door-name">{name}</h1>
        <p class="muted">"You are a member already."</p>
        <p class="actions centred"><a class="btn" href=to>"Open the page"</a></p>
    }
}

#[component]
fn Expired(token: String) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::page_status(http::StatusCode::GONE);
    let action = ServerAction::<AskForNewLink>::new();
    let token = StoredValue::new(token);
    let sent = use_context::<BackHere>().and_then(|back| back.asking);
    let words = why(move || action.value().get(), sent.as_ref());
    let asked_before = sent.is_some_and(|sent| sent.problem.is_none());
    let asked = move || asked_before || matches!(action.value().get(), Some(Ok(())));
    view! {
        <Title text="Expired · Stoa"/>
        <h1>"This link has expired"</h1>
        {move || if asked() {
            view! {
                <p class="notice" role="status">"A new link is on its way to the address that was invited."</p>
            }
                .into_any()
        } else {
            view! {
                <p class="muted">"Invitations work for a week. A new link goes to the address that was invited."</p>
                <ActionForm action=action>
                    <input type="hidden" name="token" value=token.get_value()/>
                    <Trouble words=words/>
                    <button class="btn wide" type="submit" disabled=move || action.pending().get()>
                        "Ask for a new link"
                    </button>
                </ActionForm>
            }
                .into_any()
        }}
    }
}

#[component]
fn Gone() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::page_status(http::StatusCode::NOT_FOUND);
    view! {
        <Title text="Invitation · Stoa"/>
        <h1>"This link does not work"</h1>
        <p class="muted">
            "It may have been used already, or taken back. If you have joined before, sign in with your email; \
             otherwise ask whoever invited you."
        </p>
        <p class="actions centred"><a class="btn" href="/sign-in">"Sign in"</a></p>
    }
}
