-- Wrong passwords are counted by keyed hashes of what was typed and from where, the same for names
-- that somebody has and for names that nobody has. How many rows there can be is fixed.

-- Of one name from one place. A bucket holds a few; what a full one gives up is no wait that is on.
CREATE TABLE password_miss (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,  -- anew at each miss: the order of age
    bucket          INTEGER NOT NULL,
    tag             BLOB    NOT NULL UNIQUE,
    misses          INTEGER NOT NULL,
    last_miss_ms    INTEGER NOT NULL,
    miss_boot_ms    INTEGER NOT NULL,
    miss_run        BLOB    NOT NULL
) STRICT;
CREATE INDEX password_miss_by_bucket ON password_miss (bucket);

-- Of all names of one bucket from everywhere.
CREATE TABLE password_miss_everywhere (
    bucket          INTEGER PRIMARY KEY,
    misses          INTEGER NOT NULL,
    last_miss_ms    INTEGER NOT NULL,
    miss_boot_ms    INTEGER NOT NULL,
    miss_run        BLOB    NOT NULL
) STRICT;

-- The places that the password of an account was right from.
CREATE TABLE password_place (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id      BLOB    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    tag             BLOB    NOT NULL UNIQUE
) STRICT;
CREATE INDEX password_place_by_account ON password_place (account_id);

-- What is left counts where somebody is known already, or where there is one count for all. What was
-- counted of names begins anew.
DELETE FROM throttle WHERE credential LIKE 'pwd:%' OR credential LIKE 'app:%';
ALTER TABLE throttle DROP COLUMN known;

-- Whether the name that a passkey was made for still leads here. One for a name that is gone can be
-- shown nowhere.
ALTER TABLE passkey ADD COLUMN leads_here INTEGER NOT NULL DEFAULT 1 CHECK (leads_here IN (0, 1));
