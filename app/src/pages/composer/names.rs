//! The list of names above the composer, while somebody writes `@` and the beginning of one.

use domain::{Member, Mention};
use leptos::prelude::*;
use web_sys::HtmlTextAreaElement;

use crate::{
    pages::{
        naming::{begun, meant},
        talk::Talk,
    },
    ui::Avatar,
};

#[derive(Clone, Copy)]
pub(in crate::pages) struct Names {
    found: RwSignal<Vec<Member>>,
    at: RwSignal<usize>,
}

/// What became of a key.
pub(in crate::pages) enum Taken {
    /// It is not the list's.
    Not,
    Moved,
    Chosen(Mention),
}

impl Names {
    pub(in crate::pages) fn new() -> Self {
        Self {
            found: RwSignal::new(Vec::new()),
            at: RwSignal::new(0),
        }
    }

    pub(in crate::pages) fn is_open(self) -> bool {
        !self.found.with(Vec::is_empty)
    }

    pub(in crate::pages) fn close(self) {
        if !self.found.with_untracked(Vec::is_empty) {
            self.found.set(Vec::new());
        }
    }

    /// The id of the option that Enter takes.
    pub(in crate::pages) fn active(self) -> Option<String> {
        self.is_open().then(|| format!("name-{}", self.at.get()))
    }

    pub(in crate::pages) fn look(self, talk: Talk, field: &HtmlTextAreaElement) {
        let before = before_cursor(field);
        let Some(typed) = begun(&before) else {
            return self.close();
        };
        if talk.member_count.get_untracked() > talk.members.with_untracked(Vec::len) {
            talk.list_everyone(talk.trouble);
        }
        let me = talk.me.with_value(|me| me.account);
        let found = talk.members.with_untracked(|all| meant(typed, all, me));
        self.at.set(0);
        self.found.set(found);
    }

    pub(in crate::pages) fn pressed(self, key: &str) -> Taken {
        let count = self.found.with_untracked(Vec::len);
        if count == 0 {
            return Taken::Not;
        }
        match key {
            "ArrowDown" => self.at.update(|at| *at = (*at + 1) % count),
            "ArrowUp" => self.at.update(|at| *at = (*at + count - 1) % count),
            "Enter" | "Tab" => {
                let at = self.at.get_untracked();
                let chosen = self
                    .found
                    .with_untracked(|found| found.get(at).map(mention));
                return chosen.map_or(Taken::Not, Taken::Chosen);
            }
            "Escape" => self.close(),
            _ => return Taken::Not,
        }
        Taken::Moved
    }

    /// Puts the whole name where its beginning stands.
    pub(in crate::pages) fn complete(self, field: &HtmlTextAreaElement, mention: &Mention) {
        let before = before_cursor(field);
        let Some(typed) = begun(&before) else { return };
        let text = field.value();
        let start = &before[..before.len() - typed.len()];
        let start = format!("{start}{} ", mention.name);
        let rest = text[before.len()..].trim_start_matches(' ');
        field.set_value(&format!("{start}{rest}"));
        let cursor = start.encode_utf16().count() as u32;
        let _ = field.set_selection_range(cursor, cursor);
        let _ = field.focus();
        self.close();
    }
}

fn mention(member: &Member) -> Mention {
    Mention {
        account: member.account,
        name: member.name.clone(),
    }
}

/// Browsers count in UTF-16.
fn before_cursor(field: &HtmlTextAreaElement) -> String {
    let cursor = field.selection_end().ok().flatten().unwrap_or(0) as usize;
    let mut units = 0;
    field
        .value()
        .chars()
        .take_while(|c| {
            let before = units < cursor;
            units += c.len_utf16();
            before
        })
        .collect()
}

#[component]
pub(in crate::pages) fn NamesList(names: Names, choose: Callback<Mention>) -> impl IntoView {
    view! {
        <ul class="names" id="names" role="listbox" aria-label="Members">
            {move || {
                names
                    .found
                    .get()
                    .into_iter()
                    .enumerate()
                    .map(|(number, member)| {
                        let chosen = mention(&member);
                        view! {
                            <li
                                id=format!("name-{number}")
                                role="option"
                                aria-selected=move || if names.at.get() == number { "true" } else { "false" }
                                // Not a click: the field would lose the focus first.
                                on:pointerdown=move |event| {
                                    event.prevent_default();
                                    choose.run(chosen.clone());
                                }
                            >
                                <Avatar id=member.account.0 name=member.name.clone() small=true/>
                                {member.name}
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ul>
    }
}
