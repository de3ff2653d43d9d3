-- What a person said of a search: that a document or a passage is right for a query, or not. It outlives the document, so it
-- names it without a reference and keeps the path of then. quote: a line of the passage; empty when the document is meant.
CREATE TABLE judgements (
    id      INTEGER PRIMARY KEY,
    query   TEXT NOT NULL,
    doc_id  BLOB NOT NULL,
    quote   TEXT NOT NULL,
    correct INTEGER NOT NULL CHECK (correct IN (0, 1)),
    title   TEXT NOT NULL,
    path    TEXT NOT NULL,
    part    TEXT NOT NULL,
    -- The filters of the search, as JSON lists of names.
    spaces  TEXT NOT NULL,
    kinds   TEXT NOT NULL,
    judged  INTEGER NOT NULL,
    UNIQUE (query, doc_id, quote)
);
