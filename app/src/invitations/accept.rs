//! What an invited person meets: the page's name, who invites, their own name, one button. Opening changes nothing.

use domain::{AccountId, Email, Identity, InvitationView, PageId, PersonName};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::api::{AcceptInvitation, AskForNewLink, invitation_view, note_invitation_opened};
use crate::{
    people::Card,
    ui::{Field, Tile, Trouble, trouble},
};

#[component]
pub fn AcceptPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::keep_address_private();
    let params = use_params_map();
    let token = Memo::new(move |_| params.read().get("token").unwrap_or_default());
    let asked = use_query_map().read_untracked().get("asked").is_some();
    let invitation = Resource::new_blocking(move || token.get(), invitation_view);
    let accept = ServerAction::<AcceptInvitation>::new();
    view! {
        <Card>
            <Suspense>
                {move || Suspend::new(async move {
                    let token = token.get_untracked();
                    match invitation.await {
                        Ok(view @ InvitationView::Open { .. }) => {
                            view! { <Open view=view token=token accept=accept/> }.into_any()
                        }
                        Ok(InvitationView::Member { page }) => view! { <Member page=page.id name=page.name/> }.into_any(),
                        Ok(InvitationView::Expired) => view! { <Expired token=token asked=asked/> }.into_any(),
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

/// Tells the inviter that a person has it before them: at the first sign of one, which link scanners do not give.
fn tell_opened(token: String) {
    Effect::new(move |_| {
        let told = StoredValue::new(false);
        let tell = {
            let token = token.clone();
            move || {
                if !told.get_value() {
                    told.set_value(true);
                    let token = token.clone();
                    leptos::task::spawn_local(async move {
                        // Only a nicety for the inviter: nobody misses it when it fails.
                        let _ = note_invitation_opened(token).await;
                    });
                }
            }
        };
        let moved = window_event_listener(leptos::ev::pointermove, {
            let tell = tell.clone();
            move |_| tell()
        });
        let pressed = window_event_listener(leptos::ev::pointerdown, {
            let tell = tell.clone();
            move |_| tell()
        });
        let typed = window_event_listener(leptos::ev::keydown, move |_| tell());
        on_cleanup(move || {
            for listener in [moved, pressed, typed] {
                listener.remove();
            }
        });
    });
}

#[component]
fn Open(
    view: InvitationView,
    token: String,
    accept: ServerAction<AcceptInvitation>,
) -> impl IntoView {
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
            Some(me) => view! { <TwoIdentities me=me email=email token=token accept=accept known_name=known_name/> }.into_any(),
            None => view! { <Join email=email token=token accept=accept known_name=known_name/> }.into_any(),
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
fn Join(
    email: Email,
    token: String,
    accept: ServerAction<AcceptInvitation>,
    known_name: Option<String>,
) -> impl IntoView {
    view! {
        <ActionForm action=accept>
            <input type="hidden" name="token" value=token/>
            <Field
                label="Your name"
                name="name"
                value=known_name.unwrap_or_default()
                max=PersonName::MAX
                autocomplete="name"
                autofocus=true
            />
            <div class="labelled">
                <label for="locked-email">"Email"</label>
                <input id="locked-email" class="input" type="email" value=email.to_string() readonly/>
            </div>
            <Trouble words=trouble(move || accept.value().get())/>
            <button class="btn wide" type="submit" disabled=move || accept.pending().get()>"Join the page"</button>
        </ActionForm>
        <p class="muted small">"No password needed. The link in your email signs you in."</p>
    }
}

/// Signed in as one, invited as another: whoever it is chooses.
#[component]
fn TwoIdentities(
    me: Identity,
    email: Email,
    token: String,
    accept: ServerAction<AcceptInvitation>,
    known_name: Option<String>,
) -> impl IntoView {
    let switch = RwSignal::new(false);
    let other = token.clone();
    let stay = format!("Join as {}", me.name);
    let address = email.to_string();
    view! {
        <p class="notice">
            "You are signed in as "<b>{me.name}</b>" ("{me.email}"). The invitation is for "<b>{email.to_string()}</b>"."
        </p>
        <ActionForm action=accept>
            <input type="hidden" name="token" value=token/>
            <input type="hidden" name="as_me" value="true"/>
            <button class="btn wide" type="submit">{stay}</button>
        </ActionForm>
        <details class="switch" prop:open=switch>
            <summary>{format!("Join as {address} instead")}</summary>
            <Join email=email token=other accept=accept known_name=known_name/>
        </details>
    }
}

#[component]
fn Member(page: PageId, name: String) -> impl IntoView {
    let to = format!("/p/{page}");
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(&to);
    view! {
        <h1 class="door-name">{name}</h1>
        <p class="muted">"You are a member already."</p>
        <p class="actions centred"><a class="btn" href=to>"Open the page"</a></p>
    }
}

#[component]
fn Expired(token: String, asked: bool) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::page_status(http::StatusCode::GONE);
    let action = ServerAction::<AskForNewLink>::new();
    view! {
        <Title text="Expired · Stoa"/>
        <h1>"This link has expired"</h1>
        {if asked {
            view! {
                <p class="notice" role="status">"A new link is on its way to the address that was invited."</p>
            }
                .into_any()
        } else {
            view! {
                <p class="muted">"Invitations work for a week. A new link goes to the address that was invited."</p>
                <ActionForm action=action>
                    <input type="hidden" name="token" value=token/>
                    <Trouble words=trouble(move || action.value().get())/>
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
