//! The admin's list of people: who they are, where they are members, and what may be given to them or taken away.

use domain::{AccountId, AccountSummary, PageId};
use leptos::{either::Either, prelude::*};

use super::api::{people, set_admin, set_disabled, sign_out_everywhere};
use crate::{
    pages::{api::remove_member, now},
    ui::{Avatar, Confirm, Menu, Trouble, act, ago, fresh},
};

/// What is asked about before it is done.
#[derive(Clone, PartialEq, Eq)]
enum Step {
    SignOut,
    Disable,
    MakeAdmin,
    UnmakeAdmin,
    Remove(PageId, String),
}

#[derive(Clone, PartialEq, Eq)]
struct Asked {
    who: AccountId,
    name: String,
    step: Step,
}

impl Asked {
    fn title(&self) -> String {
        let name = &self.name;
        match &self.step {
            Step::SignOut => format!("Sign {name} out everywhere?"),
            Step::Disable => format!("Disable {name}?"),
            Step::MakeAdmin => format!("Make {name} an admin?"),
            Step::UnmakeAdmin => format!("Take the admin’s rights from {name}?"),
            Step::Remove(_, page) => format!("Remove {name} from {page}?"),
        }
    }

    fn words(&self) -> &'static str {
        match self.step {
            Step::SignOut => {
                "All their devices are signed out at once. They can sign in again by email."
            }
            Step::Disable => {
                "They are signed out at once and cannot sign in until you enable them again. What they wrote stays."
            }
            Step::MakeAdmin => "Admins manage every page, all people and the mail of this place.",
            Step::UnmakeAdmin => {
                "They stay a member of their pages, and an admin of those they made."
            }
            Step::Remove(..) => {
                "They stop seeing the page at once. What they wrote stays. They can be invited again."
            }
        }
    }

    fn yes(&self) -> &'static str {
        match self.step {
            Step::SignOut => "Sign out",
            Step::Disable => "Disable",
            Step::MakeAdmin => "Make admin",
            Step::UnmakeAdmin => "Take rights",
            Step::Remove(..) => "Remove",
        }
    }
}

#[component]
pub(super) fn People(first: Vec<AccountSummary>) -> impl IntoView {
    view! {
        <header class="head"><h1>"People"</h1></header>
        <Table first=first/>
    }
}

#[component]
fn Table(first: Vec<AccountSummary>) -> impl IntoView {
    let trouble = RwSignal::new(None);
    let (rows, again) = fresh(first, trouble, people);
    let asking = RwSignal::new(false);
    let asked = RwSignal::new(None::<Asked>);
    let ask = Callback::new(move |what: Asked| {
        asked.set(Some(what));
        asking.set(true);
    });
    let enable =
        Callback::new(move |id| act(trouble, set_disabled(id, false), move |()| again.run(())));
    let confirmed = Callback::new(move |()| {
        let Some(Asked { who, step, .. }) = asked.get_untracked() else {
            return;
        };
        act(
            trouble,
            async move {
                match step {
                    Step::SignOut => sign_out_everywhere(who).await,
                    Step::Disable => set_disabled(who, true).await,
                    Step::MakeAdmin => set_admin(who, true).await,
                    Step::UnmakeAdmin => set_admin(who, false).await,
                    Step::Remove(page, _) => remove_member(page, who).await,
                }
            },
            move |()| again.run(()),
        );
    });
    let said = move |say: fn(&Asked) -> String| asked.read().as_ref().map(say).unwrap_or_default();
    view! {
        <Trouble words=trouble/>
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
                // The whole row is its key: what has not changed stays, with the focus in it.
                <For each=move || rows.get() key=|row| format!("{row:?}") let:person>
                    <Person person=person ask=ask enable=enable/>
                </For>
            </tbody>
        </table>
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
    enable: Callback<AccountId>,
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
    let seen = last_seen.map_or("never".into(), |at| ago(at, now()));
    let ask_for = {
        let name = name.clone();
        Callback::new(move |step| {
            let name = name.clone();
            ask.run(Asked {
                who: id,
                name,
                step,
            });
        })
    };
    let places = pages
        .into_iter()
        .map(|(page, title)| {
            let label = format!("Remove {name} from {title}");
            let words = title.clone();
            view! {
                <span class="chip">
                    {words}
                    <button
                        type="button"
                        class="chip-x"
                        aria-label=label
                        on:click=move |_| ask_for.run(Step::Remove(page, title.clone()))
                    >
                        "×"
                    </button>
                </span>
            }
        })
        .collect_view();
    let (rights, step) = if admin {
        ("Unmake admin", Step::UnmakeAdmin)
    } else {
        ("Make admin", Step::MakeAdmin)
    };
    view! {
        <tr>
            <td class="lead">
                <div class="cell-person">
                    <Avatar id=id.0 name=name.clone()/>
                    <div><b>{name.clone()}</b><small class="muted">{email}</small></div>
                </div>
            </td>
            <td><span class="state" class:bad=disabled class:ok=admin && !disabled>{role}</span></td>
            <td><div class="chip-row">{places}</div></td>
            <td class="muted" data-label="Seen">{seen}</td>
            <td class="last">
                <Menu label=format!("Actions for {name}")>
                    <button type="button" on:click=move |_| ask_for.run(step.clone())>{rights}</button>
                    <button type="button" on:click=move |_| ask_for.run(Step::SignOut)>"Sign out everywhere"</button>
                    {if disabled {
                        Either::Left(view! { <button type="button" on:click=move |_| enable.run(id)>"Enable"</button> })
                    } else {
                        Either::Right(view! {
                            <button type="button" class="danger" on:click=move |_| ask_for.run(Step::Disable)>
                                "Disable"
                            </button>
                        })
                    }}
                </Menu>
            </td>
        </tr>
    }
}
