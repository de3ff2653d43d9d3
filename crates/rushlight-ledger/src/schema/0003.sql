-- Where the lines of a paginated document's text stand on its pages; see encode/lines.rs. Empty where that is not known.
ALTER TABLE structures ADD COLUMN lines BLOB NOT NULL DEFAULT x'';
