-- As what this server has registered itself at an issuer elsewhere (RFC 7591, RFC 7592). The secrets
-- are shown to the issuer, so they are kept as they are. `told` is what was registered last.
CREATE TABLE issuer_client (
    issuer_id       BLOB    PRIMARY KEY REFERENCES issuer (id) ON DELETE CASCADE,
    client_id       TEXT    NOT NULL,
    client_secret   TEXT,
    manage_uri      TEXT    NOT NULL,
    manage_token    TEXT    NOT NULL,
    told            TEXT    NOT NULL,
    registered_ms   INTEGER NOT NULL
) STRICT;
