//! The admin's list of people: who they are, where they are members, and what may be taken from them.

use domain::{AccountId, AccountSummary, PageId, Timestamp};
use leptos::prelude::*;

use super::{
    api::{people, set_admin, set_disabled, sign_out_everywhere},
    frame::{AdminFrame, Here},
};
use crate::{
    pages::{api::remove_member, now},
    ui::{Avatar, Confirm, Trouble, act, ago},
};

#[component]
pub fn PeoplePage() -> impl IntoView {
    view! { <AdminFrame here=Here::People><People/></AdminFrame> }
}

/// What is asked about before it is done.
#[derive(Clone, PartialEq, Eq)]
enum Asked {
    SignOut(AccountId, String),
    Disable(AccountId, String),
    Remove(AccountId, String, PageId, String),
    MakeAdmin(AccountId, String),
}

impl Asked {
    fn title(&self) -> String {
        match self {
            Self::SignOut(_, name) => format!("Sign {name} out everywhere?"),
            Self::Disable(_, name) => format!("Disable {name}?"),
            Self::Remove(_, name, _, page) => format!("Remove {name} from {page}?"),
            Self::MakeAdmin(_, name) => format!("Make {name} an admin?"),
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Self::SignOut(..) => {
                "All their devices are signed out at once. They can sign in again by email."
            }
            Self::Disable(..) => {
                "They are signed out at once and cannot sign in until you enable them again. What they wrote stays."
            }
            Self::Remove(..) => {
                "They stop seeing the page at once. What they wrote stays. They can be invited again."
            }
            Self::MakeAdmin(..) => {
                "Admins manage every page, all people and the mail of this place."
            }
        }
    }

    fn yes(&self) -> &'static str {
        match self {
            Self::SignOut(..) => "Sign out",
            Self::Disable(..) => "Disable",
            Self::Remove(..) => "Remove",
            Self::MakeAdmin(..) => "Make admin",
        }
    }
}

#[component]
fn People() -> impl IntoView {
    let list = Resource::new_blocking(|| (), |()| people());
    let trouble = RwSignal::new(None);
    let asking = RwSignal::new(false);
    let asked = RwSignal::new(None::<Asked>);
    let ask = Callback::new(move |what: Asked| {
        asked.set(Some(what));
        asking.set(true);
    });
    let again = move || list.refetch();
    let confirmed = Callback::new(move |()| match asked.get_untracked() {
        Some(Asked::SignOut(id, _)) => act(trouble, sign_out_everywhere(id), move |()| again()),
        Some(Asked::Disable(id, _)) => act(trouble, set_disabled(id, true), move |()| again()),
        Some(Asked::MakeAdmin(id, _)) => act(trouble, set_admin(id, true), move |()| again()),
        Some(Asked::Remove(id, _, page, _)) => {
            act(trouble, remove_member(page, id), move |()| again())
        }
        None => {}
    });
    let said = move |say: fn(&Asked) -> String| asked.read().as_ref().map(say).unwrap_or_default();
    view! {
        <header class="head"><h1>"People"</h1></header>
        <Trouble words=trouble/>
        <div class="scroll-x">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Person"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"Pages"</th>
                        <th scope="col">"Last seen"</th>
                        <th scope="col"><span class="unseen">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    <Suspense>
                        {move || Suspend::new(async move {
                            match list.await {
                                Ok(people) => {
                                    people
                                        .into_iter()
                                        .map(|person| {
                                            view! { <Person person=person ask=ask trouble=trouble again=Callback::new(move |()| again())/> }
                                        })
                                        .collect_view()
                                        .into_any()
                                }
                                Err(problem) => {
                                    view! { <tr><td colspan="5" class="trouble">{problem.to_string()}</td></tr> }.into_any()
                                }
                            }
                        })}
                    </Suspense>
                </tbody>
            </table>
        </div>
        <Confirm
            open=asking
            title=Signal::derive(move || said(Asked::title))
            words=Signal::derive(move || said(|asked| asked.words().into()))
            yes=Signal::derive(move || said(|asked| asked.yes().into()))
            on_yes=confirmed
        />
    }
}

#[component]
fn Person(
    person: AccountSummary,
    ask: Callback<Asked>,
    trouble: RwSignal<Option<String>>,
    again: Callback<()>,
) -> impl IntoView {
    let AccountSummary {
        id,
        name,
        email,
        admin,
        disabled,
        last_seen,
        pages,
    } = person;
    let role = match (disabled, admin) {
        (true, _) => "Disabled",
        (_, true) => "Admin",
        _ => "Member",
    };
    let seen = last_seen.map_or("never".into(), |at: Timestamp| ago(at, now()));
    let places = pages
        .into_iter()
        .map(|(page, title)| {
            let name = name.clone();
            let label = format!("Remove {name} from {title}");
            let words = title.clone();
            view! {
                <span class="chip">
                    {words}
                    <button
                        type="button"
                        class="chip-x"
                        aria-label=label
                        on:click=move |_| ask.run(Asked::Remove(id, name.clone(), page, title.clone()))
                    >
                        "×"
                    </button>
                </span>
            }
        })
        .collect_view();
    let [for_admin, for_out, for_disable] = [name.clone(), name.clone(), name.clone()];
    view! {
        <tr>
            <td>
                <div class="cell-person">
                    <Avatar id=id.0 name=name.clone()/>
                    <div><b>{name.clone()}</b><small class="muted">{email}</small></div>
                </div>
            </td>
            <td><span class="state" class:bad=disabled class:ok=admin && !disabled>{role}</span></td>
            <td><div class="chip-row">{places}</div></td>
            <td class="muted">{seen}</td>
            <td>
                <div class="row-actions">
                    {if admin {
                        view! {
                            <button type="button" class="link" on:click=move |_| act(trouble, set_admin(id, false), move |()| again.run(()))>
                                "Unmake admin"
                            </button>
                        }
                            .into_any()
                    } else {
                        view! {
                            <button type="button" class="link" on:click=move |_| ask.run(Asked::MakeAdmin(id, for_admin.clone()))>
                                "Make admin"
                            </button>
                        }
                            .into_any()
                    }}
                    <button type="button" class="link" on:click=move |_| ask.run(Asked::SignOut(id, for_out.clone()))>
                        "Sign out everywhere"
                    </button>
                    {if disabled {
                        view! {
                            <button type="button" class="link" on:click=move |_| act(trouble, set_disabled(id, false), move |()| again.run(()))>
                                "Enable"
                            </button>
                        }
                            .into_any()
                    } else {
                        view! {
                            <button type="button" class="link bad" on:click=move |_| ask.run(Asked::Disable(id, for_disable.clone()))>
                                "Disable"
                            </button>
                        }
                            .into_any()
                    }}
                </div>
            </td>
        </tr>
    }
}
