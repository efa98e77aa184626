-- Whether the owner has signed in since the plug pattern was last shown: then it counts no longer.
ALTER TABLE server ADD COLUMN owner_came INTEGER NOT NULL DEFAULT 0 CHECK (owner_came IN (0, 1));
