-- In which era of the server's life these accounts are, and which was before: what tells them from an
-- older copy. A table of its own, so that its page changes with nothing else.
CREATE TABLE era (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    current         BLOB    NOT NULL CHECK (length(current) = 16),
    previous        BLOB    CHECK (length(previous) = 16)
) STRICT;
