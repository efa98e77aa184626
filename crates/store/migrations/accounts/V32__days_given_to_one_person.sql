-- What an owner gave one person of their own, beside what everybody has: where it is longer, it stays when
-- that is changed.
ALTER TABLE grace ADD COLUMN given_seconds INTEGER;
