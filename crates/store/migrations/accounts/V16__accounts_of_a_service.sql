-- What an account service needs that many people use.

-- Whether an account ever had a second factor or let a program in. One that never did holds nothing
-- but a name and a password, and is removed when it is old.
ALTER TABLE account ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
UPDATE account SET settled = 1
 WHERE EXISTS (SELECT 1 FROM totp t WHERE t.account_id = account.id)
    OR EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = account.id)
    OR EXISTS (SELECT 1 FROM recovery_code r WHERE r.account_id = account.id)
    OR EXISTS (SELECT 1 FROM oauth_client c WHERE c.account_id = account.id)
    OR EXISTS (SELECT 1 FROM oauth_consent k WHERE k.account_id = account.id);

-- When a client last got tokens for somebody.
ALTER TABLE oauth_consent ADD COLUMN used_ms INTEGER;

-- What was seen is seen in the browser where that was, in its later sessions too, and nowhere else.
ALTER TABLE session ADD COLUMN browser_id BLOB
    REFERENCES remembered_device (id) ON DELETE SET NULL;
CREATE TABLE notice_seen_in (
    notice_id       BLOB    NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    browser_id      BLOB    NOT NULL REFERENCES remembered_device (id) ON DELETE CASCADE,
    PRIMARY KEY (notice_id, browser_id)
) STRICT;
ALTER TABLE notice DROP COLUMN seen;
