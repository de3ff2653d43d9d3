-- Conversations are read, found and deleted by whose they are. folded: what they are searched by, in one case and width
-- (conversations.rs); of earlier ones it is filled in by the step in Rust.
ALTER TABLE conversations ADD COLUMN owner TEXT NOT NULL DEFAULT 'user:owner';
ALTER TABLE conversations ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE turns ADD COLUMN folded TEXT NOT NULL DEFAULT '';

-- The receipt of a turn, as JSON. It goes with its conversation.
CREATE TABLE receipts (
    id           TEXT PRIMARY KEY,
    conversation INTEGER NOT NULL,
    ordinal      INTEGER NOT NULL,
    receipt      TEXT NOT NULL,
    UNIQUE (conversation, ordinal),
    FOREIGN KEY (conversation, ordinal) REFERENCES turns (conversation, ordinal) ON DELETE CASCADE
);
