//! How much of what in which time, per person, address and domain.
