//! How far a message of mine has come.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receipt {
    Stored,
    /// On a device of every other member.
    Delivered,
    /// Read by every other member.
    Read,
}

impl Receipt {
    /// Up to which numbers all others have got and read the messages.
    pub fn of(seq: i64, (delivered, read): (i64, i64)) -> Self {
        if seq <= read {
            Self::Read
        } else if seq <= delivered {
            Self::Delivered
        } else {
            Self::Stored
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_follows_the_marks() {
        assert_eq!(Receipt::of(5, (4, 3)), Receipt::Stored);
        assert_eq!(Receipt::of(4, (4, 3)), Receipt::Delivered);
        assert_eq!(Receipt::of(3, (4, 3)), Receipt::Read);
    }
}
