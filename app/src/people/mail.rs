//! The admin's view of mail: how it is sent, what waits, what the mail server said, and a test message.

use domain::{Email, MailItem, MailState, MailTransport, Mailbox};
use leptos::prelude::*;

use super::{
    api::{mailbox, retry_mail, send_test_mail},
    frame::{AdminFrame, Here},
};
use crate::{
    pages::now,
    ui::{Field, Notice, Trouble, act, ago, refresh_while, value_of},
};

#[component]
pub fn MailPage() -> impl IntoView {
    view! { <AdminFrame here=Here::Mail><Mail/></AdminFrame> }
}

#[component]
fn Mail() -> impl IntoView {
    let mail = Resource::new_blocking(|| (), |()| mailbox());
    let trouble = RwSignal::new(None);
    let again = Callback::new(move |()| mail.refetch());
    refresh_while(mail, |mail| {
        mail.as_ref().is_ok_and(|mail| mail.waiting > 0)
    });
    view! {
        <header class="head"><h1>"Mail"</h1></header>
        <Trouble words=trouble/>
        <TestMail again=again/>
        <Transition>
            {move || Suspend::new(async move {
                match mail.await {
                    Ok(mail) => view! { <Outbox mail=mail trouble=trouble again=again/> }.into_any(),
                    Err(problem) => view! { <p class="trouble">{problem.to_string()}</p> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Outbox(mail: Mailbox, trouble: RwSignal<Option<String>>, again: Callback<()>) -> impl IntoView {
    let how = match &mail.transport {
        MailTransport::Mailbox => {
            "No mail server is set: nothing is sent. Every mail is kept here, in the built-in mailbox, with its link. \
             Set STOA_SMTP_URL to send them."
                .to_owned()
        }
        MailTransport::Smtp { server } => format!("Sent by the mail server {server}, from {}.", mail.from),
        MailTransport::EmailJs { service } => format!("Sent by EmailJS, service {service}."),
    };
    let queue = match mail.waiting {
        0 => "Nothing waits to be sent.".to_owned(),
        1 => "1 mail waits to be sent.".to_owned(),
        waiting => format!("{waiting} mails wait to be sent."),
    };
    let kept = mail.transport == MailTransport::Mailbox;
    view! {
        <p class="notice" class:warn=kept>{how}</p>
        {(!kept).then(|| view! { <p class="muted">{queue}</p> })}
        {if mail.items.is_empty() {
            view! { <p class="muted">"No mail yet."</p> }.into_any()
        } else {
            let rows = mail
                .items
                .into_iter()
                .map(|item| view! { <Item item=item trouble=trouble again=again/> })
                .collect_view();
            view! {
                <div class="scroll-x">
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
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            }
                .into_any()
        }}
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
                    Some(text) => {
                        view! { <details class="mail-text"><summary>{item.subject}</summary><pre>{text}</pre></details> }.into_any()
                    }
                    None => item.subject.into_any(),
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
                said.set(Some(format!("It worked: {}", sent.said)));
            } else {
                trouble.set(Some(format!("It did not work: {}", sent.said)));
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
