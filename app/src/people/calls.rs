//! The admin's view of calls: where browsers are told to come, whether they can, and a test from this browser.

use domain::{CallWays, Carrier};
use leptos::{either::Either, prelude::*, task::spawn_local};

use crate::{
    Problem,
    beam::{Trial, Way},
    ui::Trouble,
};

/// What became of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Tried {
    NotYet,
    Now,
    /// With the round trip in milliseconds.
    Yes(f64),
    No,
}

/// The ways in, and what this browser has found of them.
#[derive(Clone, Copy)]
struct Ways {
    facts: StoredValue<CallWays>,
    tried: [RwSignal<Tried>; 3],
    said: RwSignal<String>,
    trouble: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

const ALL: [Way; 3] = [Way::Udp, Way::Tcp, Way::Turn];

const fn name(way: Way) -> &'static str {
    match way {
        Way::Udp => "UDP",
        Way::Tcp => "TCP",
        Way::Turn => "TURN",
    }
}

impl Ways {
    fn new(facts: CallWays) -> Self {
        Self {
            facts: StoredValue::new(facts),
            tried: std::array::from_fn(|_| RwSignal::new(Tried::NotYet)),
            said: RwSignal::new(String::new()),
            trouble: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    fn is_there(self, way: Way) -> bool {
        self.facts.with_value(|facts| match way {
            Way::Udp => facts.port(Carrier::Udp).is_some(),
            Way::Tcp => facts.port(Carrier::Tcp).is_some(),
            Way::Turn => facts.relays(),
        })
    }

    /// One way after the other, so that none helps another.
    fn test(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.trouble.set(None);
        self.said.set("The test is on.".into());
        for tried in self.tried {
            tried.set(Tried::NotYet);
        }
        spawn_local(async move {
            if let Err(problem) = self.try_all().await {
                self.trouble.set(Some(problem.to_string()));
            }
            for tried in self.tried {
                if tried.get_untracked() == Tried::Now {
                    tried.set(Tried::NotYet);
                }
            }
            self.busy.set(false);
        });
    }

    async fn try_all(self) -> Result<(), Problem> {
        let trial = Trial::new().await?;
        let mut said = Vec::new();
        for way in ALL {
            let verdict = if self.is_there(way) {
                self.tried[way as usize].set(Tried::Now);
                let (tried, word) = match trial.go(way).await? {
                    Some(millis) => (Tried::Yes(millis), "yes"),
                    None => (Tried::No, "no"),
                };
                self.tried[way as usize].set(tried);
                word
            } else {
                "not set up"
            };
            said.push(format!("{}: {verdict}.", name(way)));
        }
        self.said.set(said.join(" "));
        Ok(())
    }

    /// The state in a word, and how it looks.
    fn state(self, way: Way) -> (String, &'static str) {
        if !self.is_there(way) {
            return ("Not set up".into(), "");
        }
        match self.tried[way as usize].get() {
            Tried::NotYet => ("Not tested yet".into(), ""),
            Tried::Now => ("Testing…".into(), "warn"),
            Tried::Yes(millis) if millis < 1.0 => ("Yes, under 1 ms".into(), "ok"),
            Tried::Yes(millis) => (format!("Yes, {millis:.0} ms"), "ok"),
            Tried::No => ("No".into(), "bad"),
        }
    }

    /// What to do about it.
    fn advice(self, way: Way) -> Option<String> {
        if !self.is_there(way) {
            return Some(missing(way).into());
        }
        (self.tried[way as usize].get() == Tried::No)
            .then(|| self.facts.with_value(|facts| unreached(way, facts)))
    }
}

fn missing(way: Way) -> &'static str {
    match way {
        Way::Udp => "No port is open.",
        Way::Tcp => {
            "Some offices and hotels let only TCP out. STOA_CALL_TCP_PORT opens a port for people there."
        }
        Way::Turn => {
            "Where nothing else gets through, a TURN server relays. STOA_TURN_URLS names one; most places need none."
        }
    }
}

fn unreached(way: Way, facts: &CallWays) -> String {
    let carrier = match way {
        Way::Turn => {
            return "Nothing came back. See that the TURN server runs, that its ports are open, and that it has the secret \
                    which STOA_TURN_SECRET names."
                .into();
        }
        Way::Udp => Carrier::Udp,
        Way::Tcp => Carrier::Tcp,
    };
    let port = facts.port(carrier).unwrap_or_default();
    let address = if facts.set {
        "See that STOA_CALL_PUBLIC_IP is the address people reach this server by."
    } else {
        "If people reach this server by another address, name it in STOA_CALL_PUBLIC_IP."
    };
    let way = name(way);
    format!(
        "Nothing came back. Open {way} port {port} in the firewall; a router must pass it on. {address}"
    )
}

/// The sockets' room in words; what to do if it is little.
fn room(facts: &CallWays) -> (String, bool) {
    let (got, wanted) = (facts.buffer / 1024, facts.wanted / 1024);
    if got < wanted {
        let bytes = facts.wanted;
        let words = format!(
            "The system gives a socket of calls {got} of {wanted} KB: a large call may lose packets. Raise its limits: \
             sysctl net.core.rmem_max={bytes} net.core.wmem_max={bytes}, then start Stoa again."
        );
        (words, true)
    } else {
        (
            format!("The system gives a socket of calls {got} KB, as asked for."),
            false,
        )
    }
}

#[component]
pub(super) fn Calls(first: CallWays) -> impl IntoView {
    match first.elsewhere.clone() {
        Some(host) => Either::Left(view! {
            <header class="head"><h1>"Calls"</h1></header>
            <p class="notice">
                {format!("Calls are made by {host}, in a frame on the page: STOA_CALL_URL says so. Nothing of them passes through here.")}
            </p>
        }),
        None => Either::Right(view! { <Here first=first/> }),
    }
}

#[component]
fn Here(first: CallWays) -> impl IntoView {
    let (words, tight) = room(&first);
    let left_out = first.leaves_people_out();
    let from = if first.set {
        "They are as set by STOA_CALL_PUBLIC_IP."
    } else {
        "Stoa found them by itself: they are this machine’s own."
    };
    let ways = Ways::new(first);
    let rows = ALL
        .map(|way| view! { <Row ways=ways way=way/> })
        .collect_view();
    view! {
        <header class="head">
            <h1>"Calls"</h1>
            <button class="btn" type="button" disabled=move || ways.busy.get() on:click=move |_| ways.test()>
                "Test a call"
            </button>
        </header>
        <p class="notice">
            {format!("Calls are made by this server. Browsers are told to come to the addresses below. {from}")}
        </p>
        {left_out.then(|| view! {
            <p class="notice warn">
                "People outside this network cannot reach calls: set STOA_CALL_PUBLIC_IP to the address they reach this place by."
            </p>
        })}
        {tight.then(|| view! { <p class="notice warn">{words.clone()}</p> })}
        <Trouble words=ways.trouble/>
        <p role="status" class="unseen">{move || ways.said.get()}</p>
        <table>
            <thead>
                <tr>
                    <th scope="col">"Way in"</th>
                    <th scope="col">"Address"</th>
                    <th scope="col">"From here"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <p class="muted below">
            "The test is a call of this browser with itself through the server, each way alone. It tells of the network you are in now."
        </p>
        {(!tight).then(|| view! { <p class="muted below">{words}</p> })}
    }
}

#[component]
fn Row(ways: Ways, way: Way) -> impl IntoView {
    let addresses: Vec<String> = ways.facts.with_value(|facts| {
        let of = |carrier| {
            let offered = facts.offered.iter().filter(move |of| of.carrier == carrier);
            offered.map(|of| of.address.to_string()).collect()
        };
        match way {
            Way::Udp => of(Carrier::Udp),
            Way::Tcp => of(Carrier::Tcp),
            Way::Turn => facts.turn.clone(),
        }
    });
    let addresses = addresses
        .into_iter()
        .map(|address| view! { <span class="way-address">{address}</span> })
        .collect_view();
    view! {
        <tr>
            <td><b>{name(way)}</b></td>
            <td>{addresses}</td>
            <td>
                <span class=move || format!("state {}", ways.state(way).1)>{move || ways.state(way).0}</span>
                {move || ways.advice(way).map(|words| view! { <small class="said">{words}</small> })}
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(buffer: usize) -> CallWays {
        CallWays {
            elsewhere: None,
            offered: vec![domain::CallAddress {
                carrier: Carrier::Tcp,
                address: "192.0.2.1:8443".parse().unwrap(),
            }],
            set: false,
            public: true,
            buffer,
            wanted: 4_194_304,
            turn: Vec::new(),
        }
    }

    #[test]
    fn little_room_is_said_with_what_to_do() {
        let (words, tight) = room(&facts(212_992));
        assert!(tight && words.contains("208 of 4096 KB"), "{words}");
        assert!(words.contains("net.core.rmem_max=4194304"), "{words}");
        assert!(!room(&facts(4_194_304)).1);
    }

    #[test]
    fn a_way_that_does_not_lead_in_is_said_with_its_port() {
        let words = unreached(Way::Tcp, &facts(0));
        assert!(words.contains("Open TCP port 8443"), "{words}");
        assert!(words.contains("name it in STOA_CALL_PUBLIC_IP"), "{words}");
        assert!(unreached(Way::Turn, &facts(0)).contains("STOA_TURN_SECRET"));
    }
}
