-- Replies, deletion, mentions, reactions, receipts, search.

ALTER TABLE messages ADD COLUMN deleted  BIGINT;
-- The message that is answered, on the same page.
ALTER TABLE messages ADD COLUMN reply    BLOB;
-- Who is named in it: JSON of ids and names, or empty.
ALTER TABLE messages ADD COLUMN mentions TEXT NOT NULL DEFAULT '';

CREATE TABLE reactions (
  message    BLOB    NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  emoji      TEXT    NOT NULL,
  account    BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  at         BIGINT  NOT NULL,
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
