//! Where images come from: the button, a paste, a drop. What becomes of them is `strip.rs`, which is loaded late.

use domain::{AccountId, Mention, PageId};
use gloo_file::FileList;
use leptos::{html, prelude::*};
use send_wrapper::SendWrapper;
use wasm_bindgen::JsCast;
use web_sys::{DataTransfer, DragEvent};

use crate::ui::{Glyph, Icon, click};

/// What browsers may offer; phones that keep their photos as HEIC hand them out as JPEG because of it.
const ACCEPT: &str = "image/jpeg,image/png,image/gif,image/webp";

/// The images beside the message that is being written.
#[derive(Clone, Copy)]
pub struct Tray {
    /// Chosen, and not yet taken by the strip.
    pub(super) chosen: RwSignal<Vec<SendWrapper<FileList>>>,
    /// There are images to be sent with the next message.
    pub filled: RwSignal<bool>,
    /// From the first image on.
    pub used: RwSignal<bool>,
    /// A message goes out: its text, and who is named in it.
    pub(super) sent: RwSignal<Option<(String, Vec<Mention>)>>,
    /// Something is being dragged over the page.
    pub over: RwSignal<bool>,
}

/// Where messages with images wait from before a reload.
pub(super) fn mark(account: AccountId, page: PageId) -> String {
    format!("stoa.parcels.{account}.{page}")
}

pub(super) fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

impl Tray {
    /// Goes on with what was sent before a reload.
    pub fn take_up(self, account: AccountId, page: PageId) {
        let left = storage().and_then(|all| all.get_item(&mark(account, page)).ok().flatten());
        if left.is_some() {
            self.used.set(true);
        }
    }

    pub fn empty() -> Self {
        Self {
            chosen: RwSignal::new(Vec::new()),
            filled: RwSignal::new(false),
            used: RwSignal::new(false),
            sent: RwSignal::new(None),
            over: RwSignal::new(false),
        }
    }

    /// Whether there was any file.
    pub fn fill(self, files: Option<web_sys::FileList>) -> bool {
        let files = files.filter(|files| files.length() > 0);
        let any = files.is_some();
        if let Some(files) = files {
            self.used.set(true);
            self.filled.set(true);
            // A list that lives on in its field would be emptied with it.
            let files = gloo_file::FileList::from(files);
            self.chosen
                .update(|chosen| chosen.push(SendWrapper::new(files)));
        }
        any
    }

    /// Sends what is in it with this text.
    pub fn send(self, text: String, mentions: Vec<Mention>) {
        self.sent.set(Some((text, mentions)));
    }

    pub fn dragged(self, event: &DragEvent) {
        if event.data_transfer().is_some_and(|data| has_files(&data)) {
            event.prevent_default();
            self.over.set(true);
        }
    }

    pub fn dropped(self, event: &DragEvent) {
        self.over.set(false);
        let data = event.data_transfer();
        if data.as_ref().is_some_and(has_files) {
            event.prevent_default();
            self.fill(data.and_then(|data| data.files()));
        }
    }

    /// Text that was copied with its picture stays text.
    pub fn pasted(self, event: &web_sys::Event) {
        let data = event
            .dyn_ref::<web_sys::ClipboardEvent>()
            .and_then(web_sys::ClipboardEvent::clipboard_data);
        let Some(data) = data else { return };
        let text = data.get_data("text/plain").unwrap_or_default();
        if text.is_empty() && self.fill(data.files()) {
            event.prevent_default();
        }
    }
}

fn has_files(data: &DataTransfer) -> bool {
    data.types().includes(&"Files".into(), 0)
}

#[component]
pub fn AttachButton(tray: Tray) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let open = move || {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    view! {
        <button type="button" class="attach" aria-label="Attach images" on:click=click(open)>
            <Icon glyph=Glyph::Image/>
        </button>
        <input
            type="file"
            accept=ACCEPT
            multiple
            hidden
            aria-label="Images"
            node_ref=input
            on:change:target=move |event| {
                let input = event.target();
                tray.fill(input.files());
                // The same file again is a change, too.
                input.set_value("");
            }
        />
    }
}
