-- Each row's hash covers the row before it: what is changed or taken out shows. Rows from before
-- have none.
ALTER TABLE audit ADD COLUMN hash BLOB;
CREATE INDEX audit_by_kind ON audit (kind, seq);
