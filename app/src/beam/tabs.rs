//! Other tabs of this browser: what is decided about a call that rings in one of them is decided in all.

use domain::CallId;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

pub(super) struct Tabs {
    channel: BroadcastChannel,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

impl Tabs {
    /// `decided`: in another one. None where the browser knows no such thing.
    pub(super) fn open(call: CallId, decided: impl Fn() + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new("stoa-ringing").ok()?;
        let of = call.to_string();
        let heard = Closure::new(move |event: MessageEvent| {
            if event.data().as_string().as_deref() == Some(&*of) {
                decided();
            }
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Some(Self {
            channel,
            _heard: heard,
        })
    }

    pub(super) fn tell(&self, call: CallId) {
        let _ = self.channel.post_message(&call.to_string().into());
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        self.channel.close();
    }
}
