//! Over the field: the images that go with the next message, and those of messages that are still on their way.

use domain::{Image, ImageId, PageId, Refusal};
use leptos::{ev, prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::{
    blur,
    parcels::{Parcel, Parcels, Uploads},
    picked::{Picked, Way},
    tray::Tray,
};
use crate::{
    pages::{Talk, message_id},
    ui::{Glyph, Icon, Trouble, click, effect, words},
};

#[component]
pub fn Strip(talk: Talk, tray: Tray) -> impl IntoView {
    blur::know();
    let items = RwSignal::new(Vec::<Picked>::new());
    let trouble = RwSignal::new(None::<String>);
    let parcels: Parcels = expect_context();
    let uploads = StoredValue::new_local(Uploads::default());
    let page = talk.id;
    let account = talk.me.with_value(|me| me.account);
    effect(move || {
        let uploads = uploads.with_value(Uploads::clone);
        spawn_local(parcels.take_up(account, talk, uploads));
    });
    effect(move || {
        let chosen = tray.chosen.get();
        if !chosen.is_empty() {
            tray.chosen.set(Vec::new());
            take(chosen, items, trouble, |picked| {
                uploads.with_value(|uploads| uploads.add(page, picked));
            });
        }
    });
    effect(move || {
        let filled = items.with(|items| !items.is_empty());
        if tray.filled.get_untracked() != filled {
            tray.filled.set(filled);
        }
    });
    effect(move || {
        let Some((text, mentions)) = tray.sent.get() else {
            return;
        };
        tray.sent.set(None);
        let parcel = Parcel {
            id: message_id(),
            account,
            page,
            images: items.get_untracked(),
            text,
            mentions,
            reply: talk.take_reply(),
            kept: ArcRwSignal::new(false),
        };
        trouble.set(None);
        items.set(Vec::new());
        parcels.0.update(|all| all.push(parcel.clone()));
        spawn_local(parcels.send(parcel, talk));
    });
    effect(move || {
        let leaving = window_event_listener(ev::beforeunload, move |event| {
            let unkept = |all: &Vec<Parcel>| all.iter().any(|one| !one.kept.get_untracked());
            if tray.filled.get_untracked() || parcels.0.with_untracked(unkept) {
                event.prevent_default();
            }
        });
        on_cleanup(move || leaving.remove());
    });
    let again = Callback::new(move |picked: Picked| {
        picked.way.set(Way::Sending(0));
        uploads.with_value(|uploads| uploads.add(page, picked));
    });
    let on_their_way = move || {
        let parcels = parcels.of(page).into_iter();
        parcels
            .map(|parcel| view! { <OnItsWay parcel=parcel again=again/> })
            .collect_view()
    };
    view! {
        <div class="strip">
            {on_their_way}
            <Trouble words=trouble/>
            <Show when=move || items.with(|items| !items.is_empty())>
                <Items items=items page=page again=again/>
            </Show>
        </div>
    }
}

fn take(
    chosen: Vec<SendWrapper<gloo_file::FileList>>,
    items: RwSignal<Vec<Picked>>,
    trouble: RwSignal<Option<String>>,
    upload: impl Fn(Picked),
) {
    let chosen: Vec<_> = chosen
        .iter()
        .flat_map(|files| files.iter().cloned().map(SendWrapper::new))
        .collect();
    let max = Image::MAX_A_MESSAGE;
    let room = max.saturating_sub(items.with_untracked(Vec::len));
    let too_many = (chosen.len() > room).then(|| Refusal::TooManyImages { max }.to_string());
    trouble.set(too_many);
    let fresh: Vec<_> = chosen.into_iter().take(room).map(Picked::new).collect();
    items.update(|items| items.extend(fresh.iter().cloned()));
    fresh.into_iter().for_each(upload);
}

/// The tray: put in order, described, taken out.
#[component]
fn Items(items: RwSignal<Vec<Picked>>, page: PageId, again: Callback<Picked>) -> impl IntoView {
    let described = RwSignal::new(None::<ImageId>);
    let dragged = RwSignal::new(None::<ImageId>);
    let to = move |id: ImageId, at: usize| {
        items.update(|items| {
            if let Some(from) = items.iter().position(|picked| picked.id == id) {
                let picked = items.remove(from);
                items.insert(at.min(items.len()), picked);
            }
        });
    };
    let item = move |picked: Picked| {
        let id = picked.id;
        let at = move || {
            items.with(|items| items.iter().position(|picked| picked.id == id).unwrap_or(0))
        };
        let number = move || at() + 1;
        let last = move || number() == items.with(Vec::len);
        let remove = {
            let picked = picked.clone();
            move || {
                picked.drop(page);
                items.update(|items| items.retain(|picked| picked.id != id));
            }
        };
        let has_alt = {
            let alt = picked.alt.clone();
            move || alt.with(|alt| !alt.is_empty())
        };
        view! {
            <li
                class="tray-item"
                draggable="true"
                aria-label=words(move || format!("Image {}", number()))
                on:dragstart=move |_| dragged.set(Some(id))
                on:dragend=move |_| dragged.set(None)
                on:dragenter=move |_| {
                    if let Some(other) = dragged.get_untracked().filter(|other| *other != id) {
                        to(other, at());
                    }
                }
                on:dragover=move |event| {
                    if dragged.with_untracked(Option::is_some) {
                        event.prevent_default();
                    }
                }
            >
                <Preview picked=picked.clone() again=again/>
                <button type="button" class="tray-x" aria-label="Remove" on:click=click(remove)>
                    <Icon glyph=Glyph::Close/>
                </button>
                <div class="tray-acts">
                    <button
                        type="button"
                        aria-label="Move left"
                        disabled=move || at() == 0
                        on:click=click(move || to(id, at().saturating_sub(1)))
                    >
                        <Icon glyph=Glyph::Back/>
                    </button>
                    <button
                        type="button"
                        class="describe"
                        aria-label="Describe"
                        aria-pressed=move || if has_alt() { "true" } else { "false" }
                        on:click=click(move || described.set(Some(id)))
                    >
                        "Alt"
                    </button>
                    <button
                        type="button"
                        class="right"
                        aria-label="Move right"
                        disabled=last
                        on:click=click(move || to(id, at() + 1))
                    >
                        <Icon glyph=Glyph::Back/>
                    </button>
                </div>
            </li>
        }
    };
    let description = move || {
        let id = described.get()?;
        let picked = items.with(|items| items.iter().find(|picked| picked.id == id).cloned())?;
        let (alt, first) = (picked.alt.clone(), picked.alt.get_untracked());
        Some(view! {
            <div class="describing">
                <label for="describe">"What does it show?"</label>
                <input
                    id="describe"
                    class="input"
                    maxlength=Image::ALT_MAX.to_string()
                    value=first
                    autofocus
                    on:input:target=move |event| alt.set(event.target().value())
                    on:keydown=move |event| {
                        if matches!(event.key().as_str(), "Enter" | "Escape") {
                            event.prevent_default();
                            described.set(None);
                        }
                    }
                />
                <button type="button" class="btn ghost" on:click=click(move || described.set(None))>"Done"</button>
            </div>
        })
    };
    view! {
        {description}
        <ul class="tray" aria-label="Images to send">
            <For each=move || items.get() key=|picked| picked.id children=item/>
        </ul>
    }
}

/// The image, and where it is on its way.
#[component]
fn Preview(picked: Picked, again: Callback<Picked>) -> impl IntoView {
    let (alt, way, src) = (
        picked.alt.clone(),
        picked.way.clone(),
        picked.preview.to_string(),
    );
    let kept = picked.preview.clone();
    on_cleanup(move || drop(kept));
    let state = move || match way.get() {
        Way::There(_) | Way::Dropped => None,
        Way::Sending(percent) => Some(leptos::either::Either::Left(
            view! { <Ring percent=percent/> },
        )),
        Way::Refused(why, once_more) => {
            let picked = picked.clone();
            Some(leptos::either::Either::Right(view! {
                <div class="tray-refused" role="alert">
                    <span>{why}</span>
                    {once_more.then(|| view! {
                        <button type="button" on:click=click(move || again.run(picked.clone()))>"Retry"</button>
                    })}
                </div>
            }))
        }
    };
    view! {
        <img src=src alt=move || alt.get() draggable="false"/>
        {state}
    }
}

#[component]
fn Ring(percent: u8) -> impl IntoView {
    view! {
        <svg
            class="ring"
            viewBox="0 0 36 36"
            role="progressbar"
            aria-label="Uploading"
            aria-valuenow=percent.to_string()
            aria-valuemin="0"
            aria-valuemax="100"
        >
            <circle cx="18" cy="18" r="15"></circle>
            <circle class="done" cx="18" cy="18" r="15" pathLength="100" stroke-dasharray=format!("{percent} 100")></circle>
        </svg>
    }
}

/// A message that waits for its images.
#[component]
fn OnItsWay(parcel: Parcel, again: Callback<Picked>) -> impl IntoView {
    let (page, images) = (parcel.page, parcel.images.clone());
    let parcel = StoredValue::new(parcel);
    let parcels: Parcels = expect_context();
    let count = images.len();
    let label = if count == 1 {
        "Sending 1 image".to_owned()
    } else {
        format!("Sending {count} images")
    };
    let shown = label.clone();
    let each = images
        .into_iter()
        .map(|picked| {
            let (shown, way) = (picked.clone(), picked.way.clone());
            let gone = move || way.with(|way| *way == Way::Dropped);
            view! {
                <li class="tray-item" hidden=gone>
                    <Preview picked=shown again=again/>
                    <button
                        type="button"
                        class="tray-x"
                        aria-label="Cancel"
                        on:click=click(move || {
                            picked.drop(page);
                            let parcel = parcel.get_value();
                            if parcels.has(parcel.id) {
                                spawn_local(async move { parcel.keep().await });
                            }
                        })
                    >
                        <Icon glyph=Glyph::Close/>
                    </button>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="on-its-way" role="group" aria-label=label>
            <span class="muted small">{shown}</span>
            <ul class="tray">{each}</ul>
        </div>
    }
}
