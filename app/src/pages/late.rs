//! Views that no first view shows: dialogs, the menu of a message, what a search found, calls. Their code is a file of its own,
//! which the browser loads when somebody begins to use the page.

use std::sync::Arc;

use domain::{Member, Mention, Message, PageId};
use leptos::prelude::*;

use super::{composer::names::Names, search::Searching, talk::Talk};
use crate::beam::Bell;

#[derive(Clone)]
pub(super) enum Late {
    Dialog(Ask, RwSignal<bool>),
    MessageMenu(Talk),
    Lightbox(Talk),
    Shared(Talk, Callback<()>),
    Strip(Talk),
    Found(Searching),
    Editing(Talk),
    Answering(Talk),
    Names(Names, Callback<Mention>),
}

#[derive(Clone)]
pub(super) enum Ask {
    Call(Bell),
    DeleteMessage(Talk, Arc<Message>),
    Gallery(Talk),
    Invite(PageId),
    Leave(Talk),
    MessageInfo(Talk, Arc<Message>),
    MyName(String),
    Remove(Talk, Member),
    Rename(Talk),
}

#[cfg(not(feature = "ssr"))]
impl Late {
    fn view(self) -> AnyView {
        use super::{
            composer::{Answering, Editing, names::NamesList},
            menu::MessageMenu,
            search::SearchResults,
        };
        use crate::images::{Lightbox, Shared, Strip};

        match self {
            Self::Dialog(ask, open) => ask.view(open),
            Self::MessageMenu(talk) => view! { <MessageMenu talk=talk/> }.into_any(),
            Self::Lightbox(talk) => view! { <Lightbox talk=talk/> }.into_any(),
            Self::Shared(talk, all) => view! { <Shared talk=talk all=all/> }.into_any(),
            Self::Strip(talk) => view! { <Strip talk=talk tray=talk.tray/> }.into_any(),
            Self::Editing(talk) => view! { <Editing talk=talk/> }.into_any(),
            Self::Answering(talk) => view! { <Answering talk=talk/> }.into_any(),
            Self::Names(names, choose) => {
                view! { <NamesList names=names choose=choose/> }.into_any()
            }
            Self::Found(searching) => view! { <SearchResults searching=searching/> }.into_any(),
        }
    }
}

#[cfg(not(feature = "ssr"))]
impl Ask {
    fn view(self, open: RwSignal<bool>) -> AnyView {
        use super::{
            details::{LeaveDialog, RemoveDialog, RenameDialog},
            info::{DeleteDialog, InfoDialog},
        };
        use crate::{
            beam::Calls, images::GalleryDialog, invitations::InviteDialog, people::MyNameDialog,
        };

        match self {
            Self::Call(bell) => view! { <Calls bell=bell/> }.into_any(),
            Self::DeleteMessage(talk, message) => {
                view! { <DeleteDialog talk=talk message=message open=open/> }.into_any()
            }
            Self::Gallery(talk) => view! { <GalleryDialog talk=talk open=open/> }.into_any(),
            Self::Invite(page) => view! { <InviteDialog page=page open=open/> }.into_any(),
            Self::Leave(talk) => view! { <LeaveDialog talk=talk open=open/> }.into_any(),
            Self::MessageInfo(talk, message) => {
                view! { <InfoDialog talk=talk message=message open=open/> }.into_any()
            }
            Self::MyName(name) => view! { <MyNameDialog name=name open=open/> }.into_any(),
            Self::Remove(talk, member) => {
                view! { <RemoveDialog talk=talk member=member open=open/> }.into_any()
            }
            Self::Rename(talk) => view! { <RenameDialog talk=talk open=open/> }.into_any(),
        }
    }
}

/// The one dialog that was opened last. It ends with the view that provides it.
#[derive(Clone, Copy)]
pub(super) struct Dialogs(RwSignal<Option<Ask>>);

impl Dialogs {
    pub(super) fn new() -> Self {
        Self(RwSignal::new(None))
    }

    pub(super) fn provide() -> Self {
        let dialogs = Self::new();
        provide_context(dialogs);
        dialogs
    }

    pub(super) fn here() -> Self {
        expect_context()
    }

    pub(super) fn open(self, ask: Ask) {
        self.0.set(Some(ask));
    }

    pub(super) fn view(self) -> impl IntoView {
        move || {
            self.0.get().map(|ask| {
                // Closed it stays, until another takes its place: the browser gives the focus back in its own time.
                late(Late::Dialog(ask, RwSignal::new(true)))
            })
        }
    }
}

/// The server renders none of them.
#[cfg(feature = "ssr")]
pub(super) fn late(_: Late) -> impl IntoView {}

#[cfg(feature = "ssr")]
pub(super) fn load_soon() {}

#[cfg(not(feature = "ssr"))]
pub(super) use self::browser::{late, load_soon};

#[cfg(not(feature = "ssr"))]
mod browser {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use futures::FutureExt as _;
    use leptos::{either::Either, ev, prelude::*, task::spawn_local};

    use super::Late;

    /// The file could not be had: the network is away, or a newer program answers.
    struct Missing;

    #[cfg(feature = "late")]
    impl From<leptos::wasm_split::SplitLoaderError> for Missing {
        fn from(_: leptos::wasm_split::SplitLoaderError) -> Self {
            Self
        }
    }

    static LOADED: AtomicBool = AtomicBool::new(false);

    #[cfg(feature = "late")]
    #[allow(
        unsafe_code,
        clippy::unnecessary_wraps,
        reason = "the macro declares what the loader will have linked, and fails where it cannot"
    )]
    #[leptos::wasm_split::wasm_split(late, wasm_split_path = ::leptos::wasm_split, fallible, preload(#[allow(unsafe_code)] fetch))]
    fn build(late: Late) -> Result<AnyView, Missing> {
        Ok(late.view())
    }

    /// A bundle that is not split has all of it from the beginning.
    #[cfg(not(feature = "late"))]
    #[allow(
        clippy::unused_async,
        clippy::unnecessary_wraps,
        reason = "as the other"
    )]
    async fn build(late: Late) -> Result<AnyView, Missing> {
        Ok(late.view())
    }

    #[cfg(not(feature = "late"))]
    #[allow(
        clippy::unused_async,
        clippy::unnecessary_wraps,
        reason = "as the other"
    )]
    async fn fetch() -> Result<(), Missing> {
        Ok(())
    }

    async fn load() -> Result<(), Missing> {
        fetch().await?;
        LOADED.store(true, Relaxed);
        Ok(())
    }

    /// Loads the file with the first touch or key: what somebody opens first is there at once.
    pub(in crate::pages) fn load_soon() {
        let begin = || {
            if !LOADED.load(Relaxed) {
                spawn_local(async {
                    let _ = load().await;
                });
            }
        };
        Effect::new(move |_| {
            let touch = window_event_listener(ev::pointerdown, move |_| begin());
            let key = window_event_listener(ev::keydown, move |_| begin());
            on_cleanup(move || {
                touch.remove();
                key.remove();
            });
        });
    }

    /// A view out of that file, as soon as it is there.
    pub(in crate::pages) fn late(what: Late) -> impl IntoView {
        let loaded = RwSignal::new(LOADED.load(Relaxed).then_some(true));
        let try_it = move || {
            loaded.set(None);
            spawn_local(async move {
                loaded.try_set(Some(load().await.is_ok()));
            });
        };
        if loaded.get_untracked().is_none() {
            try_it();
        }
        move || match loaded.get() {
            None => None,
            // Loaded: the future is ready with its first poll.
            Some(true) => {
                let built = build(what.clone()).now_or_never();
                built.and_then(Result::ok).map(Either::Left)
            }
            Some(false) => Some(Either::Right(view! {
                <div class="missing" role="alert">
                    <p>"This part could not be loaded."</p>
                    <button type="button" class="btn ghost" on:click=move |_| try_it()>"Try again"</button>
                </div>
            })),
        }
    }
}
