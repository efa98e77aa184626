-- Sessions of televisions that were let in over plain http: good there and for playback only.
CREATE TABLE plain_session (
    session_id      BLOB    PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE
) STRICT;
