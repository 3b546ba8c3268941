//! Messages that wait for their images, kept with the files in the browser's database (`IndexedDB`) until they are in the
//! outbox: a reload or a closed tab loses none. Beside it, for each page on which some wait, a mark in `localStorage` that
//! a page can read at once.

use domain::{AccountId, ImageAlt, Mention, MessageId, PageId, Quote};
use gloo_file::File;
use js_sys::{Array, Reflect};
use send_wrapper::SendWrapper;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbObjectStore, IdbTransactionMode};

use super::tray::{mark, storage};
use crate::database::{self, Kept, answer, committed};

/// What is known of it without its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Label {
    pub id: MessageId,
    pub account: AccountId,
    pub page: PageId,
    pub text: String,
    pub mentions: Vec<Mention>,
    pub reply: Option<Quote>,
    /// In order, as many as there are files.
    pub images: Vec<ImageAlt>,
}

pub(super) async fn keep(label: &Label, files: &[SendWrapper<File>]) -> Result<(), JsValue> {
    let words = serde_json::to_string(label).map_err(|_| JsValue::NULL)?;
    let all = Array::new();
    for file in files {
        let file: &web_sys::File = (**file).as_ref();
        all.push(file);
    }
    let entry = js_sys::Object::new();
    Reflect::set(&entry, &"label".into(), &words.into())?;
    Reflect::set(&entry, &"files".into(), &all)?;
    let store = store(IdbTransactionMode::Readwrite).await?;
    store.put_with_key(&entry, &label.id.to_string().into())?;
    committed(&store).await?;
    if let Some(storage) = storage() {
        let _ = storage.set_item(&mark(label.account, label.page), "");
    }
    Ok(())
}

/// It is in the outbox, or given up.
pub(super) async fn forget(label: &Label) -> Result<(), JsValue> {
    let wanted = store(IdbTransactionMode::Readwrite).await?;
    wanted.delete(&label.id.to_string().into())?;
    committed(&wanted).await?;
    let others = of(label.account, label.page).await?;
    if let (true, Some(storage)) = (others.is_empty(), storage()) {
        let _ = storage.remove_item(&mark(label.account, label.page));
    }
    Ok(())
}

pub(super) async fn is_kept(id: MessageId) -> Result<bool, JsValue> {
    let store = store(IdbTransactionMode::Readonly).await?;
    let found = answer(&store.get_key(&id.to_string().into())?).await?;
    Ok(!found.is_undefined())
}

/// What this person has sent on this page, in the order of sending.
pub(super) async fn of(
    account: AccountId,
    page: PageId,
) -> Result<Vec<(Label, Vec<SendWrapper<File>>)>, JsValue> {
    let store = store(IdbTransactionMode::Readonly).await?;
    let all: Array = answer(&store.get_all()?).await?.dyn_into()?;
    let mine = |label: &Label| label.account == account && label.page == page;
    Ok(all
        .iter()
        .filter_map(|entry| read(&entry))
        .filter(|(label, files)| mine(label) && label.images.len() == files.len())
        .collect())
}

fn read(entry: &JsValue) -> Option<(Label, Vec<SendWrapper<File>>)> {
    let words = Reflect::get(entry, &"label".into()).ok()?.as_string()?;
    let files: Array = Reflect::get(entry, &"files".into()).ok()?.dyn_into().ok()?;
    let files = files.iter().filter_map(|file| file.dyn_into().ok());
    let files = files.map(|file: web_sys::File| SendWrapper::new(File::from(file)));
    Some((
        serde_json::from_slice(words.as_bytes()).ok()?,
        files.collect(),
    ))
}

async fn store(mode: IdbTransactionMode) -> Result<IdbObjectStore, JsValue> {
    database::store(&database::open().await?, Kept::Parcels, mode)
}
