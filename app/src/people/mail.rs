//! The admin's view of mail: how it is sent, what waits, what the mail server said, and a test message.

use domain::{Email, MailItem, MailState, MailTransport, Mailbox};
use leptos::{either::Either, prelude::*};

use super::api::{mailbox, retry_mail, send_test_mail};
use crate::{
    pages::now,
    ui::{Field, Notice, Trouble, act, again_while, ago, fresh, value_of},
};

#[component]
pub(super) fn Mail(first: Mailbox) -> impl IntoView {
    view! {
        <header class="head"><h1>"Mail"</h1></header>
        <Outbox first=first/>
    }
}

const NO_MAIL_SERVER: &str = "No mail server is set: nothing is sent. Every mail is kept here, in the built-in \
     mailbox, with its link to copy. Set STOA_SMTP_URL to send them.";

#[component]
fn Outbox(first: Mailbox) -> impl IntoView {
    let how = match &first.transport {
        MailTransport::Mailbox => NO_MAIL_SERVER.to_owned(),
        MailTransport::Smtp { server } => {
            format!("Sent by the mail server {server}, from {}.", first.from)
        }
        MailTransport::EmailJs { service } => format!("Sent by EmailJS, service {service}."),
    };
    let kept = first.transport == MailTransport::Mailbox;
    let trouble = RwSignal::new(None);
    let (mail, again) = fresh(first, trouble, mailbox);
    again_while(again, move || mail.read_untracked().waiting > 0);
    let queue = move || match mail.read().waiting {
        0 => "Nothing waits to be sent.".to_owned(),
        1 => "1 mail waits to be sent.".to_owned(),
        waiting => format!("{waiting} mails wait to be sent."),
    };
    view! {
        <p class="notice" class:warn=kept>{how}</p>
        <TestMail again=again/>
        <Trouble words=trouble/>
        {(!kept).then(|| view! { <p class="muted queue">{queue}</p> })}
        <Show
            when=move || !mail.read().items.is_empty()
            fallback=|| view! { <p class="muted">"No mail yet."</p> }
        >
            <table>
                <thead>
                    <tr>
                        <th scope="col">"To"</th>
                        <th scope="col">"Subject"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"When"</th>
                        <th scope="col"><span class="unseen">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || mail.get().items key=|item| format!("{item:?}") let:item>
                        <Item item=item trouble=trouble again=again/>
                    </For>
                </tbody>
            </table>
        </Show>
    }
}

fn state_of(item: &MailItem) -> (&'static str, &'static str) {
    match item.state {
        MailState::Waiting => ("Waiting to send", ""),
        MailState::Delayed => ("Delayed", "warn"),
        MailState::Sent => ("Sent", "ok"),
        MailState::Failed => ("Not delivered", "bad"),
        MailState::Kept => ("Kept here", ""),
        MailState::Cancelled => ("Taken back", ""),
    }
}

#[component]
fn Item(item: MailItem, trouble: RwSignal<Option<String>>, again: Callback<()>) -> impl IntoView {
    let (words, look) = state_of(&item);
    let id = item.id;
    let now = now();
    let when = match item
        .next_try
        .filter(|_| matches!(item.state, MailState::Waiting | MailState::Delayed))
    {
        Some(at) if item.tries > 0 => format!("tried {} times, again {}", item.tries, ago(at, now)),
        _ => ago(item.created, now),
    };
    let may_retry = matches!(item.state, MailState::Delayed | MailState::Failed);
    let link = item.text.as_deref().and_then(link_in).map(str::to_owned);
    view! {
        <tr>
            <td>{item.to}</td>
            <td>
                {match item.text {
                    Some(text) => Either::Left(view! {
                        <details class="mail-text"><summary>{item.subject}</summary><pre>{text}</pre></details>
                    }),
                    None => Either::Right(item.subject),
                }}
            </td>
            <td>
                <span class=format!("state {look}")>{words}</span>
                {item.said.map(|said| view! { <small class="said">{said}</small> })}
            </td>
            <td class="muted">{when}</td>
            <td>
                <div class="row-actions">
                    {link.map(|link| view! { <crate::ui::CopyLink link=link/> })}
                    {may_retry.then(|| view! {
                        <button type="button" class="link" on:click=move |_| act(trouble, retry_mail(id), move |()| again.run(()))>
                            "Retry"
                        </button>
                    })}
                </div>
            </td>
        </tr>
    }
}

/// The one link of a mail's text part, on a line of its own.
fn link_in(text: &str) -> Option<&str> {
    text.lines()
        .map(str::trim)
        .find(|line| line.starts_with("http://") || line.starts_with("https://"))
}

#[component]
fn TestMail(again: Callback<()>) -> impl IntoView {
    let trouble = RwSignal::new(None);
    let said = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let to = value_of(&event, "to");
        said.set(None);
        trouble.set(None);
        busy.set(true);
        let sending = async move {
            let sent = send_test_mail(to).await;
            busy.set(false);
            sent
        };
        act(trouble, sending, move |sent| {
            if sent.ok {
                said.set(Some(format!("Done. {}", sent.said)));
            } else {
                trouble.set(Some(format!("That did not work. {}", sent.said)));
            }
            again.run(());
        });
    };
    view! {
        <details class="card test-mail">
            <summary>"Send a test message"</summary>
            <form on:submit=send>
                <Field label="Send it to" name="to" kind="email" max=Email::MAX autocomplete="email"/>
                <button class="btn" type="submit" disabled=move || busy.get()>"Send test"</button>
                <Notice words=said/>
                <Trouble words=trouble/>
            </form>
        </details>
    }
}
