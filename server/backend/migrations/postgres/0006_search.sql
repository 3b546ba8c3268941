-- SQLite's index of words is made anew; PostgreSQL's stays.
SELECT 1;
