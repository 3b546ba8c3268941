//! A WebSocket that carries MQTT packets, and the moments at which a browser should look after it. Everything
//! that JavaScript may call lives as long as the value and no longer.

use bytes::BytesMut;
use domain::Topic;
use leptos::prelude::{document, window};
use mqtt::{Connect, Packet, PacketId, QoS, Subscribe, Unsubscribe};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BinaryType, EventTarget, MessageEvent, VisibilityState, WebSocket};

/// Seconds. Hidden tabs may run timers once a minute only; the server waits half as long again.
const KEEP_ALIVE: u16 = 75;
/// The largest packet taken: many times the longest message.
const MAX_PACKET: usize = 1 << 20;
const FILTERS_IN_A_PACKET: usize = 50;

/// Milliseconds of a clock that is never set back.
pub(super) fn now() -> i64 {
    window().performance().map_or(0.0, |clock| clock.now()) as i64
}

pub(super) struct Socket {
    stream: WebSocket,
    last_id: u16,
    /// Subscriptions the server has not confirmed; the first confirmation of all makes the session complete.
    waiting: Vec<PacketId>,
    complete: bool,
    _open: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut()>,
}

impl Socket {
    /// `None` when the browser refuses to try.
    pub(super) fn open(
        hear: impl Fn(Packet) + 'static,
        closed: impl Fn() + 'static,
    ) -> Option<Self> {
        let location = window().location();
        let scheme = match location.protocol().ok()?.as_str() {
            "https:" => "wss",
            _ => "ws",
        };
        let url = format!("{scheme}://{}/mqtt", location.host().ok()?);
        let socket = WebSocket::new_with_str(&url, "mqtt").ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);

        let opened = socket.clone();
        let open = Closure::new(move || {
            send(&opened, &Packet::Connect(Connect::clean("", KEEP_ALIVE)));
        });
        let received = socket.clone();
        let mut input = BytesMut::new();
        let message = Closure::new(move |event: MessageEvent| {
            let bytes = js_sys::Uint8Array::new(&event.data());
            input.extend_from_slice(&bytes.to_vec());
            loop {
                match mqtt::decode_from_server(&mut input, MAX_PACKET) {
                    Ok(Some(packet)) => hear(packet),
                    Ok(None) => break,
                    Err(_) => {
                        // Whatever speaks there does not speak MQTT: start over.
                        let _ = received.close();
                        break;
                    }
                }
            }
        });
        let close = Closure::new(closed);
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        Some(Self {
            stream: socket,
            last_id: 0,
            waiting: Vec::new(),
            complete: false,
            _open: open,
            _message: message,
            _close: close,
        })
    }

    pub(super) fn send(&self, packet: &Packet) {
        send(&self.stream, packet);
    }

    pub(super) fn subscribe(&mut self, topics: &[Topic]) {
        for some in topics.chunks(FILTERS_IN_A_PACKET) {
            let id = self.next_id();
            self.waiting.push(id);
            let filters = some
                .iter()
                .map(|topic| (topic.to_string(), QoS::AtMostOnce))
                .collect();
            self.send(&Packet::Subscribe(Subscribe { id, filters }));
        }
    }

    pub(super) fn unsubscribe(&mut self, topics: &[Topic]) {
        for some in topics.chunks(FILTERS_IN_A_PACKET) {
            let id = self.next_id();
            let filters = some.iter().map(Topic::to_string).collect();
            self.send(&Packet::Unsubscribe(Unsubscribe { id, filters }));
        }
    }

    /// Whether with this confirmation the subscriptions of the beginning are complete.
    pub(super) fn subscribed(&mut self, id: PacketId) -> bool {
        self.waiting.retain(|waiting| *waiting != id);
        let now_complete = !self.complete && self.waiting.is_empty();
        self.complete |= now_complete;
        now_complete
    }

    fn next_id(&mut self) -> PacketId {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        PacketId::new(self.last_id).unwrap_or(PacketId::MIN)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.stream.set_onopen(None);
        self.stream.set_onmessage(None);
        self.stream.set_onclose(None);
        let _ = self.stream.close();
    }
}

fn send(socket: &WebSocket, packet: &Packet) {
    let mut bytes = BytesMut::new();
    if packet.encode(&mut bytes).is_ok() {
        // Fails only on a socket that is not open; its end is reported by `onclose`.
        let _ = socket.send_with_u8_array(&bytes);
    }
}

/// The network is back, or the page is looked at again.
pub(super) struct Wake {
    woke: Closure<dyn FnMut()>,
}

const WINDOW_EVENTS: [&str; 2] = ["online", "pageshow"];

impl Wake {
    pub(super) fn new(woke: impl Fn() + 'static) -> Self {
        let woke = Closure::new(move || {
            if document().visibility_state() == VisibilityState::Visible {
                woke();
            }
        });
        let listening = Self { woke };
        for (target, name) in Self::targets() {
            let callback = listening.woke.as_ref().unchecked_ref();
            let _ = target.add_event_listener_with_callback(name, callback);
        }
        listening
    }

    fn targets() -> impl Iterator<Item = (EventTarget, &'static str)> {
        WINDOW_EVENTS
            .into_iter()
            .map(|name| (window().into(), name))
            .chain(std::iter::once((document().into(), "visibilitychange")))
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        for (target, name) in Self::targets() {
            let callback = self.woke.as_ref().unchecked_ref();
            let _ = target.remove_event_listener_with_callback(name, callback);
        }
    }
}
