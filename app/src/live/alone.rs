//! One tab of a browser at a time (Web Locks API). A tab that is closed lets go by itself.

use futures::channel::oneshot;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Does the work while no other tab does anything under this name. Where the browser has no locks, at once.
pub async fn alone<T>(name: &str, work: impl Future<Output = T>) -> T {
    let Some((locks, request)) = locks() else {
        return work.await;
    };
    let (granted, grant) = oneshot::channel::<()>();
    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let callback = Closure::once(move |_lock: JsValue| {
        let _ = granted.send(());
        held
    });
    let asked = request.call2(&locks, &name.into(), callback.as_ref().unchecked_ref());
    if asked.is_ok() {
        // Dropped without a grant: the page goes away.
        let _ = grant.await;
    }
    let done = work.await;
    if let Some(release) = release {
        let _ = release.call0(&JsValue::NULL);
    }
    done
}

fn locks() -> Option<(JsValue, Function)> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).ok()?;
    let request = Reflect::get(&locks, &"request".into()).ok()?;
    Some((locks, request.dyn_into().ok()?))
}
