-- SQLite's index of words follows the messages a moment later; PostgreSQL's is part of the table.
SELECT 1;
