//! Whether my microphone is on, told by two sides: by me at once, by the server's state when an admin has muted me. Pure.

/// What I did last, and whether the server's state has shown it since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mute {
    muted: bool,
    shown: bool,
}

impl Mute {
    pub(super) fn new(muted: bool) -> Self {
        Self {
            muted,
            shown: false,
        }
    }

    /// The call's state says so of me. Whether to switch my microphone off: a state from before my own change is not an
    /// order.
    pub(super) fn hear(&mut self, muted: bool) -> bool {
        if muted == self.muted {
            self.shown = true;
            return false;
        }
        let ordered = muted && self.shown;
        if ordered {
            self.muted = true;
        }
        ordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_may_mute_and_nobody_unmutes_but_me() {
        let mut mute = Mute::new(false);
        assert!(!mute.hear(false));
        assert!(mute.hear(true));
        assert!(mute.muted);
        assert!(!mute.hear(false));
        assert!(mute.muted);
    }

    #[test]
    fn a_state_from_before_my_change_does_not_undo_it() {
        let mut mute = Mute::new(true);
        assert!(!mute.hear(true));
        mute = Mute::new(false);
        assert!(!mute.hear(true));
        assert!(!mute.muted);
        assert!(!mute.hear(false));
        assert!(mute.hear(true));
    }
}
