-- Replies, deletion, mentions, reactions, receipts, search.

-- The table is made anew for its `doc`: the search index names messages by a number that no VACUUM changes.
CREATE TABLE messages_new (
  doc        INTEGER PRIMARY KEY,
  id         BLOB    NOT NULL UNIQUE,
  page       BLOB    NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  author     BLOB    NOT NULL REFERENCES accounts (id),
  seq        BIGINT  NOT NULL,
  changed    BIGINT  NOT NULL,
  at         BIGINT  NOT NULL,
  edited     BIGINT,
  deleted    BIGINT,
  -- The message that is answered, on the same page.
  reply      BLOB,
  -- Who is named in it: JSON of ids and names, or empty.
  mentions   TEXT    NOT NULL DEFAULT '',
  body       TEXT    NOT NULL
);
INSERT INTO messages_new (id, page, author, seq, changed, at, edited, body)
SELECT id, page, author, seq, changed, at, edited, body FROM messages ORDER BY at, id;
DROP TABLE messages;
ALTER TABLE messages_new RENAME TO messages;
CREATE UNIQUE INDEX messages_seq ON messages (page, seq);
CREATE UNIQUE INDEX messages_changed ON messages (page, changed);

CREATE TABLE reactions (
  message    BLOB    NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  emoji      TEXT    NOT NULL,
  account    BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
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
  page       BLOB    NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  account    BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  -- 0 delivered, 1 read.
  kind       INTEGER NOT NULL,
  seq        BIGINT  NOT NULL,
  at         BIGINT  NOT NULL,
  PRIMARY KEY (page, account, kind, seq)
);
CREATE INDEX marks_at ON marks (at);

-- Messages that name somebody: for the badge of the sidebar.
CREATE TABLE mentions (
  account    BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  page       BLOB    NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  seq        BIGINT  NOT NULL,
  PRIMARY KEY (account, page, seq)
);
CREATE INDEX mentions_page ON mentions (page, seq);

-- The words of every message that is not deleted. Page and author are words as well, so that looking on a few pages never
-- passes over what was said on all the others. It follows the table by itself.
CREATE VIRTUAL TABLE words USING fts5 (
  page, author, body,
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '2'
);
INSERT INTO words (rowid, page, author, body) SELECT doc, hex(page), hex(author), body FROM messages;
CREATE TRIGGER messages_posted AFTER INSERT ON messages BEGIN
  INSERT INTO words (rowid, page, author, body) VALUES (new.doc, hex(new.page), hex(new.author), new.body);
END;
CREATE TRIGGER messages_edited AFTER UPDATE OF body ON messages BEGIN
  DELETE FROM words WHERE rowid = old.doc;
  INSERT INTO words (rowid, page, author, body)
  SELECT new.doc, hex(new.page), hex(new.author), new.body WHERE new.deleted IS NULL;
END;
CREATE TRIGGER messages_gone AFTER DELETE ON messages BEGIN
  DELETE FROM words WHERE rowid = old.doc;
END;
