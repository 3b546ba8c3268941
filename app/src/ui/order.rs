//! Putting short lists in order.

/// In order, and what is equal as it was. Most lists are nearly in order already; the library's sort, made for long ones,
/// costs a first visit 1 KB for every kind of list.
pub fn ordered<T>(list: Vec<T>, before: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut sorted: Vec<T> = Vec::with_capacity(list.len());
    for item in list {
        let at = sorted.iter().rposition(|other| !before(&item, other));
        sorted.insert(at.map_or(0, |at| at + 1), item);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_keep_their_places() {
        let list = vec![(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        let sorted = ordered(list, |one, other| one.0 < other.0);
        assert_eq!(sorted, [(0, 'd'), (1, 'b'), (1, 'e'), (2, 'a'), (2, 'c')]);
    }
}
