-- Images: what lies in the store, and what messages show of it.

-- Contents, each kept once however often it is sent.
CREATE TABLE blobs (
  -- Part of the names of its files, with the hash: what is kept anew gets new names, so that taking away old files
  -- never meets the making of new ones.
  id         BLOB    PRIMARY KEY,
  -- SHA-256 of the original, as it is kept.
  hash       BLOB    NOT NULL UNIQUE,
  kind       TEXT    NOT NULL,
  width      BIGINT  NOT NULL,
  height     BIGINT  NOT NULL,
  -- Of the original; and with its thumbnails.
  bytes      BIGINT  NOT NULL,
  kept       BIGINT  NOT NULL,
  animated   BOOLEAN NOT NULL,
  blur       TEXT    NOT NULL,
  -- All its files are there.
  complete   BOOLEAN NOT NULL DEFAULT FALSE,
  -- From when on it may be taken away, if no image uses it then.
  free_at    BIGINT
);
CREATE INDEX blobs_free_at ON blobs (free_at) WHERE free_at IS NOT NULL;

-- Contents that nobody uses any more: their files have still to be removed.
CREATE TABLE freed_blobs (
  id         BLOB    PRIMARY KEY,
  hash       BLOB    NOT NULL
);

CREATE TABLE images (
  id         BLOB    PRIMARY KEY,
  page       BLOB    NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  account    BLOB    NOT NULL REFERENCES accounts (id),
  blob       BLOB    NOT NULL REFERENCES blobs (id),
  -- The message it was sent with, its number, and the place among its images.
  message    BLOB    REFERENCES messages (id) ON DELETE CASCADE,
  seq        BIGINT,
  place      BIGINT  NOT NULL DEFAULT 0,
  alt        TEXT    NOT NULL DEFAULT '',
  created    BIGINT  NOT NULL
);
CREATE INDEX images_page ON images (page, seq, place);
CREATE INDEX images_message ON images (message);
CREATE INDEX images_blob ON images (blob);
CREATE INDEX images_unsent ON images (account, created) WHERE message IS NULL;

-- The images of a message as JSON, or empty, so that reading messages asks for nothing else; and how many they are.
ALTER TABLE messages ADD COLUMN images      TEXT   NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN image_count BIGINT NOT NULL DEFAULT 0;
