-- What a backup carries of the data folder beside the accounts. Empty in a server at work.
CREATE TABLE carried (
    name            TEXT    PRIMARY KEY,
    content         BLOB    NOT NULL
) STRICT;

-- An owner who has put a backup back has yet to say that it is theirs.
CREATE TABLE owner_kept (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    kept            TEXT    NOT NULL CHECK (kept IN ('orphaned', 'recovery', 'restored')),
    by_issuer       INTEGER NOT NULL DEFAULT 0 CHECK (by_issuer IN (0, 1))
) STRICT;
INSERT INTO owner_kept (one, kept, by_issuer) SELECT one, kept, by_issuer FROM owner_lost;
DROP TABLE owner_lost;
ALTER TABLE owner_kept RENAME TO owner_lost;
