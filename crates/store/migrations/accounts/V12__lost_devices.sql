-- What hangs together, so that a lost device is revoked in one act, and what somebody did not do
-- themselves is undone. Ids of sessions change at a step-up, and what names one follows it.

-- What a notice is about: a factor that was added or copied, a session that was opened.
ALTER TABLE notice ADD COLUMN factor_id BLOB;
ALTER TABLE notice ADD COLUMN session_id BLOB
    REFERENCES session (id) ON DELETE SET NULL ON UPDATE CASCADE;

-- The kept factor that was shown last in a session; none after a recovery code or an approval.
ALTER TABLE session ADD COLUMN factor_id BLOB;

-- The browser in which something was made.
ALTER TABLE totp ADD COLUMN made_in BLOB
    REFERENCES session (id) ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE passkey ADD COLUMN made_in BLOB
    REFERENCES session (id) ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE remembered_device ADD COLUMN made_in BLOB
    REFERENCES session (id) ON DELETE SET NULL ON UPDATE CASCADE;

-- For how long a browser is remembered: 30 days, as all were until now, or 90.
ALTER TABLE remembered_device ADD COLUMN seconds INTEGER NOT NULL DEFAULT 2592000;

-- After a security event another password is wanted, and this one opens nothing by itself.
ALTER TABLE account ADD COLUMN new_password_wanted INTEGER NOT NULL DEFAULT 0;
