-- Passkeys of an account. Each belongs to a name of the box, and is of no use under another.
CREATE TABLE passkey (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    account_id      BLOB    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    rp_id           TEXT    NOT NULL,             -- the name it was made for
    credential_id   BLOB    NOT NULL UNIQUE,      -- what the authenticator calls it
    credential      TEXT    NOT NULL,             -- JSON: the public key, its counter and its flags
    name            TEXT    NOT NULL,             -- what its owner calls it
    created_ms      INTEGER NOT NULL,
    used_ms         INTEGER                       -- the last sign-in or step-up with it
) STRICT;
CREATE INDEX passkey_by_account ON passkey (account_id);
