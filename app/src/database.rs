//! The browser's database (`IndexedDB`). Once it is open, it stays open, so that what is written goes out in the moment of
//! writing: a tab that is closed right after has lost nothing.

use std::cell::RefCell;

use js_sys::{Function, Promise};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbObjectStore, IdbRequest, IdbTransactionMode};

const NAME: &str = "stoa";
/// Counts up with every change of the stores.
const VERSION: u32 = 2;

/// What is kept, each under its own name.
#[derive(Clone, Copy)]
pub enum Kept {
    /// Messages on their way.
    Drafts,
    /// Messages that wait for their images, with the files.
    Parcels,
}

impl Kept {
    const ALL: [Self; 2] = [Self::Drafts, Self::Parcels];

    const fn name(self) -> &'static str {
        match self {
            Self::Drafts => "drafts",
            Self::Parcels => "parcels",
        }
    }
}

thread_local! {
    static OPEN: RefCell<Option<IdbDatabase>> = const { RefCell::new(None) };
}

/// At once, if it is open already.
pub fn opened() -> Option<IdbDatabase> {
    OPEN.with_borrow(Clone::clone)
}

/// It does not take anything any more: the next one opens it anew.
pub fn forget() {
    OPEN.take();
}

/// An error where the browser allows none.
pub async fn open() -> Result<IdbDatabase, JsValue> {
    if let Some(database) = opened() {
        return Ok(database);
    }
    let factory = window().indexed_db()?.ok_or(JsValue::NULL)?;
    let request = factory.open_with_u32(NAME, VERSION)?;
    let asked = request.clone();
    // For as long as it takes, which may be longer than anybody waits for it.
    let create = Closure::once_into_js(move || {
        let database = asked.result().and_then(JsCast::dyn_into::<IdbDatabase>);
        if let Ok(database) = database {
            for kept in Kept::ALL {
                // Refused where there is one from before.
                let _ = database.create_object_store(kept.name());
            }
        }
    });
    request.set_onupgradeneeded(Some(create.unchecked_ref()));
    let database: IdbDatabase = answer(&request).await?.dyn_into()?;
    // Emptied by whoever owns the browser, or wanted in a newer form by a tab that came after us.
    let own = database.clone();
    let close = Closure::<dyn Fn()>::new(move || {
        own.close();
        forget();
    })
    .into_js_value();
    database.set_onclose(Some(close.unchecked_ref()));
    database.set_onversionchange(Some(close.unchecked_ref()));
    OPEN.set(Some(database.clone()));
    Ok(database)
}

/// In a transaction of its own.
pub fn store(
    database: &IdbDatabase,
    kept: Kept,
    mode: IdbTransactionMode,
) -> Result<IdbObjectStore, JsValue> {
    database
        .transaction_with_str_and_mode(kept.name(), mode)?
        .object_store(kept.name())
}

pub async fn answer(request: &IdbRequest) -> Result<JsValue, JsValue> {
    settled(|done, failed| {
        request.set_onsuccess(Some(done));
        request.set_onerror(Some(failed));
    })
    .await?;
    request.result()
}

/// The transaction of this store is over, and all of it is kept.
pub async fn committed(store: &IdbObjectStore) -> Result<(), JsValue> {
    let transaction = store.transaction();
    settled(|done, failed| {
        transaction.set_oncomplete(Some(done));
        transaction.set_onabort(Some(failed));
    })
    .await
}

async fn settled(hook: impl FnOnce(&Function, &Function)) -> Result<(), JsValue> {
    let mut hook = Some(hook);
    let promise = Promise::new(&mut |done, failed| {
        if let Some(hook) = hook.take() {
            hook(&done, &failed);
        }
    });
    JsFuture::from(promise).await.map(drop)
}
