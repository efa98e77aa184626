-- What the owner gives to somebody who forgot or lost what they sign in with: one link and one
-- code at most for each. Another one takes the place of the old one, and a used one is removed.
CREATE TABLE way_back (
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    kind            TEXT    NOT NULL CHECK (kind IN ('link', 'code')),
    secret_hash     BLOB    NOT NULL CHECK (length(secret_hash) = 32),
    new_factor      INTEGER NOT NULL,             -- the second factor is to be set up anew, too
    made_ms         INTEGER NOT NULL,             -- when: wall time,
    made_boot_ms    INTEGER NOT NULL,             -- uptime,
    made_run        BLOB    NOT NULL,             -- and the run of the server that uptime counts in
    PRIMARY KEY (user_id, kind)
) STRICT;
CREATE UNIQUE INDEX way_back_by_secret ON way_back (secret_hash);
