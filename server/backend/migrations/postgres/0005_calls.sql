-- What is kept of a call, as JSON: such a message was written by nobody.
ALTER TABLE messages ADD COLUMN call TEXT NOT NULL DEFAULT '';

-- The node where a page's call lives, as long as it says so again and again.
CREATE TABLE calls (
  page       UUID    PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
  node       UUID    NOT NULL,
  until      BIGINT  NOT NULL
);
