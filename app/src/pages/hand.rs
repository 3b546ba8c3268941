//! The log under keys and fingers: arrows walk from message to message, `R` answers, Enter opens the menu; a swipe to the
//! right answers, a long press opens the menu.

use std::time::Duration;

use domain::MessageId;
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    leptos_dom::helpers::TimeoutHandle,
    prelude::*,
};
use send_wrapper::SendWrapper;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, HtmlElement};

use super::talk::Talk;

pub(super) fn pressed(talk: Talk, event: &KeyboardEvent) {
    let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
    let on = event.target().and_then(|target| article(&target));
    let own = event.target() == event.current_target()
        || on
            .as_ref()
            .is_some_and(|on| event.target().is_some_and(|target| target == ****on));
    if !plain || !own {
        return;
    }
    let moved = match event.key().as_str() {
        "ArrowUp" => step(talk, on.as_ref(), Step::Up),
        "ArrowDown" => step(talk, on.as_ref(), Step::Down),
        "Home" if on.is_some() => step(talk, None, Step::First),
        "End" => step(talk, None, Step::Last),
        "r" | "R" => on.and_then(|on| id_of(&on)).map(|id| talk.reply(id)),
        "Enter" | "ContextMenu" => on.and_then(|on| id_of(&on)).map(|id| talk.open_menu(id)),
        _ => None,
    };
    if moved.is_some() {
        event.prevent_default();
    }
}

enum Step {
    Up,
    Down,
    First,
    Last,
}

fn step(talk: Talk, from: Option<&HtmlElement>, step: Step) -> Option<()> {
    let log = talk.scroll.log.get_untracked()?;
    let all = log.query_selector_all("article").ok()?;
    let last = all.length().checked_sub(1)?;
    let here = from
        .and_then(|from| (0..=last).find(|at| all.item(*at).is_some_and(|node| node == ***from)));
    let to = match (step, here) {
        (Step::Up, Some(here)) => here.checked_sub(1)?,
        (Step::Down, Some(here)) => here + 1,
        (Step::First, _) => 0,
        (Step::Up | Step::Last, _) => last,
        (Step::Down, None) => return None,
    };
    let to: HtmlElement = all.item(to)?.dyn_into().ok()?;
    to.focus().ok()
}

fn article(target: &EventTarget) -> Option<HtmlElement> {
    let found = target.dyn_ref::<Element>()?.closest("article").ok()??;
    found.dyn_into().ok()
}

fn id_of(article: &HtmlElement) -> Option<MessageId> {
    article.get_attribute("data-id")?.parse().ok()
}

/// So far to the right, a swipe answers.
const SWIPE: i32 = 56;
/// So far in any direction, a press is no long press.
const STILL: i32 = 10;
const LONG: Duration = Duration::from_millis(450);

/// One finger on the log.
#[derive(Clone, Copy)]
pub(super) struct Hand {
    down: StoredValue<Option<SendWrapper<Down>>>,
}

struct Down {
    at: (i32, i32),
    on: HtmlElement,
    long: Option<TimeoutHandle>,
    right: i32,
}

impl Hand {
    pub(super) fn new() -> Self {
        Self {
            down: StoredValue::new(None),
        }
    }

    pub(super) fn down(self, talk: Talk, event: &PointerEvent) {
        self.cancel();
        if event.pointer_type() == "mouse" {
            return;
        }
        let Some(on) = event.target().and_then(|target| article(&target)) else {
            return;
        };
        let id = id_of(&on);
        let press = move || {
            self.cancel();
            if let Some(id) = id {
                talk.open_menu(id);
            }
        };
        self.down.set_value(Some(SendWrapper::new(Down {
            at: (event.client_x(), event.client_y()),
            on,
            long: set_timeout_with_handle(press, LONG).ok(),
            right: 0,
        })));
    }

    pub(super) fn moved(self, event: &PointerEvent) {
        let mut lost = false;
        self.down.update_value(|down| {
            let Some(down) = down else { return };
            let (right, below) = (event.client_x() - down.at.0, event.client_y() - down.at.1);
            if right.abs().max(below.abs()) > STILL
                && let Some(long) = down.long.take()
            {
                long.clear();
            }
            lost = below.abs() > STILL && down.right == 0;
            if !lost && right > STILL {
                down.right = right;
                let shown = right.min(SWIPE + 16);
                let _ = HtmlElement::style(&down.on)
                    .set_property("transform", &format!("translateX({shown}px)"));
            }
        });
        if lost {
            self.cancel();
        }
    }

    pub(super) fn up(self, talk: Talk) {
        let swiped = self.down.with_value(|down| {
            let down = down.as_ref().filter(|down| down.right >= SWIPE)?;
            id_of(&down.on)
        });
        self.cancel();
        if let Some(id) = swiped {
            talk.reply(id);
        }
    }

    pub(super) fn cancel(self) {
        let down = self.down.try_update_value(Option::take).flatten();
        if let Some(down) = down.map(SendWrapper::take) {
            if let Some(long) = down.long {
                long.clear();
            }
            let _ = HtmlElement::style(&down.on).remove_property("transform");
        }
    }
}
