-- Whether the account's password is long enough to be all there is. Of older ones nobody knows: only
-- their hash was kept.
ALTER TABLE account ADD COLUMN password_alone INTEGER NOT NULL DEFAULT 0
    CHECK (password_alone IN (0, 1));
