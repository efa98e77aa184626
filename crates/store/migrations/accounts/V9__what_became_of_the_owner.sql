-- What became of the owner since the last claim. Without a row there is one, or never was.
CREATE TABLE owner_lost (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    kept            TEXT    NOT NULL CHECK (kept IN ('orphaned', 'recovery'))
) STRICT;
