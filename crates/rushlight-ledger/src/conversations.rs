//! Conversations: questions and their answers, in order.

use rushlight_core::{Error, ErrorCode, Result, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

use crate::Ledger;
use crate::records::{ConversationId, ConversationRecord, Page, Turn};

const COLUMNS: &str =
    "id, title, created, updated, (SELECT count(*) FROM turns WHERE conversation = conversations.id)";

impl Ledger {
    /// Begins a conversation.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn create_conversation(&self, title: &str, now: Timestamp) -> Result<ConversationId> {
        self.store.write(|db| {
            db.execute(
                "INSERT INTO conversations (title, created, updated) VALUES (?1, ?2, ?2)",
                params![title, now.0],
            )?;
            Ok(ConversationId(db.last_insert_rowid()))
        })
    }

    /// Adds a turn at the end.
    ///
    /// # Errors
    /// `NotFound` when there is no such conversation; `DiskFull`, else `LedgerFailed`.
    pub fn append_turn(&self, id: ConversationId, turn: &Turn) -> Result<()> {
        let Turn {
            question,
            answer,
            asked,
        } = turn;
        self.store.write(|db| {
            let found = db.execute(
                "UPDATE conversations SET updated = max(updated, ?2) WHERE id = ?1",
                params![id.0, asked.0],
            )?;
            if found == 0 {
                return Err(
                    Error::new(ErrorCode::NotFound, format!("there is no conversation {}", id.0)).into(),
                );
            }
            db.execute(
                "INSERT INTO turns (conversation, ordinal, question, answer, asked)
                 SELECT ?1, coalesce(max(ordinal) + 1, 0), ?2, ?3, ?4 FROM turns WHERE conversation = ?1",
                params![id.0, question, answer, asked.0],
            )?;
            Ok(())
        })
    }

    /// A page of the conversations, last used first.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn conversations(&self, limit: usize, offset: usize) -> Result<Page<ConversationRecord>> {
        self.store.read(|db| {
            let sql = format!(
                "SELECT {COLUMNS} FROM conversations ORDER BY updated DESC, id DESC LIMIT ?1 OFFSET ?2"
            );
            let items = db
                .prepare_cached(&sql)?
                .query_map(params![limit as i64, offset as i64], conversation_from_row)?
                .collect::<Result<_, _>>()?;
            let total: i64 = db.query_row("SELECT count(*) FROM conversations", [], |row| row.get(0))?;
            Ok(Page {
                items,
                total: total as u64,
            })
        })
    }

    /// A conversation with its turns in order.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn conversation(&self, id: ConversationId) -> Result<Option<(ConversationRecord, Vec<Turn>)>> {
        self.store.read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM conversations WHERE id = ?1");
            let Some(record) = db.query_row(&sql, [id.0], conversation_from_row).optional()? else {
                return Ok(None);
            };
            let turns = db
                .prepare_cached(
                    "SELECT question, answer, asked FROM turns WHERE conversation = ?1 ORDER BY ordinal",
                )?
                .query_map([id.0], |row| {
                    Ok(Turn {
                        question: row.get(0)?,
                        answer: row.get(1)?,
                        asked: Timestamp(row.get(2)?),
                    })
                })?
                .collect::<Result<_, _>>()?;
            Ok(Some((record, turns)))
        })
    }

    /// Deletes a conversation with its turns. False when there is none.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn delete_conversation(&self, id: ConversationId) -> Result<bool> {
        self.store
            .write(|db| Ok(db.execute("DELETE FROM conversations WHERE id = ?1", [id.0])? > 0))
    }
}

fn conversation_from_row(row: &Row<'_>) -> rusqlite::Result<ConversationRecord> {
    Ok(ConversationRecord {
        id: ConversationId(row.get(0)?),
        title: row.get(1)?,
        created: Timestamp(row.get(2)?),
        updated: Timestamp(row.get(3)?),
        turns: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(question: &str, asked: i64) -> Turn {
        Turn {
            question: question.to_owned(),
            answer: r#"{"text":"…"}"#.to_owned(),
            asked: Timestamp(asked),
        }
    }

    #[test]
    fn turns_keep_their_order_and_go_with_their_conversation() {
        let ledger = Ledger::in_memory().expect("opens");
        let tea = ledger.create_conversation("茶", Timestamp(1)).expect("made");
        let rent = ledger.create_conversation("rent", Timestamp(2)).expect("made");
        for asked in 3..6 {
            ledger
                .append_turn(tea, &turn(&format!("question {asked}"), asked))
                .expect("added");
        }
        let page = ledger.conversations(10, 0).expect("listed");
        let order: Vec<_> = page
            .items
            .iter()
            .map(|record| (record.id, record.turns, record.updated.0))
            .collect();
        assert_eq!(order, [(tea, 3, 5), (rent, 0, 2)]);
        assert_eq!(page.total, 2);
        let (_, turns) = ledger.conversation(tea).expect("read").expect("is there");
        assert_eq!(
            turns,
            [
                turn("question 3", 3),
                turn("question 4", 4),
                turn("question 5", 5)
            ]
        );
        assert!(ledger.delete_conversation(tea).expect("deleted"));
        assert!(!ledger.delete_conversation(tea).expect("gone"));
        assert_eq!(ledger.conversation(tea).expect("read"), None);
        let error = ledger.append_turn(tea, &turn("late", 9)).expect_err("gone");
        assert_eq!(error.code(), ErrorCode::NotFound);
        assert_eq!(ledger.conversations(10, 0).expect("listed").total, 1);
    }
}
