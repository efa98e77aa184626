-- Who belongs together, who sees what by that, and what is required of whom.
CREATE TABLE user_group (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    name            TEXT    NOT NULL,
    folded          TEXT    NOT NULL UNIQUE,      -- the name as the rules compare names
    profiles_need_pin INTEGER NOT NULL DEFAULT 0 CHECK (profiles_need_pin IN (0, 1)),
    created_ms      INTEGER NOT NULL
) STRICT;

CREATE TABLE group_member (
    group_id        BLOB    NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    created_ms      INTEGER NOT NULL,
    PRIMARY KEY (group_id, user_id)
) STRICT;
CREATE INDEX group_member_by_user ON group_member (user_id);

CREATE TABLE group_share (
    library_id      BLOB    NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    group_id        BLOB    NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
    created_ms      INTEGER NOT NULL,
    PRIMARY KEY (library_id, group_id)
) STRICT;
CREATE INDEX group_share_by_group ON group_share (group_id);

-- The one visibility predicate: every list joins it.
DROP VIEW visible_library;
CREATE VIEW visible_library (user_id, library_id) AS
    SELECT u.id, l.id FROM user u CROSS JOIN library l
     WHERE u.enabled = 1
       AND (u.role IN ('owner', 'administrator')
            OR EXISTS (SELECT 1 FROM share s WHERE s.library_id = l.id AND s.user_id = u.id)
            OR EXISTS (SELECT 1 FROM group_share s JOIN group_member m ON m.group_id = s.group_id
                        WHERE s.library_id = l.id AND m.user_id = u.id));

-- A row stays when it is switched off, and with it what was used up of everybody's grace. A group
-- that something is required of is not removed with it: the rules refuse that, and so does this.
CREATE TABLE requirement (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    scope           TEXT    NOT NULL,
    group_id        BLOB    REFERENCES user_group (id) ON DELETE RESTRICT,
    library_id      BLOB    REFERENCES library (id) ON DELETE CASCADE,
    level           TEXT    NOT NULL,
    grace_seconds   INTEGER NOT NULL CHECK (grace_seconds >= 0),
    max_age_seconds INTEGER,
    is_on           INTEGER NOT NULL CHECK (is_on IN (0, 1)),
    begun_ms        INTEGER NOT NULL,             -- when it was last switched on
    CHECK ((scope = 'group') = (group_id IS NOT NULL)),
    CHECK ((scope = 'library') = (library_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX one_requirement_of_the_server ON requirement (scope) WHERE scope = 'server';
CREATE UNIQUE INDEX one_requirement_a_group ON requirement (group_id) WHERE group_id IS NOT NULL;
CREATE UNIQUE INDEX one_requirement_a_library ON requirement (library_id) WHERE library_id IS NOT NULL;

-- No row is no grace.
CREATE TABLE grace (
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    requirement_id  INTEGER NOT NULL REFERENCES requirement (id) ON DELETE CASCADE,
    granted_seconds INTEGER NOT NULL,
    used_ms         INTEGER NOT NULL,
    seen_ms         INTEGER NOT NULL,             -- when that was last looked at: wall time,
    seen_boot_ms    INTEGER NOT NULL,             -- uptime,
    seen_run        BLOB    NOT NULL,             -- and the run that uptime counts in
    told            TEXT,                         -- the last reminder that was sent
    PRIMARY KEY (user_id, requirement_id)
) STRICT;

CREATE TABLE exemption (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    requirement_id  INTEGER REFERENCES requirement (id) ON DELETE CASCADE,  -- none: from everything
    reason          TEXT    NOT NULL,
    granted_seconds INTEGER NOT NULL,
    used_ms         INTEGER NOT NULL,
    seen_ms         INTEGER NOT NULL,
    seen_boot_ms    INTEGER NOT NULL,
    seen_run        BLOB    NOT NULL,
    created_ms      INTEGER NOT NULL
) STRICT;
CREATE INDEX exemption_by_user ON exemption (user_id);
-- Who administers is never exempt, whatever led to the role.
CREATE TRIGGER a_role_ends_exemptions AFTER UPDATE OF role ON user
  WHEN new.role IN ('owner', 'administrator')
  BEGIN DELETE FROM exemption WHERE user_id = new.id; END;

-- Who was reminded of what is required, and when: by hand at most once a day.
CREATE TABLE reminder (
    id              INTEGER PRIMARY KEY,
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    step            TEXT    NOT NULL,             -- 'hand', or what it came by itself at
    sent_ms         INTEGER NOT NULL,             -- when: wall time,
    sent_boot_ms    INTEGER NOT NULL,             -- uptime,
    sent_run        BLOB    NOT NULL              -- and the run that uptime counts in
) STRICT;
CREATE INDEX reminder_by_user ON reminder (user_id, id);

-- How many people had a second factor on a day, and how many of those who are asked for one.
CREATE TABLE adoption (
    day             INTEGER PRIMARY KEY,          -- days since 1970, UTC
    people          INTEGER NOT NULL,
    enrolled        INTEGER NOT NULL,
    asked           INTEGER NOT NULL,
    asked_enrolled  INTEGER NOT NULL
) STRICT;
