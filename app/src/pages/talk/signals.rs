//! Who is writing, told in passing: over MQTT, kept nowhere.

use std::time::Duration;

use domain::{AccountId, Signal};
use leptos::prelude::*;

use super::Talk;

/// While somebody writes it is said again this often.
const AGAIN: i64 = 2_500;
/// Nothing said for so long: they have stopped.
const GONE: i64 = 5_000;

/// Who wrote when, the first first.
pub(super) type Writers = Vec<(AccountId, i64)>;

impl Talk {
    /// A key was pressed in the composer.
    pub fn type_on(self) {
        let now = js_sys::Date::now() as i64;
        let due = self.state.with_value(|state| now - state.typed >= AGAIN);
        if due {
            self.state.update_value(|state| state.typed = now);
            self.live.signal(self.id, &Signal::Typing {});
        }
    }

    /// The composer was emptied or left.
    pub fn stop_typing(self) {
        if self.state.with_value(|state| state.typed > 0) {
            self.state.update_value(|state| state.typed = 0);
            self.live.signal(self.id, &Signal::Stopped {});
        }
    }

    /// Forgets those who have stopped without a word.
    pub(super) fn hear_signals(self) {
        let sweep = move || {
            let now = js_sys::Date::now() as i64;
            self.state
                .update_value(|state| state.writers.retain(|(_, at)| now - at < GONE));
            self.show_writers();
        };
        if let Ok(timer) = set_interval_with_handle(sweep, Duration::from_millis(500)) {
            on_cleanup(move || timer.clear());
        }
    }

    pub(super) fn signalled(self, who: AccountId, signal: &Signal) {
        if self.me.with_value(|me| me.account == who) {
            return;
        }
        let now = js_sys::Date::now() as i64;
        self.state.update_value(|state| match signal {
            Signal::Typing {} => {
                match state.writers.iter_mut().find(|(writer, _)| *writer == who) {
                    Some((_, at)) => *at = now,
                    None => state.writers.push((who, now)),
                }
            }
            Signal::Stopped {} => state.writers.retain(|(writer, _)| *writer != who),
        });
        self.show_writers();
    }

    fn show_writers(self) {
        let names: Vec<_> = self.members.with_untracked(|members| {
            self.state.with_value(|state| {
                let name = |(who, _): &(AccountId, i64)| {
                    let known = members.iter().find(|member| member.account == *who);
                    known.map_or_else(|| "Somebody".to_owned(), |member| member.name.clone())
                };
                state.writers.iter().map(name).collect()
            })
        });
        if self.typing.with_untracked(|shown| *shown != names) {
            self.typing.set(names);
        }
    }
}

/// One or two names, then several people.
pub fn writing(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(format!("{one} is typing…")),
        [one, two] => Some(format!("{one} and {two} are typing…")),
        _ => Some("Several people are typing…".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_are_named_and_more_are_several() {
        let names = ["Mila", "Jon", "Noor"].map(str::to_owned);
        assert_eq!(writing(&names[..0]), None);
        assert_eq!(writing(&names[..1]).unwrap(), "Mila is typing…");
        assert_eq!(writing(&names[..2]).unwrap(), "Mila and Jon are typing…");
        assert_eq!(writing(&names).unwrap(), "Several people are typing…");
    }
}
