//! This node's calls: what beam says goes out as events, and whoever may not be in a call any more is taken out of it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use app::Problem;
use backend::{Backend, SessionKey, Viewer};
use beam::{Beam, Core, Denied, Join, Joined, Notice};
use domain::{
    AccountId, Call, CallId, CallLog, CallWays, Dropped, Event, PageId, Refusal, SessionId, Topic,
};
use http::HeaderValue;
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::{Provider, Turn, denied, stopped};

/// So often everybody in a call is looked at again: nothing that takes a right away has to think of calls.
const LOOK: Duration = Duration::from_secs(5);
/// For the last events and lines of the log, when the program stops.
const FAREWELL: Duration = Duration::from_secs(3);

pub(crate) struct Calls {
    pub(crate) provider: Provider,
    pub(crate) turn: Turn,
    pub(crate) ways: CallWays,
    /// What the frame of an outside provider may use, as `Permissions-Policy` says it.
    pub(crate) delegated: Option<HeaderValue>,
    pub(super) backend: Backend,
    beam: Option<Beam>,
    guests: Mutex<HashMap<SessionId, Guest>>,
    ringing: Mutex<HashMap<CallId, HashSet<AccountId>>>,
    stop: Notify,
    teller: Mutex<Option<JoinHandle<()>>>,
    watcher: Mutex<Option<JoinHandle<()>>>,
}

/// Whose session it is, and by what they had signed in.
#[derive(Clone)]
struct Guest {
    account: AccountId,
    page: PageId,
    viewer: SessionKey,
}

impl Calls {
    pub(crate) fn start(
        backend: Backend,
        beam: Option<(Beam, mpsc::UnboundedReceiver<Notice>)>,
        provider: Provider,
        turn: Turn,
        ways: CallWays,
    ) -> Arc<Self> {
        let (beam, notices) = beam.unzip();
        let calls = Arc::new(Self {
            delegated: provider.origin().and_then(delegated),
            provider,
            turn,
            ways,
            backend,
            beam,
            guests: Mutex::default(),
            ringing: Mutex::default(),
            stop: Notify::new(),
            teller: Mutex::default(),
            watcher: Mutex::default(),
        });
        if let Some(notices) = notices {
            let teller = tokio::spawn(calls.clone().tell(notices));
            *lock(&calls.teller) = Some(teller);
            *lock(&calls.watcher) = Some(tokio::spawn(calls.clone().watch()));
        }
        calls
    }

    pub(crate) fn beam(&self) -> Result<&Beam, Problem> {
        self.beam.as_ref().ok_or_else(|| Refusal::NotFound.into())
    }

    /// Has this node's calls do what they may deny.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        errand: impl FnOnce(&mut Core, Instant) -> Result<T, Denied> + Send + 'static,
    ) -> Result<T, Problem> {
        let done = self.beam()?.ask(errand);
        done.await.map_err(stopped)?.map_err(denied)
    }

    pub(crate) async fn call(&self, page: PageId) -> Result<Option<Call>, Problem> {
        match &self.beam {
            Some(beam) => Ok(beam
                .ask(move |core, _| core.call(page))
                .await
                .map_err(stopped)?),
            None => Ok(None),
        }
    }

    /// By a member, where the page's call is.
    pub(crate) async fn join(
        self: &Arc<Self>,
        viewer: &Viewer,
        page_name: String,
        join: Join,
    ) -> Result<Joined, Problem> {
        let (page, session) = (join.page, join.session);
        let joined = self.ask(move |core, now| core.join(now, join)).await?;
        let guest = Guest {
            account: viewer.account,
            page,
            viewer: viewer.key(),
        };
        lock(&self.guests).insert(session, guest.clone());
        // Removed while they came, they were not among the guests yet.
        self.look_at(session, &guest).await;
        if joined.began {
            self.ring(viewer, joined.call.id, page, page_name).await;
        } else {
            self.answered(joined.call.id, viewer.account);
        }
        Ok(joined)
    }

    /// Something was taken away from this account: at once, see what.
    pub(crate) fn look_again(self: &Arc<Self>, account: AccountId) {
        let of = |guest: &Guest| guest.account == account;
        if lock(&self.guests).values().any(of) {
            let calls = self.clone();
            tokio::spawn(async move { calls.look(Some(account)).await });
        }
    }

    /// Ends all calls in good order.
    pub(crate) async fn stop(&self) {
        let Some(beam) = &self.beam else {
            return;
        };
        let watcher = lock(&self.watcher).take();
        if let Some(watcher) = watcher {
            watcher.abort();
        }
        let ended = beam.ask(|core, now| {
            for page in core.pages() {
                core.end_call(now, page, Dropped::Over);
            }
        });
        // The second errand comes after all that the first one had to say.
        if ended.await.is_ok() && beam.ask(|_, _| ()).await.is_ok() {
            self.stop.notify_one();
            let teller = lock(&self.teller).take();
            if let Some(teller) = teller
                && timeout(FAREWELL, teller).await.is_err()
            {
                tracing::warn!("the last words of a call were not said in time");
            }
        }
    }

    async fn tell(self: Arc<Self>, mut notices: mpsc::UnboundedReceiver<Notice>) {
        loop {
            tokio::select! {
                biased;
                notice = notices.recv() => match notice {
                    Some(notice) => self.pass_on(notice).await,
                    None => return,
                },
                () = self.stop.notified() => return,
            }
        }
    }

    /// Apart from the telling, which does not wait for the database.
    async fn watch(self: Arc<Self>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            self.look(None).await;
        }
    }

    async fn pass_on(&self, notice: Notice) {
        let bus = self.backend.bus();
        match notice {
            Notice::Call(call) => self.backend.tell_call(call),
            Notice::Slots {
                account,
                session,
                slots,
            } => bus.publish(Topic::Account(account), &Event::Slots { session, slots }),
            Notice::Dropped {
                account,
                session,
                why,
            } => {
                lock(&self.guests).remove(&session);
                bus.publish(Topic::Account(account), &Event::Dropped { session, why });
            }
            Notice::Over {
                call,
                page,
                by,
                since,
                people,
            } => {
                let seconds = self.backend.now().secs_since(since).max(0);
                let log = CallLog { seconds, people };
                self.hush(call);
                if let Err(error) = self.backend.log_call(call, page, by, log).await {
                    tracing::error!(%error, %call, "a call is missing in its page's log");
                }
                if let Err(error) = self.backend.release_call(page).await {
                    tracing::warn!(%error, %page, "a call is over, but held for some seconds more");
                }
                // Somebody may have begun the next one meanwhile.
                if let Ok(Some(_)) = self.call(page).await {
                    self.hold(page).await;
                }
            }
        }
    }

    /// Everybody, or this account's sessions.
    async fn look(&self, account: Option<AccountId>) {
        let guests: Vec<(SessionId, Guest)> = {
            let guests = lock(&self.guests);
            let of = |guest: &Guest| account.is_none_or(|account| guest.account == account);
            let mut of_all = guests.iter().filter(|(_, guest)| of(guest));
            of_all
                .by_ref()
                .map(|(id, guest)| (*id, guest.clone()))
                .collect()
        };
        for (session, guest) in &guests {
            self.look_at(*session, guest).await;
        }
        if account.is_none() {
            self.tidy(&guests).await;
        }
    }

    async fn look_at(&self, session: SessionId, guest: &Guest) {
        let (page, Some(beam)) = (guest.page, &self.beam) else {
            return;
        };
        let signed_in = self.backend.viewer_of(&guest.viewer);
        let stays = match signed_in.await {
            Ok(Some(viewer)) => self.backend.may_call(&viewer, page).await.map(|_| ()),
            Ok(None) => Err(Refusal::SignedOut.into()),
            Err(error) => Err(error),
        };
        match stays {
            Err(backend::Error::Refused(_)) => {
                let _ = beam
                    .ask(move |core, now| core.remove(now, page, session))
                    .await;
            }
            Err(error) => tracing::warn!(%error, "cannot tell who may be in a call"),
            Ok(()) => {}
        }
    }

    /// Forgets who has left, and says that the calls are still here.
    async fn tidy(&self, guests: &[(SessionId, Guest)]) {
        let Some(beam) = &self.beam else { return };
        let Ok(callers) = beam.ask(|core, _| core.callers()).await else {
            return;
        };
        for (session, _) in guests {
            if !callers.iter().any(|(_, there, _)| there == session) {
                lock(&self.guests).remove(session);
            }
        }
        let pages: HashSet<PageId> = callers.iter().map(|(page, _, _)| *page).collect();
        for page in pages {
            self.hold(page).await;
        }
    }

    /// Says that the page's call is here. If it is elsewhere by now this one ends, and its people come back to that one.
    async fn hold(&self, page: PageId) {
        match self.backend.hold_call(page).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(%page, "another node has begun this page's call anew");
                let Some(beam) = &self.beam else { return };
                let _ = beam
                    .ask(move |core, now| core.end_call(now, page, Dropped::Over))
                    .await;
            }
            Err(error) => tracing::warn!(%error, %page, "cannot say that a call is here"),
        }
    }

    /// Joined is joined, whether it rings or not.
    async fn ring(
        self: &Arc<Self>,
        viewer: &Viewer,
        call: CallId,
        page: PageId,
        page_name: String,
    ) {
        let rung = match self.backend.ring(viewer, call, page, page_name).await {
            Ok(rung) if rung.is_empty() => return,
            Ok(rung) => rung,
            Err(error) => {
                tracing::warn!(%error, %call, "nobody could be rung");
                return;
            }
        };
        lock(&self.ringing).insert(call, rung.into_iter().collect());
        let calls = self.clone();
        tokio::spawn(async move {
            sleep(Duration::from_secs(Call::RING_SECS as u64)).await;
            calls.hush(call);
        });
    }

    fn answered(&self, call: CallId, account: AccountId) {
        let rung = lock(&self.ringing)
            .get_mut(&call)
            .is_some_and(|rung| rung.remove(&account));
        if rung {
            self.backend.quiet(call, [account]);
        }
    }

    fn hush(&self, call: CallId) {
        let rung = lock(&self.ringing).remove(&call);
        self.backend.quiet(call, rung.into_iter().flatten());
    }
}

fn delegated(origin: String) -> Option<HeaderValue> {
    let policy = ["camera", "microphone", "display-capture", "fullscreen"]
        .map(|feature| format!("{feature}=(self \"{origin}\")"));
    let policy = format!("{}, geolocation=(), payment=(), usb=()", policy.join(", "));
    HeaderValue::try_from(policy).ok()
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
