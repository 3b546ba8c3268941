//! The document around everything, and the routes. No noun lives here.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    invitations::{AcceptPage, InvitationsPage, InvitePage},
    live::Live,
    pages::{HomePage, NewPagePage, PagesAdmin, RoomPage, Shelf},
    people::{MailPage, PeoplePage, SetUpPage, SignInLinkPage, SignInPage},
    ui::Missing,
};

/// The whole document. `assets` is the hash of the built files, which is part of their address.
pub fn shell(assets: &'static str) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::begin_page();
    let root = format!("/v/{assets}");
    let nonce = use_nonce();
    let script = format!(
        "import init,{{hydrate}} from '{root}/stoa.js';\
         await init({{module_or_path:'{root}/stoa_bg.wasm'}});hydrate();"
    );
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f5f2ec"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#121518"/>
                <link rel="stylesheet" href=format!("{root}/stoa.css")/>
                <link rel="icon" type="image/svg+xml" href=format!("{root}/icon.svg")/>
                <link rel="apple-touch-icon" href=format!("{root}/icon-180.png")/>
                <link rel="manifest" href=format!("{root}/site.webmanifest")/>
                <link rel="modulepreload" href=format!("{root}/stoa.js") nonce=nonce.clone()/>
                <link
                    rel="preload"
                    href=format!("{root}/stoa_bg.wasm")
                    r#as="fetch"
                    r#type="application/wasm"
                    crossorigin="anonymous"
                />
                <script type="module" nonce=nonce inner_html=script></script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // Where a form leads, much is different (who is signed in): the page there is read anew. The first hook wins,
    // and the router would only change the view.
    let _ = server_fn::redirect::set_redirect_hook(|to| {
        let _ = window().location().set_href(to);
    });
    Live::provide();
    Shelf::provide();
    // The mark that the page answers to more than plain forms and links.
    Effect::new(|_| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
    view! {
        <Title text="Stoa"/>
        <Router>
            <FlatRoutes fallback=Missing>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
                <Route path=path!("/setup/:token") view=SetUpPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/:token") view=SignInLinkPage ssr=SsrMode::Async/>
                <Route path=path!("/invite/:token") view=AcceptPage ssr=SsrMode::Async/>
                <Route path=path!("/p/:page") view=RoomPage ssr=SsrMode::Async/>
                <Route path=path!("/p/:page/invite") view=InvitePage ssr=SsrMode::Async/>
                <Route path=path!("/admin") view=PagesAdmin ssr=SsrMode::Async/>
                <Route path=path!("/admin/new") view=NewPagePage ssr=SsrMode::Async/>
                <Route path=path!("/admin/people") view=PeoplePage ssr=SsrMode::Async/>
                <Route path=path!("/admin/invitations") view=InvitationsPage ssr=SsrMode::Async/>
                <Route path=path!("/admin/mail") view=MailPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
