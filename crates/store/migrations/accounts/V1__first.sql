-- Who owns the box, who may use it, and what they did. Written with synchronous = FULL.
CREATE TABLE server (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    box_id          BLOB    NOT NULL CHECK (length(box_id) = 16),
    name            TEXT    NOT NULL,
    created_by      TEXT    NOT NULL,             -- the version that made this database (C8)
    created_ms      INTEGER NOT NULL,
    generation      INTEGER NOT NULL DEFAULT 0,   -- 0: never claimed; it never decreases
    epoch           INTEGER NOT NULL DEFAULT 0,   -- sessions of an older epoch are void
    clock_mark_ms   INTEGER NOT NULL,             -- wall time was at least this
    link_key        BLOB    NOT NULL              -- signs stream links
) STRICT;

-- The proof of possession that waits to be used. Kept in clear: it must be shown again after a restart.
CREATE TABLE claim_offer (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    link_secret     TEXT    NOT NULL,
    console_code    TEXT    NOT NULL,
    uptime_seconds  INTEGER NOT NULL DEFAULT 0    -- consumed; at the limit a new offer is made
) STRICT;

-- Where identities come from. The embedded account service is a row like any other:
-- users refer to the row, because names and addresses of a box change.
CREATE TABLE issuer (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    kind            TEXT    NOT NULL CHECK (kind IN ('embedded', 'external')),
    url             TEXT,
    name            TEXT    NOT NULL,
    assurance       TEXT    NOT NULL CHECK (assurance IN ('embedded', 'claims', 'asserted', 'none')),
    created_ms      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_embedded_issuer ON issuer (kind) WHERE kind = 'embedded';

-- The account service's side: how somebody proves who they are.
CREATE TABLE account (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    login           TEXT    NOT NULL UNIQUE,      -- folded by the rules before it comes here
    name            TEXT    NOT NULL,
    password_hash   TEXT    NOT NULL,             -- PHC string
    epoch           INTEGER NOT NULL DEFAULT 0,
    enabled         INTEGER NOT NULL DEFAULT 1,
    created_ms      INTEGER NOT NULL
) STRICT;

CREATE TABLE totp (
    account_id      BLOB    PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    secret          BLOB    NOT NULL,
    last_step       INTEGER NOT NULL,             -- replays are refused by compare-and-set of this
    created_ms      INTEGER NOT NULL
) STRICT;

CREATE TABLE recovery_code (
    account_id      BLOB    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    code_hash       BLOB    NOT NULL,
    used_ms         INTEGER,
    PRIMARY KEY (account_id, code_hash)
) STRICT;

-- The server's side: what an identity may do here.
CREATE TABLE user (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    issuer_id       BLOB    NOT NULL REFERENCES issuer (id),
    sub             TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('owner', 'administrator', 'member')),
    enabled         INTEGER NOT NULL DEFAULT 1,
    epoch           INTEGER NOT NULL DEFAULT 0,
    created_ms      INTEGER NOT NULL,
    UNIQUE (issuer_id, sub)
) STRICT;
CREATE UNIQUE INDEX one_owner ON user (role) WHERE role = 'owner';

CREATE TABLE session (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    token_hash      BLOB    NOT NULL UNIQUE,      -- SHA-256; the token itself is never kept
    client          TEXT    NOT NULL,             -- kind of client
    agent           TEXT    NOT NULL,             -- what the client calls itself, shortened
    issuer_id       BLOB    NOT NULL REFERENCES issuer (id),
    assurance       TEXT    NOT NULL,
    methods         TEXT    NOT NULL,             -- space-separated
    auth_ms         INTEGER NOT NULL,             -- when the last factor was shown: wall time,
    auth_boot_ms    INTEGER NOT NULL,             -- uptime,
    auth_run        BLOB    NOT NULL,             -- and the run of the server that uptime counts in
    generation      INTEGER NOT NULL,
    epoch           INTEGER NOT NULL,             -- server epoch + user epoch at sign-in
    created_ms      INTEGER NOT NULL,
    last_seen_ms    INTEGER NOT NULL,
    seen_boot_ms    INTEGER NOT NULL,
    seen_run        BLOB    NOT NULL,
    rested          INTEGER NOT NULL DEFAULT 0    -- left alone for long since the last factor
) STRICT;
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE library (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    name            TEXT    NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('films', 'series', 'music', 'photos', 'mixed')),
    created_ms      INTEGER NOT NULL
) STRICT;

CREATE TABLE library_root (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    library_id      BLOB    NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    path            BLOB    NOT NULL UNIQUE,      -- bytes: a path need not be UTF-8
    marker          TEXT                          -- device and inode when added
) STRICT;
CREATE INDEX library_root_by_library ON library_root (library_id);

CREATE TABLE share (
    library_id      BLOB    NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    created_ms      INTEGER NOT NULL,
    PRIMARY KEY (library_id, user_id)
) STRICT;
CREATE INDEX share_by_user ON share (user_id);

-- The one visibility predicate: every list joins it.
CREATE VIEW visible_library (user_id, library_id) AS
    SELECT u.id, l.id FROM user u CROSS JOIN library l
     WHERE u.enabled = 1
       AND (u.role IN ('owner', 'administrator')
            OR EXISTS (SELECT 1 FROM share s WHERE s.library_id = l.id AND s.user_id = u.id));

-- Keyed by what a file holds, so it outlives renames and rebuilt libraries.
CREATE TABLE user_data (
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    content_key     BLOB    NOT NULL,
    position_ms     INTEGER NOT NULL DEFAULT 0,
    duration_ms     INTEGER,
    watched         INTEGER NOT NULL DEFAULT 0,
    updated_ms      INTEGER NOT NULL,
    PRIMARY KEY (user_id, content_key)
) STRICT;
CREATE INDEX user_data_recent ON user_data (user_id, updated_ms DESC);

CREATE TABLE throttle (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,  -- anew at each miss: the order of age
    credential      TEXT    NOT NULL,
    place           TEXT    NOT NULL,             -- an address or a /64; '' is everywhere
    known           INTEGER NOT NULL,             -- the credential is somebody's
    was_right       INTEGER NOT NULL,             -- it was once right from there
    misses          INTEGER NOT NULL,
    last_miss_ms    INTEGER NOT NULL,
    miss_boot_ms    INTEGER NOT NULL,
    miss_run        BLOB    NOT NULL,
    UNIQUE (credential, place)
) STRICT;

CREATE TABLE audit (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms           INTEGER NOT NULL,
    trust           TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    detail          TEXT    NOT NULL              -- a JSON object
) STRICT;
