//! Which filters this node holds at the broker: those that its own clients hold.

use std::collections::HashSet;

use domain::Topic;

/// Filters in one SUBSCRIBE.
const FILTERS: usize = 100;

#[derive(Default)]
pub(super) struct Subscriptions {
    pub(super) wanted: HashSet<Topic>,
    pub(super) held: HashSet<Topic>,
    /// Of the SUBSCRIBE that the broker has not answered yet: one at a time.
    pub(super) asked: Option<Vec<Topic>>,
}

impl Subscriptions {
    /// What to subscribe to next, unless the broker has still to answer, and what to leave.
    pub(super) fn next(&mut self, fresh: bool) -> (Vec<Topic>, Vec<Topic>) {
        let remove: Vec<Topic> = self.held.difference(&self.wanted).copied().collect();
        for topic in &remove {
            self.held.remove(topic);
        }
        let mut add = Vec::new();
        if self.asked.is_none() {
            add.extend(self.wanted.difference(&self.held).take(FILTERS).copied());
            if fresh || !add.is_empty() {
                self.held.extend(&add);
                self.asked = Some(add.clone());
            }
        }
        (add, remove)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::PageId;
    use uuid::Uuid;

    #[test]
    fn filters_are_asked_for_in_stretches_and_left_when_nobody_wants_them() {
        let topic = |n: u128| Topic::Page(PageId(Uuid::from_u128(n)));
        let mut subscriptions = Subscriptions::default();
        let (add, _) = subscriptions.next(true);
        assert!(
            add.is_empty() && subscriptions.asked.is_some(),
            "the nodes' own topic"
        );
        subscriptions.wanted.extend((0..150).map(topic));
        assert!(
            subscriptions.next(false).0.is_empty(),
            "the broker has not answered"
        );
        subscriptions.asked = None;
        assert_eq!(subscriptions.next(false).0.len(), FILTERS);
        subscriptions.asked = None;
        assert_eq!(subscriptions.next(false).0.len(), 50);
        subscriptions.asked = None;
        subscriptions.wanted.remove(&topic(7));
        assert_eq!(subscriptions.next(false), (vec![], vec![topic(7)]));
        assert_eq!(subscriptions.next(false), (vec![], vec![]));
    }
}
