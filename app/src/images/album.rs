//! The images of one message, in its bubble: one as it is, more as an album. Their space is known before they are there.

use domain::{Image, ImageId};
use leptos::prelude::*;

use super::blur::blurred;
use crate::ui::words;

/// As many stand in an album; the last says how many more there are.
const SHOWN: usize = 5;
/// The box that a single image fits into.
const WIDE: f64 = 380.0;
const HIGH: f64 = 420.0;
/// Below, nobody would hit it.
const LEAST: f64 = 48.0;

#[component]
pub fn Album(
    images: Vec<Image>,
    /// Somebody wants to look at one.
    look: Callback<ImageId>,
) -> impl IntoView {
    let count = images.len();
    let more = count.saturating_sub(SHOWN);
    let class = match count {
        1 => "album one",
        2 => "album two",
        3 => "album three",
        4 => "album four",
        _ => "album five",
    };
    let tile = move |(number, image): (usize, Image)| {
        let veil = (more > 0 && number + 1 == SHOWN).then(|| {
            view! { <span class="more-images">{format!("+{more}")}<span class="unseen">" more images"</span></span> }
        });
        view! { <Thumb image=image alone={count == 1} look=look/>{veil} }
    };
    let tiles = images.into_iter().take(SHOWN).enumerate();
    let tiles = tiles.map(|tiled| view! { <div class="album-tile">{tile(tiled)}</div> });
    view! { <div class=class>{tiles.collect_view()}</div> }
}

/// A link to the image itself, for whoever has no wasm; with it, the lightbox opens.
#[component]
pub fn Thumb(
    image: Image,
    /// It has its own shape; else it fills a tile.
    #[prop(optional)]
    alone: bool,
    look: Callback<ImageId>,
) -> impl IntoView {
    let (id, (width, height)) = (image.id, fitted(image.width, image.height));
    let label = if image.alt.is_empty() {
        "Image".to_owned()
    } else {
        image.alt.clone()
    };
    let loaded = RwSignal::new(false);
    view! {
        <a
            class="thumb"
            href=format!("/i/{id}/original")
            rel="external"
            target="_blank"
            data-image=id.to_string()
            on:click=move |event| {
                // With a key held down somebody wants it in a tab of its own.
                if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
                    event.prevent_default();
                    event.stop_propagation();
                    look.run(id);
                }
            }
        >
            <img class="blur" src=blurred(&image.blur) alt="" aria-hidden="true"/>
            <img
                class=words(move || if loaded.get() { "sharp loaded" } else { "sharp" }.into())
                src=source(&image, if alone { 800 } else { 320 })
                srcset=sources(&image)
                sizes=if alone { "(max-width: 699px) 80vw, 380px" } else { "(max-width: 699px) 42vw, 190px" }
                width=width.to_string()
                height=height.to_string()
                alt=label
                loading="lazy"
                decoding="async"
                draggable="false"
                on:load=move |_| loaded.set(true)
            />
        </a>
    }
}

/// The thumbnail of at least this width; animations are shown as they are.
pub(super) fn source(image: &Image, width: u32) -> String {
    let id = image.id;
    if image.animated {
        return format!("/i/{id}/original");
    }
    match image.widths().find(|kept| *kept >= width) {
        Some(kept) => format!("/i/{id}/{kept}"),
        None => format!("/i/{id}/original"),
    }
}

pub(super) fn sources(image: &Image) -> Option<String> {
    let id = image.id;
    let widths: Vec<_> = image.widths().collect();
    if image.animated || widths.is_empty() {
        return None;
    }
    let mut all: Vec<_> = widths
        .iter()
        .map(|width| format!("/i/{id}/{width} {width}w"))
        .collect();
    if image.width <= 2 * Image::WIDEST {
        all.push(format!("/i/{id}/original {}w", image.width));
    }
    Some(all.join(", "))
}

/// The size at which a single image is shown: smaller than its box, and in its own shape.
fn fitted(width: u32, height: u32) -> (u32, u32) {
    let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let scale = (WIDE / width).min(HIGH / height).min(1.0);
    let shown = |side: f64| (side * scale).round().max(LEAST) as u32;
    (shown(width), shown(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_image_keeps_its_shape_within_its_box() {
        assert_eq!(fitted(4000, 3000), (380, 285));
        assert_eq!(fitted(3000, 4000), (315, 420));
        assert_eq!(fitted(200, 100), (200, 100));
        assert_eq!(fitted(20_000, 10), (380, 48));
        assert_eq!(fitted(0, 0), (48, 48));
    }
}
