//! One image, as large as the screen: walked through all images of the page, zoomed, closed as on a phone.

use domain::{ImageId, PageImage};
use leptos::{ev, html, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};

use super::{
    album::{source, sources},
    api,
    blur::blurred,
    touch::Touch,
};
use crate::{
    pages::Talk,
    ui::{Avatar, Glyph, Icon, click, effect, when, words},
};

/// So many are asked for at a time, and so near to the end of them the next are.
const A_TIME: u32 = 60;
const NEAR: usize = 5;
/// Small ones below, on either side of the one that is shown.
const BESIDE: usize = 4;

/// What is walked through: the oldest first.
#[derive(Clone, Copy)]
struct Walk {
    talk: Talk,
    all: RwSignal<Vec<PageImage>>,
    at: RwSignal<Option<ImageId>>,
    asking: StoredValue<bool>,
    /// There are none further up.
    whole: StoredValue<bool>,
}

impl Walk {
    fn here(self) -> Option<PageImage> {
        let at = self.at.get()?;
        self.all
            .with(|all| all.iter().find(|one| one.image.id == at).cloned())
    }

    fn number(self) -> Option<usize> {
        let at = self.at.get()?;
        self.all
            .with(|all| all.iter().position(|one| one.image.id == at))
    }

    fn begin(self, at: ImageId) {
        self.all.set(self.talk.images());
        self.whole.set_value(false);
        self.at.set(Some(at));
        self.look_ahead();
    }

    fn step(self, by: isize) {
        let next = untrack(|| self.number()).and_then(|number| number.checked_add_signed(by));
        let next =
            next.and_then(|next| self.all.with_untracked(|all| Some(all.get(next)?.image.id)));
        if next.is_some() {
            self.at.set(next);
            self.look_ahead();
        }
    }

    /// Asks for older ones before somebody gets there, and until what is to be shown is among them.
    fn look_ahead(self) {
        let near = untrack(|| self.number()).is_none_or(|number| number < NEAR);
        if !near || self.whole.get_value() || self.asking.get_value() {
            return;
        }
        self.asking.set_value(true);
        let before = self
            .all
            .with_untracked(|all| all.first().map(|first| first.seq));
        let page = self.talk.id;
        spawn_local(async move {
            let answer = api::page_images(page, before, A_TIME).await;
            if self
                .asking
                .try_update_value(|asking| *asking = false)
                .is_none()
            {
                return;
            }
            let Ok(mut older) = answer else { return };
            self.whole.set_value(older.is_empty());
            if !older.is_empty() {
                older.reverse();
                self.all.update(|all| {
                    all.splice(0..0, older);
                });
                self.look_ahead();
            }
        });
    }
}

#[component]
pub fn Lightbox(talk: Talk) -> impl IntoView {
    let element = NodeRef::<html::Dialog>::new();
    let walk = Walk {
        talk,
        all: RwSignal::new(Vec::new()),
        at: RwSignal::new(None),
        asking: StoredValue::new(false),
        whole: StoredValue::new(false),
    };
    // Where the focus goes back to.
    let origin = StoredValue::new(None::<ImageId>);
    effect(move || {
        let (looking, Some(element)) = (talk.looking.get(), element.get()) else {
            return;
        };
        match looking {
            Some(id) if !element.open() => {
                origin.set_value(Some(id));
                walk.begin(id);
                let _ = element.show_modal();
                // `Back` closes it, as on a phone.
                if let Ok(history) = window().history() {
                    let _ = history.push_state_with_url(&JsValue::NULL, "", None);
                }
            }
            None => {
                if element.open() {
                    element.close();
                }
                walk.at.set(None);
            }
            Some(_) => {}
        }
    });
    effect(move || {
        let back = window_event_listener(ev::popstate, move |_| {
            if talk.looking.with_untracked(Option::is_some) {
                talk.looking.set(None);
            }
        });
        on_cleanup(move || back.remove());
    });
    let close = move || {
        if talk.looking.with_untracked(Option::is_some)
            && let Ok(history) = window().history()
        {
            let _ = history.back();
        }
    };
    let closed = move |_| {
        close();
        if let Some(origin) = origin.get_value() {
            focus(origin);
        }
    };
    let pressed = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "ArrowLeft" => walk.step(-1),
        "ArrowRight" => walk.step(1),
        "Home" | "End" => {
            let end = event.key() == "End";
            let to = walk.all.with_untracked(|all| {
                let to = if end { all.last() } else { all.first() };
                to.map(|one| one.image.id)
            });
            walk.at.set(to);
            walk.look_ahead();
        }
        _ => {}
    };
    let label = words(move || match walk.number() {
        Some(number) => format!("Image {} of {}", number + 1, walk.all.with(Vec::len)),
        None => "Image".into(),
    });
    view! {
        <dialog class="lightbox" node_ref=element aria-label=label on:close=closed on:keydown=pressed>
            {move || walk.here().map(|image| view! { <Head walk=walk image=image close=Callback::new(move |()| close())/> })}
            <div class="stage">
                {move || walk.here().map(|image| view! {
                    <Picture walk=walk image=image close=Callback::new(move |()| close())/>
                })}
                {when(move || walk.number().is_some_and(|number| number > 0), move || view! {
                    <button type="button" class="step left" aria-label="Previous image" on:click=click(move || walk.step(-1))>
                        <Icon glyph=Glyph::Back/>
                    </button>
                })}
                {when(
                    move || walk.number().is_some_and(|number| number + 1 < walk.all.with(Vec::len)),
                    move || view! {
                        <button type="button" class="step right" aria-label="Next image" on:click=click(move || walk.step(1))>
                            <Icon glyph=Glyph::Back/>
                        </button>
                    },
                )}
            </div>
            <Beside walk=walk/>
        </dialog>
    }
}

#[component]
fn Head(walk: Walk, image: PageImage, close: Callback<()>) -> impl IntoView {
    let talk = walk.talk;
    let (id, message, author) = (image.image.id, image.message, image.author_name.clone());
    let (at, size) = (image.at, (image.image.width, image.image.height));
    let line = words(move || {
        let (zone, now) = (talk.zone.get(), talk.now.get());
        let (at, today) = (zone.local(at), zone.local(now));
        let number = walk.number().map_or(0, |number| number + 1);
        let count = walk.all.with(Vec::len);
        let (day, clock) = (at.day_label(today), at.clock());
        format!(
            "{day} {clock} · {number} of {count} · {} × {}",
            size.0, size.1
        )
    });
    let reply = move || {
        close.run(());
        talk.reply(message);
    };
    let archived = move || talk.page.with(|page| page.archived);
    view! {
        <header class="lightbox-head">
            <Avatar id=image.author.0 name=author.clone()/>
            <div class="grow">
                <b>{author}</b>
                <small>{line}</small>
            </div>
            {when(move || !archived(), move || view! {
                <button type="button" class="light" on:click=click(reply)>"Reply"</button>
            })}
            <a class="light" href=format!("/i/{id}/original?download") download rel="external">"Download"</a>
            <button type="button" class="light" autofocus on:click=click(move || close.run(()))>"Close"</button>
        </header>
    }
}

#[component]
fn Picture(walk: Walk, image: PageImage, close: Callback<()>) -> impl IntoView {
    let image = image.image;
    let touch = Touch::new(Callback::new(move |by| walk.step(by)), close);
    let alt = if image.alt.is_empty() {
        "Image".to_owned()
    } else {
        image.alt.clone()
    };
    let caption =
        (!image.alt.is_empty()).then(|| view! { <p class="alt-text">{image.alt.clone()}</p> });
    view! {
        <div
            class="picture"
            node_ref=touch.frame
            on:pointerdown=move |event| touch.down(&event)
            on:pointermove=move |event| touch.moved(&event)
            on:pointerup=move |event| touch.up(&event)
            on:pointercancel=move |event| touch.up(&event)
            on:wheel=move |event| touch.wheeled(&event)
            on:dblclick=move |event| touch.twice(event.client_x(), event.client_y())
        >
            <img class="blur" src=blurred(&image.blur) alt="" aria-hidden="true"/>
            <img
                class="whole"
                node_ref=touch.image
                src=source(&image, 1600)
                srcset=sources(&image)
                sizes="100vw"
                width=image.width.to_string()
                height=image.height.to_string()
                alt=alt
                draggable="false"
            />
        </div>
        {caption}
    }
}

/// Small ones to choose from.
#[component]
fn Beside(walk: Walk) -> impl IntoView {
    let near = move || {
        let Some(number) = walk.number() else {
            return Vec::new();
        };
        walk.all.with(|all| {
            let begin = number.saturating_sub(BESIDE);
            let end = (number + BESIDE + 1).min(all.len());
            (begin..end).map(|at| (at, all[at].clone())).collect()
        })
    };
    let one = move |(at, one): (usize, PageImage)| {
        let id = one.image.id;
        let is_here = move || walk.at.get() == Some(id);
        view! {
            <button
                type="button"
                aria-label=format!("Image {}", at + 1)
                aria-current=move || is_here().then_some("true")
                on:click=click(move || {
                    walk.at.set(Some(id));
                    walk.look_ahead();
                })
            >
                <img src=source(&one.image, 320) alt="" width="64" height="64" loading="lazy" draggable="false"/>
            </button>
        }
    };
    view! {
        <footer class="beside">
            <For each=near key=|(at, one)| (*at, one.image.id) children=one/>
        </footer>
    }
}

fn focus(image: ImageId) {
    let found = document().query_selector(&format!("[data-image=\"{image}\"]"));
    if let Some(found) = found
        .ok()
        .flatten()
        .and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = found.focus();
    }
}
