-- What is known of a television, an app, or an app's own password beside its session: what it is
-- called, and who let it in from where. It goes with its session.
CREATE TABLE device (
    session_id      BLOB    PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    name            TEXT    NOT NULL,
    approved_by     BLOB    NOT NULL CHECK (length(approved_by) = 16),  -- a session, which may be gone
    approved_from   TEXT    NOT NULL,             -- the address of who approved
    asked_from      TEXT    NOT NULL              -- the address of what asked
) STRICT;

-- Whether people may make passwords for apps. Switching it off ends those that there are.
ALTER TABLE server ADD COLUMN app_passwords INTEGER NOT NULL DEFAULT 0;
