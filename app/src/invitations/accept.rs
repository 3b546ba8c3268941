//! What an invited person meets: the page's name, who invites, their own name, one button. Opening changes nothing.

use domain::{AccountId, Email, Identity, InvitationView, Page, PersonName, Refusal};
use leptos::{either::Either, prelude::*};
use server_fn::ServerFn;

use super::api::{AcceptInvitation, AskForNewLink};
use crate::{
    Problem,
    form::Sent,
    people::card,
    ui::{Field, Tile, Trouble},
};

/// `joining`, `asking`: what its forms come back with.
pub fn invitation_page(
    token: String,
    view: Result<InvitationView, Problem>,
    joining: Option<&Sent>,
    asking: Option<&Sent>,
) -> AnyView {
    match view {
        Ok(InvitationView::Open {
            page_name,
            page,
            invited_by,
            note,
            members,
            email,
            signed_in_as,
            known_name,
            ..
        }) => {
            let join = Join {
                email,
                token,
                known_name,
                sent: joining,
            };
            let form = match signed_in_as {
                Some(me) => Either::Left(join.or_stay(me)),
                None => Either::Right(join.form()),
            };
            card(view! {
                <Tile id=page.0 name=page_name.clone() size="big"/>
                <p class="muted">{format!("{invited_by} invited you to")}</p>
                <h1 class="door-name">{page_name}</h1>
                {(!note.is_empty()).then(|| view! { <p class="muted lines">{format!("“{note}”")}</p> })}
                {faces(members)}
                // Told by the first sign of a person: scanners of links open them too.
                <div data-tell-opened>{form}</div>
            })
        }
        Ok(InvitationView::Member { page }) => member(page),
        Ok(InvitationView::Expired) => expired(token, asking),
        Ok(InvitationView::Gone) => gone(),
        Err(problem) => {
            card(view! { <h1>"That did not work"</h1><p class="muted">{problem.to_string()}</p> })
        }
    }
}

fn faces(members: Vec<(AccountId, String)>) -> impl IntoView {
    let faces = members
        .into_iter()
        .map(|(id, initials)| {
            let class = format!("avatar sm hue-{}", domain::hue(&id.0));
            view! { <span class=class>{initials}</span> }
        })
        .collect_view();
    view! { <div class="faces" role="img" aria-label="Some of the members">{faces}</div> }
}

struct Join<'a> {
    email: Email,
    token: String,
    known_name: Option<String>,
    sent: Option<&'a Sent>,
}

impl Join<'_> {
    fn form(self) -> impl IntoView + use<> {
        let name = match Sent::typed(self.sent, "name") {
            typed if typed.is_empty() => self.known_name.unwrap_or_default(),
            typed => typed,
        };
        // A link that was copied lets nobody in as somebody who has an account.
        let known = self
            .sent
            .is_some_and(|sent| sent.problem == Some(Problem::Refused(Refusal::SignedOut)));
        view! {
            <form action=AcceptInvitation::url() method="post">
                <input type="hidden" name="token" value=self.token/>
                <Field label="Your name" name="name" value=name max=PersonName::MAX autocomplete="name" autofocus=true/>
                <div class="labelled">
                    <label for="locked-email">"Email"</label>
                    <input id="locked-email" class="input" type="email" value=self.email.to_string() readonly/>
                </div>
                <Trouble words=Signal::stored(Sent::words(self.sent))/>
                {known.then(|| view! { <p class="centred"><a class="btn wide" href="/sign-in">"Sign in"</a></p> })}
                {(!known).then(|| view! { <button class="btn wide" type="submit">"Join the page"</button> })}
            </form>
            <p class="muted small">"No password needed. The link in your email signs you in."</p>
        }
    }

    /// Signed in as one, invited as another: both are shown, and whoever it is chooses.
    fn or_stay(self, me: Identity) -> impl IntoView + use<> {
        let (address, token, back) = (
            self.email.to_string(),
            self.token.clone(),
            self.sent.is_some(),
        );
        let join = format!("Join as {}", me.name);
        view! {
            <p class="notice warn">
                "You are signed in as "<b>{me.name}</b>" ("{me.email}"). The invitation is for "<b>{address.clone()}</b>"."
            </p>
            <form action=AcceptInvitation::url() method="post">
                <input type="hidden" name="token" value=token/>
                <input type="hidden" name="as_me" value="true"/>
                <button class="btn wide" type="submit">{join}</button>
            </form>
            <details class="switch" open=back>
                <summary>{format!("Join as {address} instead")}</summary>
                {self.form()}
            </details>
        }
    }
}

fn member(page: Page) -> AnyView {
    card(view! {
        <h1 class="door-name">{page.name}</h1>
        <p class="muted">"You are a member already."</p>
        <p class="actions centred"><a class="btn" href=format!("/p/{}", page.id)>"Open the page"</a></p>
    })
}

fn expired(token: String, sent: Option<&Sent>) -> AnyView {
    if sent.is_some_and(|sent| sent.problem.is_none()) {
        return card(view! {
            <h1>"This link has expired"</h1>
            <p class="notice" role="status">"A new link is on its way to the address that was invited."</p>
        });
    }
    card(view! {
        <h1>"This link has expired"</h1>
        <p class="muted">"Invitations work for a week. A new link goes to the address that was invited."</p>
        <form action=AskForNewLink::url() method="post">
            <input type="hidden" name="token" value=token/>
            <Trouble words=Signal::stored(Sent::words(sent))/>
            <button class="btn wide" type="submit">"Ask for a new link"</button>
        </form>
    })
}

fn gone() -> AnyView {
    card(view! {
        <h1>"This link does not work"</h1>
        <p class="muted">
            "It may have been used already, or taken back. If you have joined before, sign in with your email; \
             otherwise ask whoever invited you."
        </p>
        <p class="actions centred"><a class="btn" href="/sign-in">"Sign in"</a></p>
    })
}
