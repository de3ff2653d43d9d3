//! Conversations: questions and their answers, in order, each conversation of one owner.
//!
//! They are searched by pieces of words in folded texts and not by SQLite's trigram index: that finds nothing shorter than
//! three characters, and most Chinese words have two. A person's conversations are few enough to be looked through.

use rushlight_core::{Error, ErrorCode, MAX_QUESTION_CHARS, Principal, Result, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use unicode_normalization::UnicodeNormalization;

use crate::failure::Outcome;
use crate::records::{ConversationId, ConversationRecord, NewTurn, Page, Turn};
use crate::{Ledger, encode, receipts};

/// Characters of a title at most.
const MAX_TITLE_CHARS: usize = 200;

const COLUMNS: &str =
    "id, title, created, updated, (SELECT count(*) FROM turns WHERE conversation = conversations.id), owner";
/// Whose they are: ?1 is a JSON list of principals.
const OWNED: &str = "conversations.owner IN (SELECT value FROM json_each(?1))";
/// Each word of ?2, a JSON list, stands in the title or in a turn.
const FOUND: &str = "NOT EXISTS (SELECT 1 FROM json_each(?2) AS wanted
    WHERE instr(conversations.folded, wanted.value) = 0 AND NOT EXISTS (SELECT 1 FROM turns
        WHERE turns.conversation = conversations.id AND instr(turns.folded, wanted.value) > 0))";

impl Ledger {
    /// Begins a conversation. White space and what cannot be seen in the title becomes single spaces; of a long one the
    /// beginning is kept.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn create_conversation(
        &self,
        owner: &Principal,
        title: &str,
        now: Timestamp,
    ) -> Result<ConversationId> {
        let title: String = one_line(title).chars().take(MAX_TITLE_CHARS).collect();
        self.store.write(|db| {
            db.execute(
                "INSERT INTO conversations (owner, title, folded, created, updated) VALUES (?1, ?2, ?3, ?4, ?4)",
                params![owner.0, title, fold(&title), now.0],
            )?;
            Ok(ConversationId(db.last_insert_rowid()))
        })
    }

    /// Adds a turn at the end, with its receipt.
    ///
    /// # Errors
    /// `ConversationNotFound` when none of these principals has such a conversation (any more); `DiskFull`, else
    /// `LedgerFailed`.
    pub fn append_turn(&self, id: ConversationId, principals: &[Principal], turn: &NewTurn) -> Result<()> {
        let NewTurn {
            question,
            answer,
            text,
            asked,
            receipt,
        } = turn;
        let owners = owners(principals);
        self.store.write(|db| {
            let found = db.execute(
                &format!(
                    "UPDATE conversations SET updated = max(updated, ?3) WHERE conversations.id = ?2 AND {OWNED}"
                ),
                params![owners, id.0, asked.0],
            )?;
            if found == 0 {
                return Err(missing(id).into());
            }
            let ordinal: i64 = db.query_row(
                "INSERT INTO turns (conversation, ordinal, question, answer, folded, asked)
                 SELECT ?1, coalesce(max(ordinal) + 1, 0), ?2, ?3, ?4, ?5 FROM turns WHERE conversation = ?1
                 RETURNING ordinal",
                params![id.0, question, answer, fold_turn(question, text), asked.0],
                |row| row.get(0),
            )?;
            match receipt {
                Some(receipt) => receipts::insert(db, id.0, ordinal, receipt),
                None => Ok(()),
            }
        })
    }

    /// A page of the conversations of these principals, last used first; with `words`, of those in which each of them stands,
    /// as a piece of the title, of a question or of an answer. Neither case nor width count.
    ///
    /// # Errors
    /// `QueryEmpty` for words that say nothing, `QuestionTooLong` above [`MAX_QUESTION_CHARS`]; `LedgerFailed`.
    pub fn conversations(
        &self,
        principals: &[Principal],
        words: Option<&str>,
        limit: usize,
        offset: usize,
    ) -> Result<Page<ConversationRecord>> {
        let wanted = encode::to_json(&words.map(wanted).transpose()?.unwrap_or_default());
        let owners = owners(principals);
        self.store.read(|db| {
            let sql = format!(
                "SELECT {COLUMNS} FROM conversations WHERE {OWNED} AND {FOUND}
                 ORDER BY updated DESC, id DESC LIMIT ?3 OFFSET ?4"
            );
            let items = db
                .prepare_cached(&sql)?
                .query_map(
                    params![owners, wanted, limit as i64, offset as i64],
                    conversation_from_row,
                )?
                .collect::<Result<_, _>>()?;
            let sql = format!("SELECT count(*) FROM conversations WHERE {OWNED} AND {FOUND}");
            let total: i64 = db.query_row(&sql, params![owners, wanted], |row| row.get(0))?;
            Ok(Page {
                items,
                total: total as u64,
            })
        })
    }

    /// A conversation of these principals with its turns in order.
    ///
    /// # Errors
    /// `ConversationNotFound`, also where it is another's; `LedgerFailed`.
    pub fn conversation(
        &self,
        id: ConversationId,
        principals: &[Principal],
    ) -> Result<(ConversationRecord, Vec<Turn>)> {
        let owners = owners(principals);
        self.store.read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM conversations WHERE {OWNED} AND id = ?2");
            let record = db
                .query_row(&sql, params![owners, id.0], conversation_from_row)
                .optional()?
                .ok_or_else(|| missing(id))?;
            let turns = db
                .prepare_cached(
                    "SELECT question, answer, asked, receipts.id FROM turns LEFT JOIN receipts
                         ON receipts.conversation = turns.conversation AND receipts.ordinal = turns.ordinal
                     WHERE turns.conversation = ?1 ORDER BY turns.ordinal",
                )?
                .query_map([id.0], |row| {
                    Ok(Turn {
                        question: row.get(0)?,
                        answer: row.get(1)?,
                        asked: Timestamp(row.get(2)?),
                        receipt: row.get(3)?,
                    })
                })?
                .collect::<Result<_, _>>()?;
            Ok((record, turns))
        })
    }

    /// Gives a conversation another title.
    ///
    /// # Errors
    /// `InvalidRequest` for a title without a character that can be seen, or above 200 characters; `ConversationNotFound`,
    /// also where it is another's; `DiskFull`, else `LedgerFailed`.
    pub fn rename_conversation(
        &self,
        id: ConversationId,
        principals: &[Principal],
        title: &str,
    ) -> Result<()> {
        let refused = |why: String| Error::new(ErrorCode::InvalidRequest, why);
        let title = one_line(title);
        let length = title.chars().count();
        if length == 0 {
            return Err(
                refused(format!("the new title of conversation {} is empty", id.0))
                    .with_hint("give at least one character that can be seen"),
            );
        }
        if length > MAX_TITLE_CHARS {
            return Err(refused(format!(
                "the new title of conversation {} has {length} characters",
                id.0
            ))
            .with_hint(format!("a title has at most {MAX_TITLE_CHARS} characters")));
        }
        let owners = owners(principals);
        self.store.write(|db| {
            let sql = format!("UPDATE conversations SET title = ?3, folded = ?4 WHERE id = ?2 AND {OWNED}");
            match db.execute(&sql, params![owners, id.0, title, fold(&title)])? {
                0 => Err(missing(id).into()),
                _ => Ok(()),
            }
        })
    }

    /// Deletes a conversation with its turns and their receipts.
    ///
    /// # Errors
    /// `ConversationNotFound`, also where it is another's; `DiskFull`, else `LedgerFailed`.
    pub fn delete_conversation(&self, id: ConversationId, principals: &[Principal]) -> Result<()> {
        let owners = owners(principals);
        self.store.write(|db| {
            let sql = format!("DELETE FROM conversations WHERE id = ?2 AND {OWNED}");
            match db.execute(&sql, params![owners, id.0])? {
                0 => Err(missing(id).into()),
                _ => Ok(()),
            }
        })
    }
}

fn conversation_from_row(row: &Row<'_>) -> rusqlite::Result<ConversationRecord> {
    Ok(ConversationRecord {
        id: ConversationId(row.get(0)?),
        title: row.get(1)?,
        created: Timestamp(row.get(2)?),
        updated: Timestamp(row.get(3)?),
        turns: row.get(4)?,
        owner: Principal(row.get(5)?),
    })
}

/// Folds what was kept before it was searched. An answer that is no JSON of ours has no text.
pub(crate) fn fill(db: &Connection) -> Outcome<()> {
    let mut titles = db.prepare("SELECT id, title FROM conversations")?;
    let mut rows = titles.query([])?;
    while let Some(row) = rows.next()? {
        let (id, title): (i64, String) = (row.get(0)?, row.get(1)?);
        db.execute(
            "UPDATE conversations SET folded = ?2 WHERE id = ?1",
            params![id, fold(&title)],
        )?;
    }
    let mut turns = db.prepare("SELECT conversation, ordinal, question, answer FROM turns")?;
    let mut rows = turns.query([])?;
    while let Some(row) = rows.next()? {
        let answer: serde_json::Value =
            serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or(serde_json::Value::Null);
        let folded = fold_turn(
            &row.get::<_, String>(2)?,
            answer["text"].as_str().unwrap_or_default(),
        );
        db.execute(
            "UPDATE turns SET folded = ?3 WHERE conversation = ?1 AND ordinal = ?2",
            params![row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, folded],
        )?;
    }
    Ok(())
}

/// The principals as a JSON list for `json_each`.
pub(crate) fn owners(principals: &[Principal]) -> String {
    encode::to_json(&principals.iter().map(|one| one.0.as_str()).collect::<Vec<_>>())
}

/// The same for what is not there and for what is another's.
fn missing(id: ConversationId) -> Error {
    Error::new(
        ErrorCode::ConversationNotFound,
        format!("there is no conversation {}", id.0),
    )
}

/// The text in one case and width.
fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

fn fold_turn(question: &str, answer: &str) -> String {
    format!("{}\n{}", fold(question), fold(answer))
}

/// The folded words of a search.
fn wanted(words: &str) -> Result<Vec<String>> {
    // Counting stops at the cap, so that an enormous search costs nothing.
    if words.chars().take(MAX_QUESTION_CHARS + 1).count() > MAX_QUESTION_CHARS {
        return Err(Error::new(
            ErrorCode::QuestionTooLong,
            format!("a search of conversations has at most {MAX_QUESTION_CHARS} characters"),
        )
        .with_hint("search for fewer words"));
    }
    let words: Vec<String> = fold(words).split_whitespace().map(str::to_owned).collect();
    match words.is_empty() {
        true => Err(Error::new(
            ErrorCode::QueryEmpty,
            "the search of conversations has no word",
        )),
        false => Ok(words),
    }
}

/// The text with single spaces for white space and for what cannot be seen.
fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
