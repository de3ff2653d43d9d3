-- When a file was made, as the file system says; tells it from a later one on the same inode.
ALTER TABLE files ADD COLUMN born_ns INTEGER;
-- When the file's bytes were last compared with content_hash. 0: soon again, for it was read within the same moment in
-- which it was written; 1: before this was kept.
ALTER TABLE files ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 1;
CREATE INDEX files_by_check ON files (checked_at) WHERE status = 'indexed';

-- Device numbers of the source's folders when all of it was last seen.
ALTER TABLE sources ADD COLUMN devices TEXT NOT NULL DEFAULT '[]';

-- Whether the title is part of what is embedded: not when it is only the file's name.
ALTER TABLE documents ADD COLUMN title_embedded INTEGER NOT NULL DEFAULT 1;
CREATE INDEX documents_by_content ON documents (content_hash);

-- What a parser did not survive: tried once, whatever the file's name.
CREATE TABLE crashes (
    content_hash   BLOB NOT NULL,
    parser_version INTEGER NOT NULL,
    code           TEXT NOT NULL,
    message        TEXT NOT NULL,
    PRIMARY KEY (content_hash, parser_version)
) WITHOUT ROWID;
