//! What stands around a view: a card in the middle for people at the door, the navigation for admins.

use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use leptos_meta::Title;
use leptos_router::components::A;

use super::{api::whoami, menu::AccountMenu};
use crate::ui::{Glyph, Icon, Turned};

/// One card in the middle of the screen: set-up, sign-in, invitation.
#[component]
pub fn Card(children: Children) -> impl IntoView {
    view! {
        <main class="door">
            <section class="card door-card">
                <div class="brand"><Icon glyph=Glyph::Stoa/>"Stoa"</div>
                {children()}
            </section>
        </main>
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    Pages,
    People,
    Invitations,
    Mail,
}

/// Around every view of the admin. Whoever is not an admin is turned away; whoever is signed out signs in.
#[component]
pub fn AdminFrame(here: Here, children: ChildrenFn) -> impl IntoView {
    let who = Resource::new_blocking(|| (), |()| whoami());
    let children = StoredValue::new(children);
    let entries = [
        (Here::Pages, "/admin", "Pages", Glyph::Pages),
        (Here::People, "/admin/people", "People", Glyph::People),
        (
            Here::Invitations,
            "/admin/invitations",
            "Invitations",
            Glyph::Invite,
        ),
        (Here::Mail, "/admin/mail", "Mail", Glyph::Mail),
    ];
    let title = entries
        .iter()
        .find(|entry| entry.0 == here)
        .map_or("", |entry| entry.2);
    view! {
        <Title text=format!("{title} · Stoa")/>
        // No `Suspense` around what waits here: it would build everything twice on the server.
        {Suspend::new(async move {
            let me = match who.await {
                Ok(Some(me)) if me.admin => me,
                other => return OwnedView::new(view! { <Turned who=other/> }.into_any()),
            };
            let frame = view! {
                <div class="admin">
                    <nav class="nav" aria-label="Admin">
                        <div class="brand"><Icon glyph=Glyph::Stoa/>"Stoa"</div>
                        <ul>
                            {entries
                                .map(|(entry, to, words, glyph)| {
                                    let current = (entry == here).then_some("page");
                                    view! {
                                        <li><a href=to aria-current=current><Icon glyph=glyph/>{words}</a></li>
                                    }
                                })
                                .collect_view()}
                            <li class="apart"><A href="/"><Icon glyph=Glyph::Back/>"My pages"</A></li>
                        </ul>
                        <AccountMenu me=me/>
                    </nav>
                    <main class="main">{children.with_value(|children| children())}</main>
                </div>
            };
            OwnedView::new(frame.into_any())
        })}
    }
}
