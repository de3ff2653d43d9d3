//! What documents are counted by, kept in memory and brought up to date before each use: the ledger tells what changed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use rushlight_core::{DocId, DocumentKind, Facet, Generation, Result, SourceId, SpaceId, Timestamp};
use rushlight_ledger::{FacetRow, Ledger};

use super::Counted;

const DAY_MS: i64 = 86_400_000;

/// The tables of all spaces that were asked for.
#[derive(Default)]
pub(crate) struct Catalogue(Mutex<HashMap<SpaceId, Arc<Mutex<Table>>>>);

impl Catalogue {
    /// Does something with a space's table as the ledger has it now.
    pub(in crate::search) fn of(
        &self,
        ledger: &Ledger,
        space: SpaceId,
        work: impl FnOnce(&Table),
    ) -> Result<()> {
        let table = Arc::clone(self.0.lock().entry(space).or_default());
        let mut table = table.lock();
        table.catch_up(ledger, space)?;
        work(&table);
        Ok(())
    }
}

/// The documents of a space.
#[derive(Default)]
pub(in crate::search) struct Table {
    reached: Generation,
    rows: HashMap<DocId, Entry>,
    people: Names,
    tags: Names,
}

struct Entry {
    source: SourceId,
    kind: DocumentKind,
    date: Timestamp,
    access: i64,
    title: Box<str>,
    people: Box<[u32]>,
    /// Every level of each tag.
    tags: Box<[u32]>,
}

/// Names as they are written, as numbers, each with what tells one from others: several ways to write one are several
/// numbers, so that nobody is shown a way that only a document has which they may not read.
#[derive(Default)]
struct Names {
    numbers: HashMap<Arc<str>, u32>,
    names: Vec<(Box<str>, Arc<str>)>,
}

impl Names {
    fn number(&mut self, key: String, shown: &str) -> u32 {
        if let Some(number) = self.numbers.get(shown) {
            return *number;
        }
        let shown: Arc<str> = shown.into();
        let number = self.names.len() as u32;
        self.numbers.insert(Arc::clone(&shown), number);
        self.names.push((key.into(), shown));
        number
    }

    /// The numbers of a document's names, each name once however often and in whichever ways it is written there.
    fn numbers<'n>(&mut self, written: impl Iterator<Item = (String, &'n str)>) -> Box<[u32]> {
        let mut known = HashSet::new();
        let each_once = written.filter(|(key, _)| !key.is_empty() && known.insert(key.clone()));
        each_once.map(|(key, shown)| self.number(key, shown)).collect()
    }
}

impl Table {
    fn catch_up(&mut self, ledger: &Ledger, space: SpaceId) -> Result<()> {
        let changes = ledger.facet_changes(space, self.reached)?;
        if changes.restart {
            *self = Self::default();
        }
        for doc_id in changes.removed {
            self.rows.remove(&doc_id);
        }
        for row in changes.rows {
            self.write(row);
        }
        self.reached = changes.reached;
        Ok(())
    }

    fn write(&mut self, row: FacetRow) {
        let FacetRow {
            doc_id,
            source,
            kind,
            date,
            access,
            title,
            authors,
            tags,
        } = row;
        let people = self.people.numbers(authors.iter().map(|author| person(author)));
        let levels = tags.iter().flat_map(|tag| levels(tag));
        let tags = self
            .tags
            .numbers(levels.map(|level| (level.to_lowercase(), level)));
        let entry = Entry {
            source,
            kind,
            date,
            access,
            title: title.into(),
            people,
            tags,
        };
        self.rows.insert(doc_id, entry);
    }

    /// The title of a document that somebody on one of these access lists may read.
    pub(in crate::search) fn title(&self, document: DocId, readable: &HashSet<i64>) -> Option<&str> {
        let entry = self.rows.get(&document)?;
        readable.contains(&entry.access).then_some(&*entry.title)
    }

    /// Counts those of some documents that somebody on one of these access lists may read.
    pub(super) fn count(
        &self,
        documents: impl Iterator<Item = DocId>,
        readable: &HashSet<i64>,
        space: &str,
        counter: &mut Counter,
    ) {
        let (mut kinds, mut folders, mut years) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut people = vec![0; self.people.names.len()];
        let mut tags = vec![0; self.tags.names.len()];
        let mut all = 0;
        for document in documents {
            let Some(entry) = self.rows.get(&document) else {
                continue;
            };
            if !readable.contains(&entry.access) {
                continue;
            }
            all += 1;
            *kinds.entry(entry.kind).or_default() += 1;
            *folders.entry(entry.source).or_default() += 1;
            *years.entry(year_of(entry.date, counter.offset)).or_default() += 1;
            entry
                .people
                .iter()
                .for_each(|person| people[*person as usize] += 1);
            entry.tags.iter().for_each(|tag| tags[*tag as usize] += 1);
        }
        counter.documents += all;
        for (kind, documents) in kinds {
            counter.add(Facet::Type, kind.as_str(), kind.as_str(), documents);
        }
        counter.add(Facet::Space, space, space, all);
        for (folder, documents) in folders {
            let folder = folder.to_string();
            counter.add(Facet::Folder, &folder, &folder, documents);
        }
        for (year, documents) in years {
            let year = format!("{year:04}");
            counter.add(Facet::Year, &year, &year, documents);
        }
        for (facet, names, counts) in [
            (Facet::Person, &self.people, people),
            (Facet::Tag, &self.tags, tags),
        ] {
            for ((key, shown), documents) in names.names.iter().zip(counts) {
                counter.add(facet, key, shown, documents);
            }
        }
    }
}

/// What is counted so far.
pub(super) struct Counter {
    /// Seconds by which the asker's clock is ahead of UTC.
    offset: i32,
    documents: u64,
    wanted: HashSet<Facet>,
    counts: HashMap<Facet, HashMap<String, Counted>>,
}

impl Counter {
    pub(super) fn new(offset: i32, wanted: &[Facet]) -> Self {
        Self {
            offset,
            documents: 0,
            wanted: wanted.iter().copied().collect(),
            counts: HashMap::new(),
        }
    }

    pub(super) fn documents(&self) -> u64 {
        self.documents
    }

    pub(super) fn take(&mut self, facet: Facet) -> HashMap<String, Counted> {
        self.counts.remove(&facet).unwrap_or_default()
    }

    fn add(&mut self, facet: Facet, key: &str, shown: &str, documents: u64) {
        if documents == 0 || !self.wanted.contains(&facet) {
            return;
        }
        let counts = self.counts.entry(facet).or_default();
        match counts.get_mut(key) {
            Some(counted) => {
                counted.documents += documents;
                // A name says more than an address alone.
                let longer = shown.len().cmp(&counted.shown.len());
                if longer.then_with(|| counted.shown.as_str().cmp(shown)).is_gt() {
                    shown.clone_into(&mut counted.shown);
                }
            }
            None => {
                let counted = Counted {
                    shown: shown.to_owned(),
                    documents,
                };
                counts.insert(key.to_owned(), counted);
            }
        }
    }
}

/// What tells a person from others, an address where there is one, and how to show them.
pub(super) fn person(written: &str) -> (String, &str) {
    let shown = written.trim();
    let address = match (shown.rfind('<'), shown.ends_with('>')) {
        (Some(start), true) => shown[start + 1..shown.len() - 1].trim(),
        _ => shown,
    };
    let key = if address.is_empty() { shown } else { address };
    (key.to_lowercase(), shown)
}

/// A tag and the tags above it: `a/b` is also `a`.
fn levels(tag: &str) -> impl Iterator<Item = &str> {
    let tag = tag.trim_matches(['#', '/', ' ']);
    let ends = tag.match_indices('/').map(|(at, _)| at).chain([tag.len()]);
    ends.map(|end| &tag[..end]).filter(|level| !level.is_empty())
}

/// The year of a moment on a clock that is so many seconds ahead of UTC.
fn year_of(date: Timestamp, offset_seconds: i32) -> i64 {
    let days = date
        .0
        .saturating_add(i64::from(offset_seconds) * 1_000)
        .div_euclid(DAY_MS);
    // Howard Hinnant's civil_from_days: years that begin in March, in cycles of 400.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day = shifted.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    // The tenth of its months is January.
    let january = (5 * day_of_year + 2) / 153 >= 10;
    year + era * 400 + i64::from(january)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_those_of_the_clock() {
        for (moment, offset, year) in [
            (0, 0, 1970),
            (-1, 0, 1969),
            (-1, 3_600, 1970),
            (1_704_067_199_999, 0, 2023),
            (1_704_067_200_000, 0, 2024),
            (1_704_067_200_000, -60, 2023),
            (951_782_400_000, 0, 2000),
            (1_735_689_599_000, 28_800, 2025),
            (-62_135_596_800_000, 0, 1),
        ] {
            assert_eq!(year_of(Timestamp(moment), offset), year, "{moment}");
        }
    }

    #[test]
    fn a_person_is_told_from_others_by_the_address() {
        assert_eq!(person("Ada Lin <Ada@Example.org>").0, "ada@example.org");
        assert_eq!(person(" ada@example.org ").0, "ada@example.org");
        assert_eq!(person("林艾達"), ("林艾達".to_owned(), "林艾達"));
        assert_eq!(person("Nobody <>").0, "nobody <>");
    }

    #[test]
    fn a_name_is_counted_once_and_shown_as_it_says_most() {
        let mut names = Names::default();
        let written = ["ada@example.org", "Ada <ada@example.org>", "Bo", "bo"];
        let numbers = names.numbers(written.into_iter().map(person));
        assert_eq!(numbers.len(), 2, "of a document each once");
        let mut counter = Counter::new(0, &[Facet::Person]);
        for written in ["ada@example.org", "Ada <ada@example.org>", "ada@example.org"] {
            let (key, shown) = person(written);
            counter.add(Facet::Person, &key, shown, 1);
        }
        let counted = counter.take(Facet::Person);
        assert_eq!(counted["ada@example.org"].shown, "Ada <ada@example.org>");
        assert_eq!(counted["ada@example.org"].documents, 3);
    }

    #[test]
    fn a_tag_counts_for_those_above_it() {
        assert_eq!(levels("a/b/c").collect::<Vec<_>>(), ["a", "a/b", "a/b/c"]);
        assert_eq!(levels("#茶").collect::<Vec<_>>(), ["茶"]);
        assert_eq!(levels("/").count(), 0);
    }
}
