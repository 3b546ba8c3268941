//! Packet identifiers at quality of service 1: which are out, and the next one (§2.3.1, §4.3.2).

use std::collections::VecDeque;

/// Bounded, so that a client which never acknowledges fills its queue and is cut by that.
#[derive(Default)]
pub(crate) struct Window {
    out: VecDeque<u16>,
    last: u16,
}

impl Window {
    pub(crate) fn is_full(&self, size: usize) -> bool {
        self.out.len() >= size
    }

    /// An identifier that is not in use, never 0.
    pub(crate) fn next(&mut self) -> u16 {
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            if !self.out.contains(&self.last) {
                self.out.push_back(self.last);
                return self.last;
            }
        }
    }

    /// Acknowledgements come in order (§4.6), so that the first is nearly always the one.
    pub(crate) fn acknowledge(&mut self, id: u16) {
        if let Some(at) = self.out.iter().position(|out| *out == id) {
            self.out.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_never_zero_and_never_in_use() {
        let mut window = Window::default();
        let stuck = window.next();
        assert_eq!(stuck, 1);
        for _ in 0..200_000 {
            let id = window.next();
            assert!(id != 0 && id != stuck);
            assert!(window.is_full(2) && !window.is_full(3));
            window.acknowledge(id);
        }
        window.acknowledge(stuck);
        window.acknowledge(stuck);
        assert!(!window.is_full(1));
    }
}
