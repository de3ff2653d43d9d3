-- Times are milliseconds since 1970 unless the name ends in _ns. Unsigned 64-bit numbers are stored as the signed
-- number of the same bits. Ids of spaces, sources and files are never used twice: folders and logs name them.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- generation numbers the changes of a space, one per changed document; *_pruned: removals up to it are forgotten.
CREATE TABLE spaces (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL UNIQUE,
    generation     INTEGER NOT NULL DEFAULT 0,
    keyword_pruned INTEGER NOT NULL DEFAULT 0,
    vector_pruned  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE sources (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    root         TEXT NOT NULL UNIQUE,
    space_id     INTEGER NOT NULL REFERENCES spaces (id),
    added        INTEGER NOT NULL,
    online       INTEGER NOT NULL DEFAULT 1,
    last_scan    INTEGER,
    watch_notice TEXT,
    scan_notice  TEXT,
    paused       INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE files (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id      INTEGER NOT NULL REFERENCES sources (id),
    path           TEXT NOT NULL,
    size           INTEGER NOT NULL,
    modified_ns    INTEGER NOT NULL,
    device         INTEGER,
    inode          INTEGER,
    status         TEXT NOT NULL CHECK (status IN ('waiting', 'indexed', 'skipped', 'failed')),
    code           TEXT NOT NULL DEFAULT '',
    message        TEXT NOT NULL DEFAULT '',
    skipped_by     TEXT NOT NULL DEFAULT '',
    attempts       INTEGER NOT NULL DEFAULT 0,
    next_attempt   INTEGER,
    content_hash   BLOB,
    parser_version INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source_id, path)
);
-- Small files first (4 MiB and less), the newest of them first.
CREATE INDEX files_waiting ON files (size > 4194304, modified_ns DESC, size) WHERE status = 'waiting';
CREATE INDEX files_retry ON files (next_attempt) WHERE status = 'failed' AND next_attempt IS NOT NULL;
CREATE INDEX files_by_status ON files (source_id, status);

CREATE TABLE access_sets (
    id         INTEGER PRIMARY KEY,
    principals TEXT NOT NULL UNIQUE
);

CREATE TABLE models (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    dimensions INTEGER
);

CREATE TABLE chunkers (
    id         INTEGER PRIMARY KEY,
    chunker_id TEXT NOT NULL,
    model      INTEGER NOT NULL REFERENCES models (id),
    UNIQUE (chunker_id, model)
);

-- generation: number of the change that last wrote it, for the keyword feed. vector_generation: the same for the
-- vector feed; NULL while an embedding is missing.
CREATE TABLE documents (
    id                INTEGER PRIMARY KEY,
    doc_id            BLOB NOT NULL UNIQUE,
    file_id           INTEGER NOT NULL REFERENCES files (id),
    source_id         INTEGER NOT NULL REFERENCES sources (id),
    space_id          INTEGER NOT NULL REFERENCES spaces (id),
    part              TEXT NOT NULL,
    part_key          TEXT NOT NULL,
    content_hash      BLOB NOT NULL,
    kind              TEXT NOT NULL,
    media_type        TEXT NOT NULL,
    title             TEXT NOT NULL,
    metadata          TEXT NOT NULL,
    created           INTEGER,
    date              INTEGER NOT NULL,
    text_bytes        INTEGER NOT NULL,
    pages             INTEGER,
    unreadable_pages  TEXT NOT NULL,
    unreadable_count  INTEGER NOT NULL,
    warnings          TEXT NOT NULL,
    warning_count     INTEGER NOT NULL,
    access            INTEGER NOT NULL REFERENCES access_sets (id),
    chunker           INTEGER NOT NULL REFERENCES chunkers (id),
    chunk_count       INTEGER NOT NULL,
    fingerprint       BLOB NOT NULL,
    chunk_fingerprint BLOB NOT NULL,
    generation        INTEGER NOT NULL,
    vector_generation INTEGER
);
CREATE INDEX documents_by_file ON documents (file_id, part);
CREATE INDEX documents_by_source ON documents (source_id);
CREATE INDEX documents_by_chunker ON documents (chunker);
CREATE INDEX documents_by_date ON documents (date DESC, id);
CREATE UNIQUE INDEX documents_by_generation ON documents (space_id, generation);
CREATE UNIQUE INDEX documents_by_vector_generation ON documents (space_id, vector_generation)
    WHERE vector_generation IS NOT NULL;
CREATE INDEX documents_statistics
    ON documents (space_id, access, chunk_count, text_bytes, unreadable_count, vector_generation);
CREATE INDEX documents_with_problems ON documents (file_id) WHERE unreadable_count > 0 OR warning_count > 0;

-- A document's text in segments of 65,536 bytes, so that a chunk of a large one is read without the rest.
CREATE TABLE texts (
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    segment  INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (document, segment)
);

CREATE TABLE structures (
    document INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    blocks   TEXT NOT NULL
);

-- pending_rank: NULL once the embedding is there, until then the file's time, so that the newest go first.
CREATE TABLE chunks (
    id            INTEGER PRIMARY KEY,
    chunk_id      BLOB NOT NULL UNIQUE,
    document      INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    ordinal       INTEGER NOT NULL,
    span_start    INTEGER NOT NULL,
    span_end      INTEGER NOT NULL,
    locator       TEXT NOT NULL,
    heading_path  TEXT NOT NULL,
    token_count   INTEGER NOT NULL,
    embedding_key BLOB NOT NULL,
    model         INTEGER NOT NULL REFERENCES models (id),
    pending_rank  INTEGER,
    UNIQUE (document, ordinal)
);
CREATE INDEX chunks_by_key ON chunks (embedding_key);
CREATE INDEX chunks_pending ON chunks (model, pending_rank DESC, document, ordinal) WHERE pending_rank IS NOT NULL;
CREATE INDEX chunks_pending_of ON chunks (document) WHERE pending_rank IS NOT NULL;

-- vector: IEEE 754 half precision, little endian.
CREATE TABLE embeddings (
    key    BLOB PRIMARY KEY,
    model  INTEGER NOT NULL REFERENCES models (id),
    vector BLOB NOT NULL
);

-- A document that a feed has to take out. feed: 0 keyword, 1 vector. One row per feed and document at most.
CREATE TABLE tombstones (
    feed       INTEGER NOT NULL,
    doc_id     BLOB NOT NULL,
    space_id   INTEGER NOT NULL REFERENCES spaces (id),
    generation INTEGER NOT NULL,
    PRIMARY KEY (feed, doc_id)
) WITHOUT ROWID;
CREATE INDEX tombstones_by_generation ON tombstones (space_id, feed, generation);

CREATE TABLE conversations (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    title   TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
);
CREATE INDEX conversations_by_use ON conversations (updated DESC, id DESC);

CREATE TABLE turns (
    conversation INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    ordinal      INTEGER NOT NULL,
    question     TEXT NOT NULL,
    answer       TEXT NOT NULL,
    asked        INTEGER NOT NULL,
    PRIMARY KEY (conversation, ordinal)
) WITHOUT ROWID;
