-- Links between documents, by what they name; which document that is follows from the documents that are there when it is
-- asked, so that nothing depends on the order in which they came and a rename needs no link written again.

-- name: the last part of the target, folded (see names.rs). kind: 0 by name, 1 by path.
CREATE TABLE links (
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,
    kind     INTEGER NOT NULL CHECK (kind IN (0, 1)),
    name     TEXT NOT NULL,
    target   TEXT NOT NULL,
    fragment TEXT,
    embedded INTEGER NOT NULL,
    PRIMARY KEY (document, ordinal)
) WITHOUT ROWID;
CREATE INDEX links_by_name ON links (name, document);

-- What a document can be linked to by, folded. kind: 0 its file's name, 1 the same without its ending, 2 an alias.
CREATE TABLE link_names (
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    kind     INTEGER NOT NULL CHECK (kind IN (0, 1, 2)),
    name     TEXT NOT NULL,
    PRIMARY KEY (document, kind, name)
) WITHOUT ROWID;
CREATE INDEX link_names_by_name ON link_names (name, document);

-- The mails of a conversation, in order.
CREATE INDEX documents_by_thread ON documents (space_id, json_extract(metadata, '$.thread_id'), created, content_hash)
    WHERE kind = 'mail';
