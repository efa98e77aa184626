-- Who is invited, by a link that is good once. What was invited is a name; what is kept of the secret
-- is its hash. A used invitation is removed, and stands in the log.
CREATE TABLE invitation (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    secret_hash     BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    name            TEXT    NOT NULL,             -- as it is shown
    login           TEXT    NOT NULL UNIQUE,      -- the same, folded by the rules
    role            TEXT    NOT NULL CHECK (role IN ('administrator', 'member')),
    created_ms      INTEGER NOT NULL,
    granted_seconds INTEGER NOT NULL,             -- for how long it is good,
    used_ms         INTEGER NOT NULL,             -- what is used up of that,
    seen_ms         INTEGER NOT NULL,             -- and when that was last looked at: wall time,
    seen_boot_ms    INTEGER NOT NULL,             -- uptime,
    seen_run        BLOB    NOT NULL,             -- the run that uptime counts in,
    believed        INTEGER NOT NULL CHECK (believed IN (0, 1)) -- and whether the wall clock was believed
) STRICT;

CREATE TABLE invitation_library (
    invitation_id   BLOB    NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
    library_id      BLOB    NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    PRIMARY KEY (invitation_id, library_id)
) STRICT;
CREATE INDEX invitation_library_by_library ON invitation_library (library_id);

CREATE TABLE invitation_group (
    invitation_id   BLOB    NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
    group_id        BLOB    NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
    PRIMARY KEY (invitation_id, group_id)
) STRICT;
CREATE INDEX invitation_group_by_group ON invitation_group (group_id);
