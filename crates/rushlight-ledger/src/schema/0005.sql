-- What recognising a page of a document came to. reading: the page with its lines; NULL while it is under way, and where
-- it is unreadable, which message then explains. attempts counts how often it was begun: a page that takes the program
-- down with it is not begun for ever.
CREATE TABLE page_readings (
    content_hash BLOB NOT NULL,
    page         INTEGER NOT NULL,
    recogniser   TEXT NOT NULL,
    reading      TEXT,
    message      TEXT,
    attempts     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (content_hash, page, recogniser)
);

-- Pages without text of their own, of a file and of all that lies in it, as they were when it was last read.
-- state: 0 waits to be recognised, 1 recognised, 2 unreadable.
CREATE TABLE file_scans (
    file         INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    content_hash BLOB NOT NULL,
    page         INTEGER NOT NULL,
    state        INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    PRIMARY KEY (file, content_hash, page)
) WITHOUT ROWID;
CREATE INDEX file_scans_by_content ON file_scans (content_hash);
CREATE INDEX file_scans_waiting ON file_scans (file) WHERE state = 0;

-- Stretches of the text that were recognised, as a JSON list of [start, end, page, confidence in per cent].
ALTER TABLE structures ADD COLUMN recognised TEXT NOT NULL DEFAULT '[]';
-- How sure the recogniser is of what was recognised of it, in per cent; NULL when nothing was.
ALTER TABLE chunks ADD COLUMN confidence INTEGER;
