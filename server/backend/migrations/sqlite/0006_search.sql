-- What was said before a time is found by the order of time. Beginnings of up to three letters are in the index as such:
-- of longer ones it puts together all words that begin so, with each search.
CREATE INDEX messages_at ON messages (at);

DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5 (
  page, author, body,
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);
-- All messages come into it again, as new ones do: in the background, the program runs meanwhile.
UPDATE indexed SET doc = 0;
