-- Where people want to be written to, and what waits to be sent to them.
CREATE TABLE mail_address (
    user_id         BLOB    PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    address         TEXT    NOT NULL
) STRICT;

CREATE TABLE mail_waiting (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    subject         TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    made_ms         INTEGER NOT NULL,
    tries           INTEGER NOT NULL DEFAULT 0,
    refused         TEXT                          -- what the mail server said when it refused it for good
) STRICT;

CREATE TABLE mail_state (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    sent_ms         INTEGER,                      -- when a message was last taken
    trouble         TEXT,                         -- what last went wrong, until one is taken again
    trouble_ms      INTEGER
) STRICT;
INSERT INTO mail_state (one) VALUES (1);
