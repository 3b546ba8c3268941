-- The words of a message come into the index a moment after it was posted, many messages in one transaction: for each
-- transaction the index takes much, for each message little.

-- The last message in the index: all before it are there as well, none after it.
CREATE TABLE indexed (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  doc        INTEGER NOT NULL
);
INSERT INTO indexed (one, doc) SELECT 1, COALESCE(MAX(doc), 0) FROM messages;

DROP TRIGGER messages_posted;
DROP TRIGGER messages_edited;
DROP TRIGGER messages_gone;
CREATE TRIGGER messages_edited AFTER UPDATE OF body ON messages
WHEN old.doc <= (SELECT doc FROM indexed) BEGIN
  DELETE FROM words WHERE rowid = old.doc;
  INSERT INTO words (rowid, page, author, body)
  SELECT new.doc, hex(new.page), hex(new.author), new.body WHERE new.deleted IS NULL;
END;
CREATE TRIGGER messages_gone AFTER DELETE ON messages
WHEN old.doc <= (SELECT doc FROM indexed) BEGIN
  DELETE FROM words WHERE rowid = old.doc;
  -- The last message's number is given to the next one, which is not in the index.
  UPDATE indexed SET doc = (SELECT COALESCE(MAX(doc), 0) FROM messages WHERE doc < old.doc) WHERE doc = old.doc;
END;
