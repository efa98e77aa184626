-- An account keeps several authenticators, each with a name of its own.
ALTER TABLE totp RENAME TO totp_before;
CREATE TABLE totp (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    account_id      BLOB    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name            TEXT    NOT NULL,
    secret          BLOB    NOT NULL,
    last_step       INTEGER NOT NULL,             -- replays are refused by compare-and-set of this
    created_ms      INTEGER NOT NULL,
    used_ms         INTEGER                       -- the last sign-in or step-up with it
) STRICT;
INSERT INTO totp (id, account_id, name, secret, last_step, created_ms)
    SELECT randomblob(16), account_id, 'Authenticator', secret, last_step, created_ms
      FROM totp_before;
DROP TABLE totp_before;
CREATE INDEX totp_by_account ON totp (account_id);

-- What speaks for a session beside its password: a first factor is enrolled by that.
ALTER TABLE session ADD COLUMN vouched TEXT NOT NULL DEFAULT 'old_password';

-- Browsers that are not asked for a second factor for a while.
CREATE TABLE remembered_device (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    token_hash      BLOB    NOT NULL UNIQUE,      -- SHA-256; the token itself is never kept
    agent           TEXT    NOT NULL,
    generation      INTEGER NOT NULL,
    epoch           INTEGER NOT NULL,             -- server epoch + user epoch then
    since_ms        INTEGER NOT NULL,             -- when the factor was shown: wall time,
    since_boot_ms   INTEGER NOT NULL,             -- uptime,
    since_run       BLOB    NOT NULL,             -- and the run of the server that uptime counts in
    used_ms         INTEGER
) STRICT;
CREATE INDEX remembered_device_by_user ON remembered_device (user_id);

-- What a user's other sessions are told.
CREATE TABLE notice (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    kind            TEXT    NOT NULL,
    about           TEXT    NOT NULL,             -- the name of the factor or device
    at_ms           INTEGER NOT NULL,
    seen            INTEGER NOT NULL DEFAULT 0    -- by any session
) STRICT;
CREATE INDEX notice_by_user ON notice (user_id, at_ms);

-- A session keeps what it has seen when its id changes.
CREATE TABLE notice_seen (
    notice_id       BLOB    NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    session_id      BLOB    NOT NULL REFERENCES session (id) ON DELETE CASCADE ON UPDATE CASCADE,
    PRIMARY KEY (notice_id, session_id)
) STRICT;
