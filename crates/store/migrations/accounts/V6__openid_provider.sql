-- The account service as an OpenID provider.

-- Keys that sign ID tokens. The next one is published before it signs, old ones after they did.
CREATE TABLE provider_key (
    kid             TEXT    PRIMARY KEY,
    private         BLOB    NOT NULL,             -- PKCS#8
    public          BLOB    NOT NULL,             -- a point on P-256, not compressed
    stage           TEXT    NOT NULL CHECK (stage IN ('next', 'current', 'old')),
    stage_ms        INTEGER NOT NULL,             -- when it entered its stage: wall time,
    stage_boot_ms   INTEGER NOT NULL,             -- uptime,
    stage_run       BLOB    NOT NULL              -- and the start of the machine that counts in
) STRICT;
CREATE UNIQUE INDEX one_next_key ON provider_key (stage) WHERE stage = 'next';
CREATE UNIQUE INDEX one_current_key ON provider_key (stage) WHERE stage = 'current';

-- Lets a server register once.
CREATE TABLE oauth_registration (
    token_hash      BLOB    PRIMARY KEY,          -- SHA-256; the token itself is never kept
    account_id      BLOB    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    made_ms         INTEGER NOT NULL,
    made_boot_ms    INTEGER NOT NULL,
    made_run        BLOB    NOT NULL
) STRICT;

CREATE TABLE oauth_client (
    id              TEXT    PRIMARY KEY,
    account_id      BLOB    NOT NULL REFERENCES account (id) ON DELETE CASCADE, -- who let it in
    name            TEXT    NOT NULL,
    auth            TEXT    NOT NULL,
    secret_hash     BLOB    NOT NULL,             -- SHA-256 of 256 random bits
    manage_hash     BLOB    NOT NULL,             -- of the registration access token (RFC 7592)
    redirect_uris   TEXT    NOT NULL,             -- one a line
    post_logout_uris TEXT   NOT NULL,
    grants          TEXT    NOT NULL,             -- words with spaces between
    scopes          TEXT    NOT NULL,
    created_ms      INTEGER NOT NULL
) STRICT;

-- What somebody agreed that a client may have.
CREATE TABLE oauth_consent (
    account_id      BLOB    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    client_id       TEXT    NOT NULL REFERENCES oauth_client (id) ON DELETE CASCADE,
    scopes          TEXT    NOT NULL,
    given_ms        INTEGER NOT NULL,
    PRIMARY KEY (account_id, client_id)
) STRICT;

-- One code and all that came of it. It lives no longer than the session that gave it.
CREATE TABLE oauth_grant (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    session_id      BLOB    NOT NULL REFERENCES session (id) ON DELETE CASCADE ON UPDATE CASCADE,
    client_id       TEXT    NOT NULL,
    scopes          TEXT    NOT NULL,
    nonce           TEXT,
    redirect_uri    TEXT    NOT NULL,
    challenge       TEXT    NOT NULL,             -- PKCE, S256
    code_hash       BLOB    NOT NULL UNIQUE,
    code_used       INTEGER NOT NULL DEFAULT 0,
    refresh_hash    BLOB,                         -- the one refresh token that is good now
    methods         TEXT    NOT NULL,             -- how the person had signed in,
    auth_ms         INTEGER NOT NULL,             -- and when
    epoch           INTEGER NOT NULL,
    given_ms        INTEGER NOT NULL,
    given_boot_ms   INTEGER NOT NULL,
    given_run       BLOB    NOT NULL
) STRICT;
CREATE INDEX oauth_grant_by_session ON oauth_grant (session_id);

CREATE TABLE oauth_access (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash      BLOB    NOT NULL UNIQUE,
    grant_id        BLOB    NOT NULL REFERENCES oauth_grant (id) ON DELETE CASCADE,
    given_ms        INTEGER NOT NULL,
    given_boot_ms   INTEGER NOT NULL,
    given_run       BLOB    NOT NULL
) STRICT;
CREATE INDEX oauth_access_by_grant ON oauth_access (grant_id);
