//! What stands around a view: a card in the middle for people at the door, the navigation for admins.

use domain::Identity;
use leptos::{either::EitherOf5, prelude::*};

use super::{
    admin::People,
    calls::Calls,
    mail::Mail,
    menu::{AccountMenu, MyNameDialog},
};
use crate::{
    first::{Admin, Desk},
    invitations::Invitations,
    pages::Pages,
    ui::{Glyph, Icon, alive},
};

/// One card in the middle of the screen: set-up, sign-in, invitation.
#[cfg(feature = "ssr")]
pub fn card(inside: impl IntoView) -> AnyView {
    view! {
        <main class="door">
            <section class="card door-card">
                <div class="brand"><Icon glyph=Glyph::Stoa/>"Stoa"</div>
                {inside}
            </section>
        </main>
    }
    .into_any()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Here {
    Pages,
    People,
    Invitations,
    Mail,
    Calls,
}

const ENTRIES: [(Here, &str, &str, Glyph); 5] = [
    (Here::Pages, "/admin", "Pages", Glyph::Pages),
    (Here::People, "/admin/people", "People", Glyph::People),
    (
        Here::Invitations,
        "/admin/invitations",
        "Invitations",
        Glyph::Invite,
    ),
    (Here::Mail, "/admin/mail", "Mail", Glyph::Mail),
    (Here::Calls, "/admin/calls", "Calls", Glyph::Call),
];

impl Desk {
    const fn here(&self) -> Here {
        match self {
            Self::Pages { .. } => Here::Pages,
            Self::People(_) => Here::People,
            Self::Invitations(_) => Here::Invitations,
            Self::Mail(_) => Here::Mail,
            Self::Calls(_) => Here::Calls,
        }
    }

    #[cfg(feature = "ssr")]
    pub(crate) fn title(&self) -> &'static str {
        let entry = ENTRIES.iter().find(|entry| entry.0 == self.here());
        entry.map_or("", |entry| entry.2)
    }
}

/// Every view of the admin. Each is loaded anew: what it shows is as it is now.
#[component]
pub fn AdminApp(first: Admin) -> impl IntoView {
    alive();
    let Admin { me, desk } = first;
    let here = desk.here();
    let desk = match desk {
        Desk::Pages { pages, kept } => EitherOf5::A(view! { <Pages first=pages kept=kept/> }),
        Desk::People(first) => EitherOf5::B(view! { <People first=first/> }),
        Desk::Invitations(first) => EitherOf5::C(view! { <Invitations first=first/> }),
        Desk::Mail(first) => EitherOf5::D(view! { <Mail first=first/> }),
        Desk::Calls(first) => EitherOf5::E(view! { <Calls first=first/> }),
    };
    view! {
        <div class="admin">
            <Navigation here=here me=me/>
            <main class="main">{desk}</main>
        </div>
    }
}

#[component]
fn Navigation(here: Here, me: Identity) -> impl IntoView {
    let entries = ENTRIES
        .map(|(entry, to, words, glyph)| {
            let current = (entry == here).then_some("page");
            view! { <li><a href=to aria-current=current><Icon glyph=glyph/>{words}</a></li> }
        })
        .collect_view();
    let (renaming, name) = (RwSignal::new(false), me.name.clone());
    view! {
        <nav class="nav" aria-label="Admin">
            <div class="brand"><Icon glyph=Glyph::Stoa/>"Stoa"</div>
            <ul>
                {entries}
                <li class="apart"><a href="/"><Icon glyph=Glyph::Back/>"My pages"</a></li>
            </ul>
            <AccountMenu me=me rename=Callback::new(move |()| renaming.set(true))/>
            <MyNameDialog name=name open=renaming/>
        </nav>
    }
}
