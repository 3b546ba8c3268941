-- Moments are milliseconds since 1970 (UTC). Ids are UUIDs: BLOB(16) here, UUID in PostgreSQL.

CREATE TABLE place (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  name       TEXT    NOT NULL,
  set_up     BIGINT  NOT NULL
);

-- Links that print at the first start: hashed, each works once.
CREATE TABLE setup_tokens (
  hash       BLOB    PRIMARY KEY,
  created    BIGINT  NOT NULL
);

CREATE TABLE accounts (
  id         BLOB    PRIMARY KEY,
  email      TEXT    NOT NULL UNIQUE,
  name       TEXT    NOT NULL,
  admin      BOOLEAN NOT NULL DEFAULT FALSE,
  disabled   BOOLEAN NOT NULL DEFAULT FALSE,
  created    BIGINT  NOT NULL,
  last_seen  BIGINT
);

CREATE TABLE sessions (
  hash       BLOB    PRIMARY KEY,
  account    BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created    BIGINT  NOT NULL,
  last_seen  BIGINT  NOT NULL,
  expires    BIGINT  NOT NULL
);
CREATE INDEX sessions_account ON sessions (account);

-- One row a mail with a link and a code; both end with the first use of either.
CREATE TABLE sign_ins (
  hash       BLOB    PRIMARY KEY,
  account    BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  code_hash  BLOB,
  tries      INTEGER NOT NULL DEFAULT 0,
  created    BIGINT  NOT NULL,
  expires    BIGINT  NOT NULL
);
CREATE INDEX sign_ins_account ON sign_ins (account);

CREATE TABLE pages (
  id         BLOB    PRIMARY KEY,
  name       TEXT    NOT NULL,
  about      TEXT    NOT NULL DEFAULT '',
  archived   BIGINT,
  created    BIGINT  NOT NULL,
  created_by BLOB    NOT NULL REFERENCES accounts (id),
  -- The page's counter: the number of its latest change.
  counter    BIGINT  NOT NULL DEFAULT 0,
  -- Kept with every post, so that lists need not count.
  messages   BIGINT  NOT NULL DEFAULT 0,
  activity   BIGINT  NOT NULL,
  -- Counts the changes of its members: joined, left, another role.
  roster     BIGINT  NOT NULL DEFAULT 0,
  -- Gone for everybody; its messages are being cleared away in small steps.
  deleted    BIGINT
);

CREATE TABLE members (
  page       BLOB    NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  account    BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  role       TEXT    NOT NULL,
  joined     BIGINT  NOT NULL,
  -- The number up to which this member has read.
  read_seq   BIGINT  NOT NULL DEFAULT 0,
  PRIMARY KEY (page, account)
);
CREATE INDEX members_account ON members (account);

CREATE TABLE messages (
  id         BLOB    PRIMARY KEY,
  page       BLOB    NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  author     BLOB    NOT NULL REFERENCES accounts (id),
  seq        BIGINT  NOT NULL,
  changed    BIGINT  NOT NULL,
  at         BIGINT  NOT NULL,
  edited     BIGINT,
  body       TEXT    NOT NULL
);
CREATE UNIQUE INDEX messages_seq ON messages (page, seq);
CREATE UNIQUE INDEX messages_changed ON messages (page, changed);

CREATE TABLE mails (
  id         BLOB    PRIMARY KEY,
  kind       TEXT    NOT NULL,
  recipient  TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  -- The parts of the mail (JSON), until it is sent; kept for good in the built-in mailbox.
  content    TEXT,
  state      TEXT    NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,
  next_try   BIGINT,
  -- A worker holds the mail until then; another may take it up after a crash.
  leased     BIGINT  NOT NULL DEFAULT 0,
  said       TEXT,
  created    BIGINT  NOT NULL,
  sent       BIGINT
);
CREATE INDEX mails_next ON mails (state, next_try);
CREATE INDEX mails_created ON mails (created);

CREATE TABLE invitations (
  id         BLOB    PRIMARY KEY,
  page       BLOB    NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  email      TEXT    NOT NULL,
  note       TEXT    NOT NULL DEFAULT '',
  invited_by BLOB    NOT NULL REFERENCES accounts (id),
  created    BIGINT  NOT NULL,
  expires    BIGINT  NOT NULL,
  opened     BIGINT,
  revoked    BIGINT,
  joined     BIGINT,
  joined_as  BLOB    REFERENCES accounts (id),
  mail       BLOB    REFERENCES mails (id)
);
CREATE INDEX invitations_page ON invitations (page, created);
CREATE INDEX invitations_email ON invitations (email);

-- The links of an invitation: the mailed one, and each that was copied.
CREATE TABLE invitation_links (
  hash       BLOB    PRIMARY KEY,
  invitation BLOB    NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
  created    BIGINT  NOT NULL,
  -- Passed on by hand: it proves nothing about who reads the invited address.
  copied     BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX invitation_links_invitation ON invitation_links (invitation);

-- Accounts whose sockets were to be closed: a node that was cut off from the others reads here what it missed.
CREATE TABLE cuts (
  account    BLOB    NOT NULL,
  at         BIGINT  NOT NULL,
  -- Who has told the others, if they could hear it.
  node       BLOB    NOT NULL
);
CREATE INDEX cuts_at ON cuts (at);
