-- The version of the readers that could not use a file: what an older one said is looked into again.
ALTER TABLE problem ADD COLUMN reader INTEGER NOT NULL DEFAULT 0;
