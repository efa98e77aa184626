-- A scan that was stopped is begun again at the next start; one that ended is not.
ALTER TABLE root ADD COLUMN begun_ms INTEGER;
-- How many files of a settled folder are listed or reported, so that nobody counts them anew.
ALTER TABLE folder ADD COLUMN files INTEGER NOT NULL DEFAULT 0;
