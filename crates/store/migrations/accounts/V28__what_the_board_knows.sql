-- Whether the wall clock was believed when grace or an exemption was last looked at. A box without a
-- clock of its own learns the time only after its start: what it was off counts then.
ALTER TABLE grace ADD COLUMN believed INTEGER NOT NULL DEFAULT 1 CHECK (believed IN (0, 1));
ALTER TABLE exemption ADD COLUMN believed INTEGER NOT NULL DEFAULT 1 CHECK (believed IN (0, 1));

-- When somebody last came, and last showed a second factor: sessions end, and this stays.
ALTER TABLE user ADD COLUMN came_ms INTEGER;
ALTER TABLE user ADD COLUMN mfa_ms INTEGER;
UPDATE user SET
    came_ms = (SELECT max(s.last_seen_ms) FROM session s WHERE s.user_id = user.id),
    mfa_ms = (SELECT max(s.auth_ms) FROM session s
               WHERE s.user_id = user.id AND s.assurance IN ('mfa', 'mfa_phishing_resistant')
                 AND instr(s.methods, 'remembered') = 0);
CREATE TRIGGER somebody_came AFTER INSERT ON session
  BEGIN
    UPDATE user SET came_ms = new.last_seen_ms WHERE id = new.user_id;
    UPDATE user SET mfa_ms = new.auth_ms
     WHERE id = new.user_id AND new.assurance IN ('mfa', 'mfa_phishing_resistant')
       AND instr(new.methods, 'remembered') = 0;
  END;
CREATE TRIGGER somebody_showed_a_factor AFTER UPDATE OF auth_ms ON session
  WHEN new.assurance IN ('mfa', 'mfa_phishing_resistant') AND instr(new.methods, 'remembered') = 0
  BEGIN UPDATE user SET mfa_ms = new.auth_ms WHERE id = new.user_id; END;
