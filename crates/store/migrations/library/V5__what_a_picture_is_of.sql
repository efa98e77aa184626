-- The part of a series, a season, an artist or an album whose own file its picture was made of: it is
-- shown to whom that part is shown. Pictures that were made before do not know it and are made again.
ALTER TABLE item ADD COLUMN picture_of BLOB CHECK (length(picture_of) = 16);
UPDATE item SET picture = 'wanted' WHERE picture = 'made' AND kind IN ('series', 'season', 'artist', 'album');
