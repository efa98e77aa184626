-- Servers that were let in by a code which they showed (RFC 8628): they register pages of a server
-- alone, then and at every change.
ALTER TABLE oauth_registration ADD COLUMN for_server INTEGER NOT NULL DEFAULT 0;
ALTER TABLE oauth_client ADD COLUMN is_server INTEGER NOT NULL DEFAULT 0;
CREATE INDEX oauth_client_by_account ON oauth_client (account_id);
