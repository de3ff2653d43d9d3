-- Quotations in mail. origin: whose words a chunk's are (0 the document's own, 1 of a quoted mail, 2 a signature).
-- repeated: whether they are found elsewhere, so that they have little weight by word and no vector.
ALTER TABLE chunks ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chunks ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0;

-- message_id: of mails. answers: the Message-ID of the mail that this one answers, where it quotes something. unsettled:
-- whether its quotations are to be compared with that mail.
ALTER TABLE documents ADD COLUMN message_id TEXT;
ALTER TABLE documents ADD COLUMN answers TEXT;
ALTER TABLE documents ADD COLUMN unsettled INTEGER NOT NULL DEFAULT 0;
UPDATE documents SET message_id = json_extract(metadata, '$.message_id') WHERE kind = 'mail';
CREATE INDEX documents_by_message_id ON documents (space_id, message_id, created, content_hash)
    WHERE message_id IS NOT NULL;
CREATE INDEX documents_by_answers ON documents (space_id, answers) WHERE answers IS NOT NULL;
CREATE INDEX documents_unsettled ON documents (id) WHERE unsettled;

-- Message-IDs of mails that were written or removed: what quotes them is to be compared again.
CREATE TABLE changed_mails (
    space_id   INTEGER NOT NULL REFERENCES spaces (id),
    message_id TEXT NOT NULL,
    PRIMARY KEY (space_id, message_id)
) WITHOUT ROWID;

-- Files read piece by piece. pass: how often such a reading was begun; a document's is the one that last found it.
ALTER TABLE files ADD COLUMN pass INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN pass INTEGER NOT NULL DEFAULT 0;
CREATE INDEX documents_by_key ON documents (file_id, part_key);
