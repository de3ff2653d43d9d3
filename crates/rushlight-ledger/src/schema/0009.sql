-- When a document was first taken in; NULL for one that was there before this was kept. An edit does not change it.
ALTER TABLE documents ADD COLUMN indexed INTEGER;
