-- Replies, deletion, mentions, reactions, receipts, search.

ALTER TABLE messages ADD COLUMN deleted  BIGINT;
-- The message that is answered, on the same page.
ALTER TABLE messages ADD COLUMN reply    UUID;
-- Who is named in it: JSON of ids and names, or empty.
ALTER TABLE messages ADD COLUMN mentions TEXT NOT NULL DEFAULT '';

CREATE TABLE reactions (
  message    UUID    NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  emoji      TEXT    NOT NULL,
  account    UUID    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  -- The page's number when it was put there: who was first.
  changed    BIGINT  NOT NULL,
  PRIMARY KEY (message, emoji, account)
);

-- The number up to which some device of this member has got the messages.
ALTER TABLE members ADD COLUMN delivered_seq BIGINT NOT NULL DEFAULT 0;
UPDATE members SET delivered_seq = read_seq;
CREATE INDEX members_read ON members (page, read_seq);
CREATE INDEX members_delivered ON members (page, delivered_seq);

-- When the marks moved, for `Message info`; swept after 30 days.
CREATE TABLE marks (
  page       UUID    NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  account    UUID    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  -- 0 delivered, 1 read.
  kind       INTEGER NOT NULL,
  seq        BIGINT  NOT NULL,
  at         BIGINT  NOT NULL,
  PRIMARY KEY (page, account, kind, seq)
);
CREATE INDEX marks_at ON marks (at);

-- Messages that name somebody: for the badge of the sidebar.
CREATE TABLE mentions (
  account    UUID    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  page       UUID    NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  seq        BIGINT  NOT NULL,
  PRIMARY KEY (account, page, seq)
);
CREATE INDEX mentions_page ON mentions (page, seq);

-- A text as words between spaces, without diacritics. What is no part of a word is named one by one: which letters a
-- database knows as letters depends on its locale.
CREATE FUNCTION folded(body TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(
    regexp_replace(normalize(lower(body), NFD), '[\u0300-\u036f]+', '', 'g'),
    '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7'
      '\u2000-\u2bff\u3000-\u3004\u3007-\u3030\u303d\ufe00-\ufe6f\uff00-\uff0f\ufffc-\uffff\U0001f000-\U0001faff]+',
    ' ', 'g')
$$;
-- The words of a message. The database keeps them with the text by itself; a deleted message has none.
ALTER TABLE messages ADD COLUMN words tsvector
  GENERATED ALWAYS AS (to_tsvector('simple', folded(body))) STORED;
CREATE INDEX messages_words ON messages USING gin (words);
CREATE INDEX messages_at ON messages (at);
CREATE INDEX messages_author ON messages (author, at);
