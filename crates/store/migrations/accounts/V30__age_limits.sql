-- Up to which age somebody sees titles, in years, and whether what nobody rated is hidden from them;
-- no age: no limit. Of people and of their household's profiles.
ALTER TABLE user ADD COLUMN max_age INTEGER CHECK (max_age BETWEEN 0 AND 21);
ALTER TABLE user ADD COLUMN hides_unrated INTEGER NOT NULL DEFAULT 1;
ALTER TABLE profile ADD COLUMN max_age INTEGER CHECK (max_age BETWEEN 0 AND 21);
ALTER TABLE profile ADD COLUMN hides_unrated INTEGER NOT NULL DEFAULT 1;

-- For whom titles are, as somebody decided. The index has it too, and can be lost: from here it is
-- known again, by the content of a file or, of what has parts, by what makes it one.
CREATE TABLE rating (
    library_id      BLOB    NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    mark            BLOB    NOT NULL,
    age             INTEGER NOT NULL CHECK (age BETWEEN 0 AND 21),
    PRIMARY KEY (library_id, mark)
) STRICT, WITHOUT ROWID;

-- The one visibility predicate, with the limit that holds within the library. Who tends the server has
-- none; a profile has its own and its person's, whichever is stricter. Nobody rates photos and home
-- videos, so in a library of these nothing is hidden for having no rating.
DROP VIEW visible_library;
CREATE VIEW visible_library (user_id, library_id, max_age, hides_unrated) AS
    SELECT u.id, l.id,
           CASE WHEN u.role = 'member' THEN u.max_age END,
           u.hides_unrated AND l.kind <> 'photos'
      FROM user u CROSS JOIN library l
     WHERE u.enabled = 1
       AND (u.role IN ('owner', 'administrator')
            OR EXISTS (SELECT 1 FROM share s WHERE s.library_id = l.id AND s.user_id = u.id)
            OR EXISTS (SELECT 1 FROM group_share s JOIN group_member m ON m.group_id = s.group_id
                        WHERE s.library_id = l.id AND m.user_id = u.id))
    UNION ALL
    SELECT p.id, l.id,
           CASE WHEN u.role = 'member' AND u.max_age IS NOT NULL
                THEN min(u.max_age, coalesce(p.max_age, u.max_age)) ELSE p.max_age END,
           ((p.max_age IS NOT NULL AND p.hides_unrated)
             OR (u.role = 'member' AND u.max_age IS NOT NULL AND u.hides_unrated))
           AND l.kind <> 'photos'
      FROM profile p JOIN user u ON u.id = p.user_id CROSS JOIN library l
     WHERE u.enabled = 1
       AND (u.role IN ('owner', 'administrator')
            OR EXISTS (SELECT 1 FROM share s WHERE s.library_id = l.id AND s.user_id = u.id)
            OR EXISTS (SELECT 1 FROM group_share s JOIN group_member m ON m.group_id = s.group_id
                        WHERE s.library_id = l.id AND m.user_id = u.id));
