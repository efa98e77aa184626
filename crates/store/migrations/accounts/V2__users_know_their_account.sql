-- Where a user's factors are kept. For who signs in here it is the account of that name; for who
-- comes from elsewhere it is one without a password, since this server may ask for a factor of its
-- own whatever an issuer says.
ALTER TABLE user ADD COLUMN account_id BLOB REFERENCES account (id);
UPDATE user SET account_id = (SELECT a.id FROM account a WHERE lower(hex(a.id)) = user.sub)
 WHERE issuer_id IN (SELECT id FROM issuer WHERE kind = 'embedded');
CREATE UNIQUE INDEX user_by_account ON user (account_id);
