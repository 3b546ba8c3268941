//! Inviting people to a page: a dialog, and the same form on a page of its own for browsers without scripts.

use domain::{Email, InviteOutcome, InviteVerdict, Note, PageId, WrongAddress};
use leptos::{html, prelude::*};
use server_fn::ServerFn;

use super::{
    api::{Invite, invite},
    chips::{Chip, Chips},
};
use crate::{
    form::Sent,
    ui::{Dialog, Glyph, Icon, Trouble, act, value_of},
};

/// Opens the dialog. Before wasm has loaded it leads to the form on its own page.
#[component]
pub fn InviteButton(page: PageId, on_click: Callback<()>) -> impl IntoView {
    view! {
        <form class="inline" action=format!("/p/{page}/invite") method="get">
            <button
                class="btn ghost"
                type="submit"
                on:click=move |event| {
                    event.prevent_default();
                    on_click.run(());
                }
            >
                "Invite people"
            </button>
        </form>
    }
}

#[component]
pub fn InviteDialog(page: PageId, open: RwSignal<bool>) -> impl IntoView {
    view! { <Dialog open=open title="Invite people"><InviteForm page=page/></Dialog> }
}

/// The form on a page of its own.
#[cfg(feature = "ssr")]
pub fn invite_page(page: PageId, name: String, sent: Option<Sent>) -> AnyView {
    crate::people::card(view! {
        <h1>"Invite people"</h1>
        <p class="muted">"to "<a href=format!("/p/{page}")>{name}</a></p>
        <InviteForm page=page sent=sent/>
    })
}

#[component]
fn InviteForm(page: PageId, #[prop(optional_no_strip)] sent: Option<Sent>) -> impl IntoView {
    let chips = RwSignal::new(Chips::default());
    let typed = |name| Sent::typed(sent.as_ref(), name);
    let (addresses, note) = (typed("addresses"), typed("note"));
    let outcome = serde_json::from_slice::<InviteOutcome>(typed("outcome").as_bytes()).ok();
    let (addresses, note) = match &outcome {
        Some(_) => (String::new(), String::new()),
        None => (addresses, note),
    };
    let outcome = RwSignal::new(outcome);
    let trouble = RwSignal::new(Sent::words(sent.as_ref()));
    let busy = RwSignal::new(false);
    let field = NodeRef::<html::Textarea>::new();
    let take_all = move || {
        if let Some(field) = field.get_untracked() {
            chips.update(|chips| chips.take(&field.value()));
            field.set_value("");
        }
    };
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        take_all();
        outcome.set(None);
        let chosen = chips.get_untracked();
        if chosen.good() == 0 {
            trouble.set(Some(match chosen.wrong().next() {
                None => "Please give at least one email address.".into(),
                Some(_) => "None of these is an email address yet.".into(),
            }));
            return;
        }
        busy.set(true);
        let sending = invite(page, chosen.joined(), value_of(&event, "note"));
        let sending = async move {
            let sent = sending.await;
            busy.set(false);
            sent
        };
        act(trouble, sending, move |sent| {
            chips.update(Chips::keep_wrong);
            outcome.set(Some(sent));
        });
    };
    view! {
        <form class="invite-form" action=Invite::url() method="post" on:submit=send>
            <input type="hidden" name="page" value=page.to_string()/>
            <Addresses chips=chips field=field typed=addresses take_all=Callback::new(move |()| take_all())/>
            <div class="labelled">
                <label for="invite-note">"Note"</label>
                <textarea
                    id="invite-note"
                    class="input"
                    name="note"
                    rows="2"
                    maxlength=Note::MAX
                    aria-describedby="invite-note-hint"
                >
                    {note}
                </textarea>
                <p class="hint" id="invite-note-hint">"Optional. It stands in the mail and behind the link."</p>
            </div>
            <Trouble words=trouble/>
            <div role="status">{move || outcome.get().map(|outcome| view! { <Outcome outcome=outcome/> })}</div>
            <div class="actions">
                <button class="btn" type="submit" disabled=move || busy.get()>"Send invitations"</button>
            </div>
        </form>
    }
}

/// One field to the ear and to the hand, though finished addresses stand in it as chips.
#[component]
fn Addresses(
    chips: RwSignal<Chips>,
    field: NodeRef<html::Textarea>,
    /// What stands in it at first.
    typed: String,
    take_all: Callback<()>,
) -> impl IntoView {
    let on_input = move |_| {
        let Some(field) = field.get_untracked() else {
            return;
        };
        let text = field.value();
        let mut taken = chips.get_untracked();
        let rest = taken.take_finished(&text);
        // Writing an unchanged value back would move the cursor.
        if taken != chips.get_untracked() {
            chips.set(taken);
        }
        if rest != text && rest.len() < text.trim_start().len() {
            field.set_value(&rest);
        }
    };
    let pressed = move |event: web_sys::KeyboardEvent| {
        let Some(field) = field.get_untracked() else {
            return;
        };
        match event.key().as_str() {
            "Enter" if !event.is_composing() && !field.value().trim().is_empty() => {
                event.prevent_default();
                take_all.run(());
            }
            "Enter" if !event.is_composing() => event.prevent_default(),
            "Backspace" if field.value().is_empty() => {
                let mut last = None;
                chips.update(|chips| last = chips.pop());
                if let Some(last) = last {
                    event.prevent_default();
                    field.set_value(&last);
                }
            }
            _ => {}
        }
    };
    let remove = move |text: &str| {
        chips.update(|chips| chips.remove(text));
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    view! {
        <div class="labelled">
            <label for="invite-addresses">"Email addresses"</label>
            <div class="chips">
                <For each=move || chips.get().all().to_vec() key=Chip::clone let:chip>
                    <ChipView chip=chip remove=remove/>
                </For>
                <textarea
                    node_ref=field
                    id="invite-addresses"
                    name="addresses"
                    rows="1"
                    autofocus
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    inputmode="email"
                    aria-describedby="invite-wrong invite-addresses-hint"
                    on:input=on_input
                    on:keydown=pressed
                    on:blur=move |_| take_all.run(())
                >
                    {typed}
                </textarea>
            </div>
            <ul class="wrong-list" id="invite-wrong" aria-live="polite">
                {move || {
                    let chips = chips.get();
                    let why = |chip: &Chip| {
                        view! { <li>{chip.text.clone()}": "{chip.wrong.clone()}</li> }
                    };
                    chips.wrong().map(why).collect_view()
                }}
            </ul>
            <p class="hint" id="invite-addresses-hint">"One or many: commas, spaces, lines, or Name <address>."</p>
        </div>
    }
}

#[component]
fn ChipView(chip: Chip, remove: impl Fn(&str) + 'static) -> impl IntoView {
    let Chip { text, wrong } = chip;
    let label = format!("Remove {text}");
    let shown = text.clone();
    view! {
        <span class="chip" class:bad=wrong.is_some() title=wrong>
            <span class="chip-text">{shown}</span>
            <button type="button" class="chip-x" aria-label=label on:click=move |_| remove(&text)>
                <Icon glyph=Glyph::Close/>
            </button>
        </span>
    }
}

/// Who gets a mail, and who does not and why.
#[component]
fn Outcome(outcome: InviteOutcome) -> impl IntoView {
    let named = |wanted: InviteVerdict| {
        let those = outcome
            .addresses
            .iter()
            .filter(move |(_, verdict)| *verdict == wanted);
        those
            .map(|(email, _)| email.clone())
            .collect::<Vec<Email>>()
    };
    let line = |class: &'static str, words: &'static str, emails: Vec<Email>| {
        (!emails.is_empty()).then(|| {
            let names: Vec<_> = emails.iter().map(Email::as_str).collect();
            view! { <p class=class><b>{words}</b>" "{names.join(", ")}</p> }
        })
    };
    let wrong = |WrongAddress { text, why }: WrongAddress| {
        view! { <p class="trouble"><b>{text}</b>": "{why}</p> }
    };
    view! {
        {line("notice", "Invited:", named(InviteVerdict::Invited))}
        {line("notice warn", "Invited already, no second mail:", named(InviteVerdict::AlreadyInvited))}
        {line("notice warn", "Already on this page:", named(InviteVerdict::AlreadyMember))}
        {outcome.wrong.clone().into_iter().map(wrong).collect_view()}
    }
}
