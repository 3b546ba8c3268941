//! The database: one SQL text for SQLite and PostgreSQL, and the writer that commits in groups.
