//! Fingers and wheel on an image: pinch and wheel zoom, double tap, drag what is larger than the screen, swipe sideways
//! for the next one and down to close.

use std::collections::BTreeMap;

use leptos::{html, prelude::*};
use web_sys::{HtmlElement, PointerEvent, WheelEvent};

const MOST: f64 = 8.0;
const TWICE: f64 = 2.5;
/// So far, a swipe is meant (pixels).
const SWIPE: f64 = 70.0;
/// So soon after the first, a second tap belongs to it (milliseconds), if it is as near (pixels).
const SOON: f64 = 300.0;
const NEAR: f64 = 30.0;

/// How an image lies in its frame: as large as fits is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Lie {
    scale: f64,
    x: f64,
    y: f64,
}

impl Lie {
    const FITS: Self = Self {
        scale: 1.0,
        x: 0.0,
        y: 0.0,
    };

    /// What is at this point, measured from the middle, stays there.
    fn scaled(self, to: f64, at: (f64, f64)) -> Self {
        let scale = to.clamp(1.0, MOST);
        if scale <= 1.0 {
            return Self::FITS;
        }
        let by = scale / self.scale;
        Self {
            scale,
            x: at.0 - (at.0 - self.x) * by,
            y: at.1 - (at.1 - self.y) * by,
        }
    }

    /// No further than its edge comes to the middle.
    fn held(self, frame: (f64, f64)) -> Self {
        let (wide, high) = (frame.0 * self.scale / 2.0, frame.1 * self.scale / 2.0);
        Self {
            x: self.x.clamp(-wide, wide),
            y: self.y.clamp(-high, high),
            ..self
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Touch {
    pub frame: NodeRef<html::Div>,
    pub image: NodeRef<html::Img>,
    lie: StoredValue<Lie>,
    fingers: StoredValue<BTreeMap<i32, (f64, f64)>>,
    /// Of one finger: where it began, and where it is.
    swipe: StoredValue<Option<(f64, f64)>>,
    tapped: StoredValue<(f64, f64, f64)>,
    next: Callback<isize>,
    close: Callback<()>,
}

impl Touch {
    pub(super) fn new(next: Callback<isize>, close: Callback<()>) -> Self {
        Self {
            frame: NodeRef::new(),
            image: NodeRef::new(),
            lie: StoredValue::new(Lie::FITS),
            fingers: StoredValue::new(BTreeMap::new()),
            swipe: StoredValue::new(None),
            tapped: StoredValue::new((0.0, 0.0, 0.0)),
            next,
            close,
        }
    }

    pub(super) fn down(self, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        if let Some(frame) = self.frame.get_untracked() {
            let _ = frame.set_pointer_capture(event.pointer_id());
        }
        self.fingers.update_value(|fingers| {
            fingers.insert(event.pointer_id(), at);
        });
        let alone = self.fingers.with_value(BTreeMap::len) == 1;
        let still = self.lie.get_value().scale <= 1.0;
        self.swipe.set_value((alone && still).then_some(at));
    }

    pub(super) fn moved(self, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let before = self.fingers.with_value(BTreeMap::clone);
        let Some(was) = before.get(&event.pointer_id()).copied() else {
            return;
        };
        self.fingers.update_value(|fingers| {
            fingers.insert(event.pointer_id(), at);
        });
        let lie = self.lie.get_value();
        let other = before.iter().find(|(id, _)| **id != event.pointer_id());
        match other {
            Some((_, other)) => {
                let apart = |a: (f64, f64)| (a.0 - other.0).hypot(a.1 - other.1).max(1.0);
                let middle = (f64::midpoint(at.0, other.0), f64::midpoint(at.1, other.1));
                let scale = lie.scale * apart(at) / apart(was);
                self.lay(lie.scaled(scale, self.beside_middle(middle)));
            }
            None if lie.scale > 1.0 => self.lay(Lie {
                x: lie.x + at.0 - was.0,
                y: lie.y + at.1 - was.1,
                ..lie
            }),
            None => {
                if let Some(begin) = self.swipe.get_value() {
                    // It follows the finger; sideways or down, whichever is more.
                    let (x, y) = (at.0 - begin.0, at.1 - begin.1);
                    let (x, y) = if y > x.abs() { (0.0, y) } else { (x, 0.0) };
                    self.put(Lie { scale: 1.0, x, y });
                }
            }
        }
    }

    pub(super) fn up(self, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        self.fingers.update_value(|fingers| {
            fingers.remove(&event.pointer_id());
        });
        let Some(begin) = self.swipe.get_value() else {
            return;
        };
        self.swipe.set_value(None);
        self.put(self.lie.get_value());
        let (x, y) = (at.0 - begin.0, at.1 - begin.1);
        if event.type_() == "pointercancel" {
            return;
        }
        if y > SWIPE && y > x.abs() {
            self.close.run(());
        } else if x.abs() > SWIPE && x.abs() > y.abs() {
            self.next.run(if x < 0.0 { 1 } else { -1 });
        } else if event.pointer_type() != "mouse" {
            self.tap(at, event.time_stamp());
        }
    }

    fn tap(self, at: (f64, f64), now: f64) {
        let (x, y, before) = self.tapped.get_value();
        let again = now - before < SOON && (at.0 - x).hypot(at.1 - y) < NEAR;
        self.tapped
            .set_value((at.0, at.1, if again { 0.0 } else { now }));
        if again {
            self.twice(at.0 as i32, at.1 as i32);
        }
    }

    /// A double tap or click: near, or as a whole again.
    pub(super) fn twice(self, x: i32, y: i32) {
        let at = self.beside_middle((f64::from(x), f64::from(y)));
        let lie = self.lie.get_value();
        let to = if lie.scale > 1.0 { 1.0 } else { TWICE };
        self.lay(lie.scaled(to, at));
    }

    pub(super) fn wheeled(self, event: &WheelEvent) {
        event.prevent_default();
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let lie = self.lie.get_value();
        let by = (-event.delta_y() / 300.0).exp();
        self.lay(lie.scaled(lie.scale * by, self.beside_middle(at)));
    }

    fn beside_middle(self, at: (f64, f64)) -> (f64, f64) {
        self.frame.get_untracked().map_or((0.0, 0.0), |frame| {
            let around = frame.get_bounding_client_rect();
            let middle = (
                around.left() + around.width() / 2.0,
                around.top() + around.height() / 2.0,
            );
            (at.0 - middle.0, at.1 - middle.1)
        })
    }

    fn lay(self, lie: Lie) {
        let frame = self.frame.get_untracked().map_or((0.0, 0.0), |frame| {
            let around = frame.get_bounding_client_rect();
            (around.width(), around.height())
        });
        let lie = lie.held(frame);
        self.lie.set_value(lie);
        self.put(lie);
    }

    fn put(self, Lie { scale, x, y }: Lie) {
        if let Some(image) = self.image.get_untracked() {
            let transform = format!("translate({x:.1}px, {y:.1}px) scale({scale:.3})");
            let _ = HtmlElement::style(&image).set_property("transform", &transform);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_the_finger_stays_there() {
        let near = Lie::FITS.scaled(2.0, (100.0, 50.0));
        assert_eq!((near.x, near.y), (-100.0, -50.0));
        let nearer = near.scaled(4.0, (100.0, 50.0));
        assert_eq!((nearer.x, nearer.y), (-300.0, -150.0));
        assert_eq!(nearer.scaled(0.5, (0.0, 0.0)), Lie::FITS);
        assert!((near.scaled(99.0, (0.0, 0.0)).scale - MOST).abs() < 1e-9);
    }

    #[test]
    fn it_cannot_be_lost() {
        let far = Lie {
            scale: 2.0,
            x: 9_999.0,
            y: -9_999.0,
        };
        let held = far.held((300.0, 200.0));
        assert_eq!((held.x, held.y), (300.0, -200.0));
    }
}
