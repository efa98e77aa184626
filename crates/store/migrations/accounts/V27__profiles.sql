-- Household profiles: what one household's children and guests look by, on devices that somebody of it
-- has signed in. A profile has no assurance of its own; its person's session is judged.
CREATE TABLE profile (
    id              BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user_id         BLOB    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name            TEXT    NOT NULL,
    folded          TEXT    NOT NULL,             -- the name as the rules compare names
    pin_hash        TEXT,                         -- PHC string
    misses          INTEGER NOT NULL DEFAULT 0,   -- wrong PINs in a row
    created_ms      INTEGER NOT NULL,
    UNIQUE (user_id, folded)
) STRICT;

-- By which somebody comes back from a profile to themselves.
CREATE TABLE own_pin (
    user_id         BLOB    PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    pin_hash        TEXT    NOT NULL,
    misses          INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A device whose profile goes is signed out: it must not become its person's.
ALTER TABLE session ADD COLUMN profile_id BLOB REFERENCES profile (id) ON DELETE CASCADE;

-- What is watched belongs to whoever looks: a user, or a profile.
CREATE TABLE viewer_data (
    user_id         BLOB    NOT NULL CHECK (length(user_id) = 16),
    content_key     BLOB    NOT NULL,
    position_ms     INTEGER NOT NULL DEFAULT 0,
    duration_ms     INTEGER,
    watched         INTEGER NOT NULL DEFAULT 0,
    updated_ms      INTEGER NOT NULL,
    PRIMARY KEY (user_id, content_key)
) STRICT;
INSERT INTO viewer_data (user_id, content_key, position_ms, duration_ms, watched, updated_ms)
    SELECT user_id, content_key, position_ms, duration_ms, watched, updated_ms FROM user_data;
DROP TABLE user_data;
ALTER TABLE viewer_data RENAME TO user_data;
CREATE INDEX user_data_recent ON user_data (user_id, updated_ms DESC);
CREATE TRIGGER what_a_user_watched_goes AFTER DELETE ON user
  BEGIN DELETE FROM user_data WHERE user_id = old.id; END;
CREATE TRIGGER what_a_profile_watched_goes AFTER DELETE ON profile
  BEGIN DELETE FROM user_data WHERE user_id = old.id; END;

-- The one visibility predicate: every list joins it. A profile sees what its person sees.
DROP VIEW visible_library;
CREATE VIEW visible_library (user_id, library_id) AS
    SELECT u.id, l.id FROM user u CROSS JOIN library l
     WHERE u.enabled = 1
       AND (u.role IN ('owner', 'administrator')
            OR EXISTS (SELECT 1 FROM share s WHERE s.library_id = l.id AND s.user_id = u.id)
            OR EXISTS (SELECT 1 FROM group_share s JOIN group_member m ON m.group_id = s.group_id
                        WHERE s.library_id = l.id AND m.user_id = u.id))
    UNION ALL
    SELECT p.id, l.id FROM profile p JOIN user u ON u.id = p.user_id CROSS JOIN library l
     WHERE u.enabled = 1
       AND (u.role IN ('owner', 'administrator')
            OR EXISTS (SELECT 1 FROM share s WHERE s.library_id = l.id AND s.user_id = u.id)
            OR EXISTS (SELECT 1 FROM group_share s JOIN group_member m ON m.group_id = s.group_id
                        WHERE s.library_id = l.id AND m.user_id = u.id));
