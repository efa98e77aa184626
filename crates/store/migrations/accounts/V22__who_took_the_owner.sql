-- Whether the owner is gone because their issuer refused them. Then its word alone brings them back.
ALTER TABLE owner_lost ADD COLUMN by_issuer INTEGER NOT NULL DEFAULT 0
    CHECK (by_issuer IN (0, 1));
