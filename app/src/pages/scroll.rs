//! Where one reads in the log. The log grows from its end (`column-reverse`), so that it opens at the end before
//! any script has run, and history above does not move what is read; here is what remains to be held by hand.

use domain::MessageId;
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// So near to the end, new messages are followed.
const NEAR_END: f64 = 100.0;
/// So near to the beginning, older messages are fetched.
const NEAR_START: f64 = 900.0;

#[derive(Clone, Copy)]
pub struct Scroll {
    pub log: NodeRef<html::Div>,
    pub at_end: RwSignal<bool>,
}

/// What must stay where it is while the log changes.
pub enum Held {
    Nothing,
    End,
    At { message: Element, top: f64 },
}

impl Scroll {
    pub fn new() -> Self {
        Self {
            log: NodeRef::new(),
            at_end: RwSignal::new(true),
        }
    }

    /// Called as it scrolls. Whether the end came into view or went out of it.
    pub fn moved(self) -> bool {
        let at_end = self.distance_to_end() < NEAR_END;
        let changed = self.at_end.get_untracked() != at_end;
        if changed {
            self.at_end.set(at_end);
        }
        changed
    }

    pub fn near_end(self) -> bool {
        self.distance_to_end() < NEAR_START
    }

    pub fn near_start(self) -> bool {
        self.log().is_some_and(|log| {
            let beyond = f64::from(log.scroll_height() - log.client_height());
            beyond - self.distance_to_end() < NEAR_START
        })
    }

    /// Called before a change.
    pub fn hold(self) -> Held {
        if self.log().is_none() {
            return Held::Nothing;
        }
        if self.at_end.get_untracked() {
            return Held::End;
        }
        self.hold_message()
    }

    /// What is read stays, also where the end of the document is near.
    pub fn hold_message(self) -> Held {
        let Some(log) = self.log() else {
            return Held::Nothing;
        };
        match first_in_view(&log) {
            Some(message) => Held::At {
                top: message.get_bounding_client_rect().top(),
                message,
            },
            None => Held::Nothing,
        }
    }

    /// After a change, before it is painted.
    pub fn settle(self, held: Held) {
        spawn_local(async move {
            leptos::task::tick().await;
            let Some(log) = self.log() else { return };
            match held {
                Held::Nothing => {}
                Held::End => log.set_scroll_top(0),
                Held::At { message, top } => {
                    let moved = message.get_bounding_client_rect().top() - top;
                    if moved.abs() > 0.4 && message.is_connected() {
                        log.scroll_by_with_x_and_y(0.0, moved);
                    }
                }
            }
        });
    }

    pub fn to_end(self) {
        if let Some(log) = self.log() {
            log.set_scroll_top(0);
            self.at_end.set(true);
        }
    }

    /// Brings a message to the middle, marks it for a moment, and gives it the focus.
    pub fn bring(self, id: MessageId) {
        spawn_local(async move {
            leptos::task::tick().await;
            let Some(log) = self.log() else { return };
            let Ok(Some(message)) = log.query_selector(&format!("[data-id=\"{id}\"]")) else {
                return;
            };
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Center);
            message.scroll_into_view_with_scroll_into_view_options(&options);
            if let Some(message) = message.dyn_ref::<web_sys::HtmlElement>() {
                let _ = message.focus();
            }
            let _ = message.class_list().add_1("flash");
            gloo_timers::future::TimeoutFuture::new(1_600).await;
            let _ = message.class_list().remove_1("flash");
        });
    }

    /// Puts a menu beside a message, inside of the window. On a narrow screen the stylesheet puts it at the bottom.
    pub fn place_beside(self, menu: &web_sys::HtmlElement, id: MessageId) {
        let Some(log) = self.log() else { return };
        let Ok(Some(bubble)) = log.query_selector(&format!("[data-id=\"{id}\"] .bubble")) else {
            return;
        };
        let (bubble, own) = (
            bubble.get_bounding_client_rect(),
            menu.get_bounding_client_rect(),
        );
        let number = |size: Result<JsValue, JsValue>| size.ok().and_then(|size| size.as_f64());
        let width = number(window().inner_width()).unwrap_or_default();
        let height = number(window().inner_height()).unwrap_or_default();
        let left = if bubble.left() + bubble.width() / 2.0 > width / 2.0 {
            bubble.right() - own.width()
        } else {
            bubble.left()
        };
        let top = if bubble.bottom() + own.height() + 12.0 < height {
            bubble.bottom() + 4.0
        } else {
            bubble.top() - own.height() - 4.0
        };
        let style = web_sys::HtmlElement::style(menu);
        let put = |name: &str, at: f64, most: f64| {
            let at = at.clamp(8.0, (most - 8.0).max(8.0));
            let _ = style.set_property(name, &format!("{at}px"));
        };
        put("--left", left, width - own.width());
        put("--top", top, height - own.height());
    }

    /// Puts the divider near the top, unless the browser did so itself or somebody has scrolled already.
    pub fn to_first_unread(self) {
        let Some(log) = self.log() else { return };
        if self.distance_to_end() < 1.0
            && let Ok(Some(divider)) = log.query_selector(".unread")
        {
            let above = divider.get_bounding_client_rect().top();
            let wanted = log.get_bounding_client_rect().top() + 72.0;
            if above < wanted {
                log.scroll_by_with_x_and_y(0.0, above - wanted);
            }
        }
        self.moved();
    }

    fn distance_to_end(self) -> f64 {
        self.log()
            .map_or(0.0, |log| f64::from(log.scroll_top().abs()))
    }

    fn log(self) -> Option<web_sys::HtmlDivElement> {
        self.log.try_get_untracked().flatten()
    }
}

/// The topmost message of which something is to be seen. They stand in order, so halving finds it.
fn first_in_view(log: &Element) -> Option<Element> {
    let edge = log.get_bounding_client_rect().top();
    let messages = log.query_selector_all("article").ok()?;
    let nth = |at: u32| messages.item(at)?.dyn_into::<Element>().ok();
    let (mut low, mut high) = (0, messages.length());
    while low < high {
        let middle = low.midpoint(high);
        if nth(middle)?.get_bounding_client_rect().bottom() > edge {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    nth(low)
}
