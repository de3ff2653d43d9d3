-- Where a document's text begins: behind the fields that stand before it (the front matter of a note). 0 where there are none, where
-- there is nothing else, and of mails, whose head is read with them.
ALTER TABLE documents ADD COLUMN text_begins INTEGER NOT NULL DEFAULT 0;
UPDATE documents SET text_begins = coalesce((
    SELECT min(json_extract(block.value, '$[1]')) FROM structures JOIN json_each(structures.blocks) AS block
    WHERE structures.document = documents.id AND json_extract(block.value, '$[0]') <> 'meta'), 0)
WHERE kind <> 'mail' AND EXISTS (
    SELECT 1 FROM structures WHERE structures.document = documents.id AND json_extract(structures.blocks, '$[0][0]') = 'meta');
