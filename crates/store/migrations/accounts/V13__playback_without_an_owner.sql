-- Whether known users go on watching when the server has lost its owner. The owner says so before.
ALTER TABLE server ADD COLUMN orphaned_playback INTEGER NOT NULL DEFAULT 1
    CHECK (orphaned_playback IN (0, 1));
