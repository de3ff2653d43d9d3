//! Judgements: what a person said of a search.

use rushlight_core::{DocId, DocumentKind, Principal, Result, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::failure::{Failure, Outcome};
use crate::records::{Judgement, JudgementId, JudgementRecord, Page};
use crate::{Ledger, encode, intern};

/// Those that there are for the asker: ?1 is a JSON list of the access lists that name them, ?2 whether they are the owner.
/// Nobody knows any more who might read what is gone: it is the owner's.
const READABLE: &str = "(EXISTS (SELECT 1 FROM documents WHERE documents.doc_id = judgements.doc_id
        AND documents.access IN (SELECT value FROM json_each(?1)))
    OR (?2 AND NOT EXISTS (SELECT 1 FROM documents WHERE documents.doc_id = judgements.doc_id)))";

const COLUMNS: &str = "id, query, doc_id, quote, correct, title, path, part, spaces, kinds, judged,
    NOT EXISTS (SELECT 1 FROM documents WHERE documents.doc_id = judgements.doc_id)";

impl Ledger {
    /// Keeps a judgement. One of the same query, document and quote is replaced, under its id.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn keep_judgement(&self, judgement: &Judgement) -> Result<JudgementId> {
        let Judgement {
            query,
            doc_id,
            quote,
            right,
            title,
            path,
            part,
            spaces,
            kinds,
            judged,
        } = judgement;
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        self.store.write(|db| {
            let id = db.query_row(
                "INSERT INTO judgements (query, doc_id, quote, correct, title, path, part, spaces, kinds, judged)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (query, doc_id, quote) DO UPDATE SET correct = ?4, title = ?5, path = ?6, part = ?7,
                     spaces = ?8, kinds = ?9, judged = ?10
                 RETURNING id",
                params![
                    query,
                    doc_id.0,
                    quote,
                    right,
                    title,
                    path,
                    part,
                    encode::to_json(spaces),
                    encode::to_json(&kinds),
                    judged.0
                ],
                |row| row.get(0),
            )?;
            Ok(JudgementId(id))
        })
    }

    /// A page of the judgements of documents that these principals may read, of one query or of all, the newest first. Those of
    /// documents that are gone are there for the owner only.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn judgements(
        &self,
        principals: &[Principal],
        query: Option<&str>,
        limit: usize,
        offset: usize,
    ) -> Result<Page<JudgementRecord>> {
        self.store.read(|db| {
            let (access, owner) = asker(db, principals)?;
            let wanted = format!("{READABLE} AND (?3 IS NULL OR query = ?3)");
            let sql = format!(
                "SELECT {COLUMNS} FROM judgements WHERE {wanted}
                 ORDER BY judged DESC, id DESC LIMIT ?4 OFFSET ?5"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query(params![access, owner, query, limit as i64, offset as i64])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                items.push(judgement_from_row(row)?);
            }
            let total: i64 = db.query_row(
                &format!("SELECT count(*) FROM judgements WHERE {wanted}"),
                params![access, owner, query],
                |row| row.get(0),
            )?;
            Ok(Page {
                items,
                total: total as u64,
            })
        })
    }

    /// Removes a judgement. False when there is none for these principals.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn remove_judgement(&self, principals: &[Principal], id: JudgementId) -> Result<bool> {
        self.store.write(|db| {
            let (access, owner) = asker(db, principals)?;
            let sql = format!("DELETE FROM judgements WHERE {READABLE} AND id = ?3");
            Ok(db.execute(&sql, params![access, owner, id.0])? > 0)
        })
    }
}

/// What [`READABLE`] takes.
fn asker(db: &Connection, principals: &[Principal]) -> Outcome<(String, bool)> {
    let access = intern::access_sets_of(db, principals)?;
    Ok((access, principals.contains(&Principal::owner())))
}

fn judgement_from_row(row: &Row<'_>) -> Outcome<JudgementRecord> {
    let names: Vec<String> = encode::from_json("judgements.kinds", &row.get::<_, String>(9)?)?;
    let kind = |name: &String| {
        DocumentKind::from_name(name)
            .ok_or_else(|| Failure::Malformed("judgements.kinds", format!("`{name}`")))
    };
    Ok(JudgementRecord {
        id: JudgementId(row.get(0)?),
        judgement: Judgement {
            query: row.get(1)?,
            doc_id: DocId(row.get(2)?),
            quote: row.get(3)?,
            right: row.get(4)?,
            title: row.get(5)?,
            path: row.get(6)?,
            part: row.get(7)?,
            spaces: encode::from_json("judgements.spaces", &row.get::<_, String>(8)?)?,
            kinds: names.iter().map(kind).collect::<Outcome<_>>()?,
            judged: Timestamp(row.get(10)?),
        },
        gone: row.get(11)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(query: &str, quote: &str, judged: i64) -> Judgement {
        Judgement {
            query: query.to_owned(),
            doc_id: DocId([7; 16]),
            quote: quote.to_owned(),
            right: true,
            title: "茶".to_owned(),
            path: "/home/ada/茶.md".to_owned(),
            part: String::new(),
            spaces: vec!["personal".to_owned()],
            kinds: vec![DocumentKind::Note, DocumentKind::Mail],
            judged: Timestamp(judged),
        }
    }

    #[test]
    fn judgements_are_kept_once_listed_and_removed() {
        let ledger = Ledger::in_memory().expect("opens");
        let owner = [Principal::owner()];
        let keep = |judgement: &Judgement| ledger.keep_judgement(judgement).expect("kept");
        let first = keep(&judgement("how hot", "", 1));
        let second = keep(&judgement("how hot", "70 degrees", 2));
        let third = keep(&judgement("泡茶", "", 3));
        let changed = Judgement {
            right: false,
            spaces: Vec::new(),
            ..judgement("how hot", "", 4)
        };
        assert_eq!(keep(&changed), first, "said again of the same");

        let all = ledger.judgements(&owner, None, 2, 0).expect("listed");
        assert_eq!(all.total, 3);
        let ids: Vec<_> = all.items.iter().map(|record| record.id).collect();
        assert_eq!(ids, [first, third], "the newest first");
        assert_eq!(all.items[0].judgement, changed);
        assert!(all.items[0].gone, "there is no such document");
        let of_one = ledger.judgements(&owner, Some("how hot"), 9, 0).expect("listed");
        assert_eq!((of_one.total, of_one.items[1].id), (2, second));
        assert_eq!(of_one.items[1].judgement, judgement("how hot", "70 degrees", 2));
        assert_eq!(
            ledger
                .judgements(&owner, Some("how"), 9, 0)
                .expect("listed")
                .total,
            0
        );

        assert!(ledger.remove_judgement(&owner, second).expect("removed"));
        assert!(!ledger.remove_judgement(&owner, second).expect("gone"));
        assert_eq!(ledger.judgements(&owner, None, 9, 0).expect("listed").total, 2);
    }
}
