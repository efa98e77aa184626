-- What lies on the disks. Everything here can be made again from the files; it is written with
-- synchronous = NORMAL. Rows refer to each other by small numbers, which keeps the indexes of a
-- hundred thousand items in the page cache; ids are what the world sees.

-- A library of accounts.db, by its number here.
CREATE TABLE lib (
    n               INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL UNIQUE CHECK (length(id) = 16)
) STRICT;

-- A folder that an owner added, as it was when it was last read to its end.
CREATE TABLE root (
    n               INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    lib_n           INTEGER NOT NULL REFERENCES lib (n) ON DELETE CASCADE,
    filesystem      INTEGER,                      -- id of the file system, stable over restarts
    inode           INTEGER,
    scanned_ms      INTEGER,                      -- when it was last read to its end
    vanished        INTEGER NOT NULL DEFAULT 0    -- files gone in a scan that waits for a yes
) STRICT;
CREATE INDEX root_by_lib ON root (lib_n);

-- A folder on the disk. The signature covers names, lengths and times of its entries; while it
-- stays, nothing in it is opened.
CREATE TABLE folder (
    n               INTEGER PRIMARY KEY,
    root_n          INTEGER NOT NULL REFERENCES root (n) ON DELETE CASCADE,
    path            BLOB    NOT NULL,             -- below the root, bytes; empty for the root
    signature       BLOB,                         -- set when all it holds is committed
    UNIQUE (root_n, path)
) STRICT;

-- Whatever is listed.
CREATE TABLE item (
    n               INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    lib_n           INTEGER NOT NULL REFERENCES lib (n) ON DELETE CASCADE,
    kind            TEXT    NOT NULL,
    parent_n        INTEGER REFERENCES item (n) ON DELETE CASCADE,
    fold_key        TEXT,                         -- files with the same key are one item
    title           TEXT    NOT NULL,
    sort_title      TEXT    NOT NULL,
    subtitle        TEXT,
    overview        TEXT,
    year            INTEGER,
    season          INTEGER,
    number          INTEGER,
    disc            INTEGER,
    duration_ms     INTEGER,
    width           INTEGER,
    height          INTEGER,
    taken_ms        INTEGER,
    added_ms        INTEGER NOT NULL,
    content_key     BLOB,                         -- of the file that plays; user data hangs on it
    missing_ms      INTEGER,                      -- since when nothing of it is there
    picture         TEXT    NOT NULL DEFAULT 'wanted'
                    CHECK (picture IN ('wanted', 'made', 'none')),
    picture_version INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX item_by_fold ON item (lib_n, kind, fold_key) WHERE fold_key IS NOT NULL;
CREATE INDEX item_by_title ON item (lib_n, kind, sort_title, n) WHERE missing_ms IS NULL;
CREATE INDEX item_by_added ON item (lib_n, kind, added_ms DESC, n DESC) WHERE missing_ms IS NULL;
CREATE INDEX item_by_taken ON item (lib_n, kind, taken_ms DESC, n DESC)
    WHERE missing_ms IS NULL AND taken_ms IS NOT NULL;
CREATE INDEX item_by_parent ON item (parent_n, kind) WHERE parent_n IS NOT NULL;
CREATE INDEX item_by_content ON item (content_key) WHERE content_key IS NOT NULL;
CREATE INDEX item_without_picture ON item (n) WHERE picture = 'wanted' AND missing_ms IS NULL;

-- A file on a disk.
CREATE TABLE file (
    n               INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    item_n          INTEGER NOT NULL REFERENCES item (n) ON DELETE CASCADE,
    folder_n        INTEGER NOT NULL REFERENCES folder (n) ON DELETE CASCADE,
    name            BLOB    NOT NULL,
    inode           INTEGER NOT NULL,
    size            INTEGER NOT NULL,
    mtime_ns        INTEGER NOT NULL,
    content_key     BLOB    NOT NULL CHECK (length(content_key) = 16),
    container       TEXT    NOT NULL,
    video           TEXT,
    audio           TEXT,
    duration_ms     INTEGER,
    cover_offset    INTEGER,
    cover_length    INTEGER,
    cover_stuffed   INTEGER NOT NULL DEFAULT 0,   -- ID3v2's unsynchronisation
    missing_ms      INTEGER,
    deaths          INTEGER NOT NULL DEFAULT 0,   -- workers it killed; above the limit it is left alone
    UNIQUE (folder_n, name)
) STRICT;
CREATE INDEX file_by_item ON file (item_n);
CREATE INDEX file_by_inode ON file (inode, size, mtime_ns);
CREATE INDEX file_by_content ON file (content_key);

-- A picture that lies beside media and belongs to them.
CREATE TABLE artwork (
    folder_n        INTEGER NOT NULL REFERENCES folder (n) ON DELETE CASCADE,
    name            BLOB    NOT NULL,
    size            INTEGER NOT NULL,
    mtime_ns        INTEGER NOT NULL,
    PRIMARY KEY (folder_n, name)
) STRICT, WITHOUT ROWID;

-- A file that cannot be used, with a sentence that says why. It is not opened again until it
-- changes.
CREATE TABLE problem (
    folder_n        INTEGER NOT NULL REFERENCES folder (n) ON DELETE CASCADE,
    name            BLOB    NOT NULL,
    size            INTEGER NOT NULL,
    mtime_ns        INTEGER NOT NULL,
    code            TEXT    NOT NULL,
    detail          TEXT    NOT NULL,
    PRIMARY KEY (folder_n, name)
) STRICT, WITHOUT ROWID;

-- Search. The text itself is not kept twice.
CREATE VIRTUAL TABLE item_text USING fts5 (
    title, context, content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2"
);
CREATE TRIGGER item_text_goes AFTER DELETE ON item BEGIN
    DELETE FROM item_text WHERE rowid = old.n;
END;
