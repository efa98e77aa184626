-- Each row's hash covers the row before it: what is changed or taken out shows. Rows from before
-- have none.
ALTER TABLE audit ADD COLUMN hash BLOB;
CREATE INDEX audit_by_kind ON audit (kind, seq);

-- Decisions that are alike in one hour are counted here; when the hour is over, one entry of the log
-- says how often. The row stays for the board.
CREATE TABLE decision (
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    kind            TEXT    NOT NULL,             -- 'notice', 'stepup', 'denied', 'exempt'
    door            TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    requirement     INTEGER NOT NULL,             -- which asked for it; 0: none
    hour            INTEGER NOT NULL,             -- hours since 1970, by the clock of the server
    times           INTEGER NOT NULL,
    first_ms        INTEGER NOT NULL,
    last_ms         INTEGER NOT NULL,
    is_logged       INTEGER NOT NULL DEFAULT 0 CHECK (is_logged IN (0, 1)),
    PRIMARY KEY (user_id, kind, door, reason, requirement, hour)
) STRICT;
CREATE INDEX decision_by_hour ON decision (hour);
