-- Whether nothing was required of the person when the session was opened: a first second factor may be
-- enrolled in it later by the password alone, since whoever learned the password after a requirement
-- was switched on has none like it. Kept at the opening, so that no clock has a say.
ALTER TABLE session ADD COLUMN unasked INTEGER NOT NULL DEFAULT 0 CHECK (unasked IN (0, 1));
UPDATE session SET unasked = 1 WHERE NOT EXISTS (SELECT 1 FROM requirement WHERE is_on = 1);
