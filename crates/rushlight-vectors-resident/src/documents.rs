//! What filters look at: once for each document, access lists once for each that is different.

use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::Arc;

use hashbrown::HashTable;
use rushlight_core::{
    DocId, DocumentKind, IdHasher, IndexedDocument, Principal, SearchFilter, SourceId, Timestamp,
};

/// What a filter looks at of one document.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// Identity.
    pub doc_id: DocId,
    /// Source it comes from.
    pub source_id: SourceId,
    /// Kind.
    pub kind: DocumentKind,
    /// The date to filter by.
    pub date: Timestamp,
    /// Who may read it.
    pub access: &'a [Principal],
}

impl<'a> From<&'a IndexedDocument> for Fields<'a> {
    fn from(document: &'a IndexedDocument) -> Self {
        Self {
            doc_id: document.doc_id,
            source_id: document.source_id,
            kind: document.kind,
            date: document.date,
            access: &document.access,
        }
    }
}

/// A document's place: its rows stand one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document {
    pub(crate) id: DocId,
    source: SourceId,
    date: Timestamp,
    pub(crate) first: u32,
    pub(crate) rows: u32,
    access: u32,
    kind: DocumentKind,
    pub(crate) live: bool,
}

/// Every document in the order of its rows.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    places: Vec<Document>,
    by_id: HashTable<u32>,
    access: AccessLists,
}

impl Documents {
    /// The document's place in the order, when it is there.
    pub(crate) fn find(&self, id: DocId) -> Option<usize> {
        let same = |place: &u32| self.places[*place as usize].id == id;
        self.by_id.find(hash(&id.0), same).map(|place| *place as usize)
    }

    pub(crate) fn get(&self, place: usize) -> &Document {
        &self.places[place]
    }

    /// The place of the last document, which alone can take more rows.
    pub(crate) fn last(&self) -> Option<usize> {
        self.places.len().checked_sub(1)
    }

    /// Adds a document without rows that begins at row `first`.
    pub(crate) fn push(&mut self, fields: Fields<'_>, first: u32) {
        let Fields {
            doc_id,
            source_id,
            kind,
            date,
            access,
        } = fields;
        let place = self.places.len() as u32;
        self.places.push(Document {
            id: doc_id,
            source: source_id,
            date,
            first,
            rows: 0,
            access: self.access.intern(access),
            kind,
            live: true,
        });
        let places = &self.places;
        self.by_id.insert_unique(hash(&doc_id.0), place, |place| {
            hash(&places[*place as usize].id.0)
        });
    }

    /// Counts one row more for the last document.
    pub(crate) fn grow_last(&mut self) {
        if let Some(last) = self.places.last_mut() {
            last.rows += 1;
        }
    }

    /// Marks a document as gone and returns what it was.
    pub(crate) fn remove(&mut self, place: usize) -> Document {
        let document = &mut self.places[place];
        document.live = false;
        let removed = *document;
        if let Ok(entry) = self
            .by_id
            .find_entry(hash(&removed.id.0), |known| *known as usize == place)
        {
            entry.remove();
        }
        removed
    }

    /// Of which document this row is.
    pub(crate) fn of_row(&self, row: u32) -> &Document {
        let after = self.places.partition_point(|document| document.first <= row);
        &self.places[after - 1]
    }

    /// The documents with a row at or after `first`, in order.
    pub(crate) fn starting_at(&self, first: u32) -> &[Document] {
        let before = |document: &Document| document.first + document.rows <= first;
        &self.places[self.places.partition_point(before)..]
    }

    /// Drops what is gone and gives the others their rows anew, without a gap. Calls `moved` with each document's old first
    /// row, its new one and its number of rows, in order; the new one is never greater.
    pub(crate) fn close_gaps(&mut self, mut moved: impl FnMut(u32, u32, u32)) {
        self.places.retain(|document| document.live);
        let mut next = 0;
        for document in &mut self.places {
            moved(document.first, next, document.rows);
            document.first = next;
            next += document.rows;
        }
        self.by_id.clear();
        let places = &self.places;
        for (place, document) in places.iter().enumerate() {
            self.by_id
                .insert_unique(hash(&document.id.0), place as u32, |place| {
                    hash(&places[*place as usize].id.0)
                });
        }
    }

    /// The filter as a question about one document.
    pub(crate) fn admission<'a>(&self, filter: &'a SearchFilter) -> Admission<'a> {
        Admission {
            readable: self.access.readable(&filter.principals),
            filter,
            but: None,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<Document>() + self.by_id.allocation_size()
    }
}

/// Which documents may be looked at.
pub(crate) struct Admission<'a> {
    /// For each access list, whether the asker is on it.
    readable: Vec<bool>,
    filter: &'a SearchFilter,
    /// A document that is left out.
    pub(crate) but: Option<DocId>,
}

impl Admission<'_> {
    pub(crate) fn may_read(&self, document: &Document) -> bool {
        document.live && self.readable[document.access as usize]
    }

    pub(crate) fn admits(&self, document: &Document) -> bool {
        let SearchFilter {
            principals: _,
            sources,
            kinds,
            from,
            until,
        } = self.filter;
        self.may_read(document)
            && (sources.is_empty() || sources.contains(&document.source))
            && (kinds.is_empty() || kinds.contains(&document.kind))
            && from.is_none_or(|from| document.date >= from)
            && until.is_none_or(|until| document.date < until)
            && self.but != Some(document.id)
    }
}

/// Access lists, each that is different once.
#[derive(Debug, Default)]
struct AccessLists {
    lists: Vec<Arc<[Principal]>>,
    known: HashMap<Arc<[Principal]>, u32>,
}

impl AccessLists {
    fn intern(&mut self, list: &[Principal]) -> u32 {
        if let Some(number) = self.known.get(list) {
            return *number;
        }
        let (list, number): (Arc<[Principal]>, u32) = (list.into(), self.lists.len() as u32);
        self.lists.push(Arc::clone(&list));
        self.known.insert(list, number);
        number
    }

    fn readable(&self, principals: &[Principal]) -> Vec<bool> {
        self.lists
            .iter()
            .map(|list| list.iter().any(|one| principals.contains(one)))
            .collect()
    }
}

/// The hash of an id in the tables here.
pub(crate) fn hash(id: &[u8; 16]) -> u64 {
    let mut hasher = IdHasher::default();
    hasher.write(id);
    hasher.finish()
}
