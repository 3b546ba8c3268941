//! The admin's table of pages, and what is done to one of them: rename, archive, restore, delete.

use domain::{About, PageId, PageName, PageSummary};
use leptos::{either::Either, prelude::*};
use server_fn::ServerFn;

use super::{
    api::{CreatePage, archive_page, create_page, delete_page, page_summaries, update_page},
    now,
    table::{Column, Order, megabytes, thousands},
};
use crate::{
    form::Sent,
    invitations::InviteDialog,
    ui::{Dialog, Field, Glyph, Icon, Menu, Tile, Trouble, act, ago, fresh, value_of},
};

/// What is open over the table.
#[derive(Clone, PartialEq)]
enum Doing {
    Rename(PageSummary),
    Delete(PageSummary),
}

/// What the rows can ask for.
#[derive(Clone, Copy)]
struct Desk {
    doing: RwSignal<Option<Doing>>,
    editing: RwSignal<bool>,
    deleting: RwSignal<bool>,
    invite_to: RwSignal<Option<PageId>>,
    inviting: RwSignal<bool>,
    trouble: RwSignal<Option<String>>,
    again: Callback<()>,
}

impl Desk {
    fn rename(self, page: PageSummary) {
        self.doing.set(Some(Doing::Rename(page)));
        self.editing.set(true);
    }

    fn delete(self, page: PageSummary) {
        self.doing.set(Some(Doing::Delete(page)));
        self.deleting.set(true);
    }

    fn invite(self, page: PageId) {
        self.invite_to.set(Some(page));
        self.inviting.set(true);
    }

    fn archive(self, page: &PageSummary) {
        let change = archive_page(page.page.id, !page.page.archived);
        act(self.trouble, change, move |_| self.again.run(()));
    }
}

#[component]
pub fn Pages(
    first: Vec<PageSummary>,
    /// Mail stays here, which whoever begins should know before they invite.
    kept: bool,
) -> impl IntoView {
    let adding = RwSignal::new(false);
    view! {
        <header class="head">
            <h1>"Pages"</h1>
            <NewPage open=adding/>
        </header>
        <List first=first kept=kept adding=adding/>
        <Dialog open=adding title="New page"><CreateForm sent=None/></Dialog>
    }
}

#[component]
fn List(first: Vec<PageSummary>, kept: bool, adding: RwSignal<bool>) -> impl IntoView {
    let trouble = RwSignal::new(None);
    let (pages, again) = fresh(first, trouble, page_summaries);
    let desk = Desk {
        doing: RwSignal::new(None),
        editing: RwSignal::new(false),
        deleting: RwSignal::new(false),
        invite_to: RwSignal::new(None),
        inviting: RwSignal::new(false),
        trouble,
        again,
    };
    view! {
        <Trouble words=trouble/>
        <Show when=move || !pages.read().is_empty() fallback=move || view! { <Empty adding=adding kept=kept/> }>
            <Table pages=pages desk=desk/>
        </Show>
        <Dialog open=desk.editing title="Rename"><RenameForm desk=desk/></Dialog>
        <Dialog open=desk.deleting title="Delete this page"><DeleteForm desk=desk/></Dialog>
        {move || desk.invite_to.get().map(|page| view! { <InviteDialog page=page open=desk.inviting/> })}
    }
}

/// Opens the dialog; before wasm has loaded it leads to the same form on a page of its own.
#[component]
fn NewPage(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <form action="/admin/new" method="get">
            <button
                class="btn"
                type="submit"
                on:click=move |event| {
                    event.prevent_default();
                    open.set(true);
                }
            >
                "New page"
            </button>
        </form>
    }
}

#[component]
fn Empty(adding: RwSignal<bool>, kept: bool) -> impl IntoView {
    view! {
        {kept.then(|| view! {
            <p class="notice warn">
                "No mail server is set. Invitations are kept in the built-in mailbox, under "
                <a href="/admin/mail">"Mail"</a>", each with Copy link."
            </p>
        })}
        <section class="card empty">
            <Icon glyph=Glyph::Pages/>
            <h2>"Make the first page"</h2>
            <p class="muted">
                "A page has a name, members and one conversation. Make one, then invite people to it by email."
            </p>
            <NewPage open=adding/>
        </section>
    }
}

/// The same form on a page of its own, for browsers without scripts.
#[cfg(feature = "ssr")]
pub fn new_page(sent: Option<Sent>) -> AnyView {
    crate::people::card(view! { <h1>"New page"</h1><CreateForm sent=sent/> })
}

#[component]
fn CreateForm(sent: Option<Sent>) -> impl IntoView {
    let typed = |name| Sent::typed(sent.as_ref(), name);
    let (name, about) = (typed("name"), typed("about"));
    let trouble = RwSignal::new(Sent::words(sent.as_ref()));
    let busy = RwSignal::new(false);
    let create = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let creating = create_page(value_of(&event, "name"), value_of(&event, "about"));
        let creating = async move {
            let page = creating.await;
            busy.set(false);
            page
        };
        act(trouble, creating, |page| {
            let _ = window().location().assign(&format!("/p/{}", page.id));
        });
    };
    view! {
        <form action=CreatePage::url() method="post" on:submit=create>
            <Field label="Page name" name="name" value=name max=PageName::MAX autofocus=true/>
            <AboutField about=about/>
            <Trouble words=trouble/>
            <div class="actions">
                <button class="btn" type="submit" disabled=move || busy.get()>"Create page"</button>
            </div>
        </form>
    }
}

#[component]
fn AboutField(about: String) -> impl IntoView {
    view! {
        <div class="labelled">
            <label for="field-about">"About"</label>
            <textarea
                id="field-about"
                class="input"
                name="about"
                maxlength=About::MAX
                aria-describedby="field-about-hint"
            >
                {about}
            </textarea>
            <p class="hint" id="field-about-hint">"Optional. Shown beside the conversation."</p>
        </div>
    }
}

#[component]
fn RenameForm(desk: Desk) -> impl IntoView {
    let Some(Doing::Rename(summary)) = desk.doing.get_untracked() else {
        return Either::Left(());
    };
    let page = summary.page;
    let trouble = RwSignal::new(None);
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let change = update_page(page.id, value_of(&event, "name"), value_of(&event, "about"));
        act(trouble, change, move |_| {
            desk.editing.set(false);
            desk.again.run(());
        });
    };
    Either::Right(view! {
        <form on:submit=save>
            <Field label="Page name" name="name" value=page.name max=PageName::MAX autofocus=true/>
            <AboutField about=page.about/>
            <Trouble words=trouble/>
            <div class="actions"><button class="btn" type="submit">"Save"</button></div>
        </form>
    })
}

#[component]
fn DeleteForm(desk: Desk) -> impl IntoView {
    let Some(Doing::Delete(summary)) = desk.doing.get_untracked() else {
        return Either::Left(());
    };
    let (id, name) = (summary.page.id, summary.page.name);
    let trouble = RwSignal::new(None);
    let delete = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        act(
            trouble,
            delete_page(id, value_of(&event, "typed")),
            move |()| {
                desk.deleting.set(false);
                desk.again.run(());
            },
        );
    };
    Either::Right(view! {
        <form on:submit=delete>
            <p>"“"<b>{name}</b>"” and everything said on it is gone for good, for all its members."</p>
            <Field label="Type its name to delete it" name="typed" autofocus=true/>
            <Trouble words=trouble/>
            <div class="actions">
                <button class="btn ghost" type="button" on:click=move |_| desk.deleting.set(false)>"Cancel"</button>
                <button class="btn danger" type="submit">"Delete for good"</button>
            </div>
        </form>
    })
}

#[component]
fn Table(pages: RwSignal<Vec<PageSummary>>, desk: Desk) -> impl IntoView {
    let order = RwSignal::new(Order::default());
    let filter = RwSignal::new(String::new());
    let shown = move || order.get().apply(pages.get(), &filter.get());
    view! {
        <div class="filter">
            <label class="unseen" for="filter">"Filter pages"</label>
            <input
                id="filter"
                class="input"
                type="search"
                placeholder="Filter by name"
                autocomplete="off"
                on:input:target=move |event| filter.set(event.target().value())
            />
        </div>
        <table class="cards">
            <thead>
                <tr>
                    {Column::ALL.map(|column| view! { <Heading column=column order=order/> }).collect_view()}
                    <th scope="col"><span class="unseen">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>
                <For each=shown key=|summary| format!("{summary:?}") let:summary>
                    <Row summary=summary desk=desk/>
                </For>
            </tbody>
        </table>
        <p class="muted small" role="status">
            {move || shown().is_empty().then_some("No page has this in its name.")}
        </p>
    }
}

#[component]
fn Heading(column: Column, order: RwSignal<Order>) -> impl IntoView {
    view! {
        <th scope="col" aria-sort=move || order.get().aria(column)>
            <button type="button" class="sort" on:click=move |_| order.update(|order| order.click(column))>
                {column.words()}
                <Icon glyph=Glyph::Down/>
            </button>
        </th>
    }
}

#[component]
fn Row(summary: PageSummary, desk: Desk) -> impl IntoView {
    let page = summary.page.clone();
    let [for_rename, for_archive, for_delete] = [summary.clone(), summary.clone(), summary.clone()];
    let archive = if page.archived { "Restore" } else { "Archive" };
    let label = format!("Actions for {}", page.name);
    let address = format!("/p/{}", page.id);
    view! {
        <tr>
            <td class="lead">
                <a class="cell-page" href=address.clone()>
                    <Tile id=page.id.0 name=page.name.clone() size="sm"/>
                    <b dir="auto">{page.name.clone()}</b>
                </a>
                {page.archived.then(|| view! { <span class="state">"Archived"</span> })}
            </td>
            <td data-label="Members">{thousands(summary.members)}</td>
            <td data-label="Invited">{thousands(summary.invited)}</td>
            <td data-label="Messages">{thousands(summary.messages)}</td>
            <td data-label="Images">{megabytes(summary.image_bytes)}</td>
            <td data-label="Last activity" class="muted">{ago(summary.last_activity, now())}</td>
            <td class="last">
                <Menu label=label>
                    <a href=address>"Open"</a>
                    {(!page.archived).then(|| view! {
                        <button type="button" on:click=move |_| desk.invite(page.id)>"Invite people"</button>
                    })}
                    <button type="button" on:click=move |_| desk.rename(for_rename.clone())>"Rename"</button>
                    <button type="button" on:click=move |_| desk.archive(&for_archive)>{archive}</button>
                    <button type="button" class="danger" on:click=move |_| desk.delete(for_delete.clone())>"Delete"</button>
                </Menu>
            </td>
        </tr>
    }
}
