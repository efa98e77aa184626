-- What the owner wants of updates. Without a row nothing is asked of anybody.
CREATE TABLE update_wish (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    channel         TEXT    NOT NULL CHECK (channel IN ('stable', 'beta')),
    how             TEXT    NOT NULL CHECK (how IN ('off', 'tell', 'itself')),
    from_hour       INTEGER,                      -- of a day in UTC
    to_hour         INTEGER,
    told            TEXT,                         -- the version that the owner was told of last
    CHECK ((how = 'itself') = (from_hour IS NOT NULL AND to_hour IS NOT NULL))
) STRICT;

-- Versions that did not work, or that the owner went back from.
CREATE TABLE update_left (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    version         TEXT    NOT NULL UNIQUE,
    left_ms         INTEGER NOT NULL
) STRICT;
