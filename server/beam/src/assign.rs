//! Who gets which slot. A source keeps its slot as long as it is wanted, so that nothing on the screen moves. Pure.

/// `wanted` in the order of their weight, each once; those that find no slot are left out. True if anything changed.
pub(crate) fn assign<K: Copy + PartialEq>(slots: &mut [Option<K>], wanted: &[K]) -> bool {
    let wanted = &wanted[..wanted.len().min(slots.len())];
    let mut changed = false;
    for slot in slots.iter_mut() {
        if slot.is_some_and(|held| !wanted.contains(&held)) {
            *slot = None;
            changed = true;
        }
    }
    for new in wanted {
        if slots.contains(&Some(*new)) {
            continue;
        }
        if let Some(free) = slots.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(*new);
            changed = true;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_keeps_its_slot() {
        let mut slots = [None; 3];
        assert!(assign(&mut slots, &['a', 'b', 'c']));
        assert_eq!(slots, [Some('a'), Some('b'), Some('c')]);
        assert!(!assign(&mut slots, &['c', 'b', 'a']));
        assert!(assign(&mut slots, &['c', 'd', 'a']));
        assert_eq!(slots, [Some('a'), Some('d'), Some('c')]);
    }

    #[test]
    fn what_finds_no_slot_is_left_out() {
        let mut slots = [None; 2];
        assign(&mut slots, &[1, 2, 3]);
        assert_eq!(slots, [Some(1), Some(2)]);
        assert!(assign(&mut slots, &[3, 1, 2]));
        assert_eq!(slots, [Some(1), Some(3)]);
        assert!(assign(&mut slots, &[]));
        assert_eq!(slots, [None, None]);
        assert!(!assign::<u8>(&mut [], &[1]));
    }
}
