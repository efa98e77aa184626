-- For whom a file is: what it or a description beside it says, in years; and what told that the
-- description was as it was when it was read.
ALTER TABLE file ADD COLUMN age INTEGER CHECK (age BETWEEN 0 AND 21);
ALTER TABLE file ADD COLUMN described INTEGER NOT NULL DEFAULT 0;
-- The strictest of an item's versions; and what somebody decided, which goes before it and holds for
-- the parts of an item, too.
ALTER TABLE item ADD COLUMN age_rating INTEGER CHECK (age_rating BETWEEN 0 AND 21);
ALTER TABLE item ADD COLUMN age_by_hand INTEGER CHECK (age_by_hand BETWEEN 0 AND 21);

-- Films and episodes that were read before say now for whom they are: they are read again, by a scan
-- that begins with the server.
UPDATE file SET mtime_ns = -9223372036854775808
 WHERE item_n IN (SELECT n FROM item WHERE kind IN ('film', 'episode') AND taken_ms IS NULL);
UPDATE folder SET signature = NULL
 WHERE n IN (SELECT folder_n FROM file WHERE mtime_ns = -9223372036854775808);
UPDATE root SET begun_ms = scanned_ms WHERE begun_ms IS NULL AND scanned_ms IS NOT NULL;
