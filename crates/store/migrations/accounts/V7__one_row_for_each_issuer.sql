-- An external issuer is known by its address: the first half of each identity that it vouches for.
CREATE UNIQUE INDEX issuer_by_url ON issuer (url) WHERE kind = 'external';
