//! Accounts as stored: rows in, domain types out.
