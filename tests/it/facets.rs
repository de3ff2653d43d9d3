//! What documents are counted by, and lists that no score orders, through the whole system.

use std::collections::{BTreeMap, BTreeSet};

use rushlight_core::{
    Covers, ErrorCode, Facet, Facets, Principal, Result, SearchRequest, SearchResponse, Sort,
};

use crate::access::system;
use crate::system::System;

fn counted(system: &System, query: &str) -> Facets {
    facets_for(system, query, &[Principal::owner()]).expect("counts")
}

fn facets_for(system: &System, query: &str, principals: &[Principal]) -> Result<Facets> {
    let request = SearchRequest {
        principals: principals.to_vec(),
        ..SearchRequest::new(query)
    };
    system.block_on(system.engine.facets(request))
}

/// The values of a facet with their counts; a chosen one has a star.
fn values(facets: &Facets, facet: Facet) -> Vec<(String, u64)> {
    let counts = facets.facets.iter().find(|counts| counts.facet == facet);
    let star = |chosen: bool| if chosen { "*" } else { "" };
    counts
        .expect("every facet is told")
        .values
        .iter()
        .map(|value| (format!("{}{}", star(value.chosen), value.value), value.documents))
        .collect()
}

fn expected(values: &[(&str, u64)]) -> Vec<(String, u64)> {
    values
        .iter()
        .map(|(value, documents)| ((*value).to_owned(), *documents))
        .collect()
}

/// The query that a value of a facet leads to.
fn toggled(facets: &Facets, facet: Facet, value: &str) -> String {
    let counts = facets.facets.iter().find(|counts| counts.facet == facet);
    let mut values = counts.expect("every facet is told").values.iter();
    let found = values.find(|found| found.value == value);
    found.unwrap_or_else(|| panic!("{value} is told")).query.clone()
}

fn note(title: &str, author: &str, tags: &str, date: &str, text: &str) -> String {
    format!(
        "---\ntitle: {title}\nauthor: {author}\ntags: [{tags}]\ndate: {date}\n---\n{text}\n\nMore of it.\n"
    )
}

fn kitchen() -> System {
    let system = system();
    for (path, title, author, tags, date) in [
        (
            "home/green.md",
            "Green",
            "Ada <ada@example.org>",
            "drinks/tea, 茶",
            "2024-03-01",
        ),
        (
            "home/black.md",
            "black",
            "ada@example.org",
            "drinks/tea",
            "2024-12-31",
        ),
        ("work/white.md", "White", "Bo", "", "2023-01-01"),
    ] {
        system.write(
            path,
            note(
                title,
                author,
                tags,
                date,
                &format!("{title} tea is hot.\n\nTea again."),
            ),
        );
    }
    system.write(
        "work/coffee.md",
        note("Coffee", "Bo", "drinks", "2023-05-05", "Coffee is hot."),
    );
    system.write("work/prices.csv", "tea,price\ngreen,3\n");
    system.add("home", "personal");
    system.add("work", "work");
    system.index();
    system
}

#[test]
fn documents_are_counted_once_by_what_they_have_in_common() {
    let system = kitchen();
    let facets = counted(&system, "tea");
    assert_eq!(
        (facets.covers, facets.documents),
        (Covers::AllWords, 4),
        "documents, not passages"
    );
    assert_eq!(
        values(&facets, Facet::Type),
        expected(&[("note", 3), ("table", 1)])
    );
    assert_eq!(
        values(&facets, Facet::Space),
        expected(&[("personal", 2), ("work", 2)])
    );
    let folders = [
        format!("{}/home", system.root()),
        format!("{}/work", system.root()),
    ];
    assert_eq!(
        values(&facets, Facet::Folder),
        expected(&[(&folders[0], 2), (&folders[1], 2)])
    );
    assert_eq!(
        values(&facets, Facet::Person),
        expected(&[("Ada <ada@example.org>", 2), ("Bo", 1)]),
        "one person by one address"
    );
    assert_eq!(
        values(&facets, Facet::Tag),
        expected(&[("drinks", 2), ("drinks/tea", 2), ("茶", 1)]),
        "a tag is counted for those above it"
    );
    let years = values(&facets, Facet::Year);
    assert!(years.contains(&("2024".to_owned(), 2)) && years.contains(&("2023".to_owned(), 1)));
}

#[test]
fn a_chosen_value_leaves_the_others_of_its_facet_to_be_chosen() {
    let system = kitchen();
    let query = toggled(&counted(&system, "hot"), Facet::Person, "Bo");
    assert_eq!(query, "hot from:\"Bo\"");
    let facets = counted(&system, &query);
    assert_eq!(facets.documents, 2);
    assert_eq!(
        values(&facets, Facet::Person),
        expected(&[("Ada <ada@example.org>", 2), ("*Bo", 2)])
    );
    assert_eq!(values(&facets, Facet::Space), expected(&[("work", 2)]));
    let both = toggled(&facets, Facet::Person, "Ada <ada@example.org>");
    assert_eq!(both, "hot (from:\"Bo\" OR from:\"ada@example.org\")");
    let facets = counted(&system, &both);
    assert_eq!(facets.documents, 4);
    assert_eq!(
        toggled(&facets, Facet::Person, "Bo"),
        "hot from:\"ada@example.org\""
    );
    assert_eq!(system.found(&both).len(), 4, "the query finds what was counted");
}

#[test]
fn every_value_leads_to_as_many_documents_as_it_says() {
    let system = kitchen();
    for query in [
        "tea",
        "hot",
        "tea type:note",
        "type:note",
        "tea (space:work OR space:personal)",
        "-coffee",
    ] {
        let facets = counted(&system, query);
        for counts in &facets.facets {
            for value in counts.values.iter().filter(|value| !value.chosen) {
                let found = counted(&system, &value.query);
                let now = found
                    .facets
                    .iter()
                    .find(|now| now.facet == counts.facet)
                    .expect("told");
                let chosen = now
                    .values
                    .iter()
                    .find(|now| now.value == value.value)
                    .expect("told");
                assert!(chosen.chosen, "{query}: {}", value.query);
                assert_eq!(chosen.documents, value.documents, "{query}: {}", value.query);
                let few = facets
                    .facets
                    .iter()
                    .all(|counts| counts.values.iter().all(|value| !value.chosen));
                if few {
                    assert_eq!(found.documents, value.documents, "{query}: {}", value.query);
                }
            }
        }
    }
}

#[test]
fn what_is_chosen_is_told_even_where_no_document_has_it() {
    let system = kitchen();
    let facets = counted(&system, "tea type:image from:ad");
    assert_eq!(facets.documents, 0);
    assert_eq!(
        values(&facets, Facet::Type),
        expected(&[("*image", 0)]),
        "no one is called `ad`, so there is nothing else"
    );
    let facets = counted(&system, "tea from:ada");
    assert_eq!(
        values(&facets, Facet::Person),
        expected(&[("Ada <ada@example.org>", 2), ("*ada", 2), ("Bo", 1)]),
        "a part of a name is a choice of its own"
    );
    assert_eq!(toggled(&facets, Facet::Person, "ada"), "tea");
}

#[test]
fn what_the_counts_cover_is_said() {
    let system = kitchen();
    assert_eq!(counted(&system, "green tea").covers, Covers::AllWords);
    let any = counted(&system, "coffee green");
    assert_eq!(
        (any.covers, any.documents),
        (Covers::AnyWord, 3),
        "no document holds both"
    );
    let all = counted(&system, "type:note OR type:table");
    assert_eq!((all.covers, all.documents), (Covers::Filters, 5));
    assert_eq!(
        counted(&system, "what is the coffee").documents,
        1,
        "words that only ask need not be there"
    );
    let error = facets_for(&system, "  tea frm:ada", &[Principal::owner()]).expect_err("no such field");
    assert_eq!(error.code(), ErrorCode::QueryInvalid);
    assert_eq!(error.place().expect("is pointed at").bytes.clone(), 6..9);
    let unknown =
        facets_for(&system, "tea folder:nowhere", &[Principal::owner()]).expect_err("no such folder");
    assert_eq!(unknown.code(), ErrorCode::SourceNotFound);
}

#[test]
fn counts_follow_the_files() {
    let system = kitchen();
    assert_eq!(counted(&system, "tea").documents, 4);
    system.write(
        "home/oolong.md",
        note("Oolong", "Cy", "drinks", "2022-02-02", "Oolong tea."),
    );
    system.index();
    let facets = counted(&system, "tea");
    assert_eq!(facets.documents, 5);
    assert!(values(&facets, Facet::Person).contains(&("Cy".to_owned(), 1)));
    std::fs::remove_file(system.path("home/oolong.md")).expect("is removed");
    system.write(
        "home/green.md",
        note("Green", "Cy", "", "2021-02-02", "Green tea."),
    );
    system.index();
    let facets = counted(&system, "tea");
    assert_eq!(facets.documents, 4);
    assert_eq!(
        values(&facets, Facet::Person),
        expected(&[("Bo", 1), ("Cy", 1), ("ada@example.org", 1)]),
        "as it is written in what is there"
    );
}

#[test]
fn a_name_is_not_shown_as_only_a_document_has_it_that_may_not_be_read() {
    let system = kitchen();
    system.open_to("home/green.md", &["user:bo"]);
    system.index();
    let facets = counted(&system, "tea");
    assert_eq!(
        values(&facets, Facet::Person),
        expected(&[("Bo", 1), ("ada@example.org", 1)])
    );
}

#[test]
fn only_so_many_values_are_told() {
    let system = system();
    for number in 0..25 {
        let tags = format!("all, t{number:02}");
        system.write(
            &format!("n/{number}.md"),
            note("Tea", "Ada", &tags, "2024-01-01", "tea"),
        );
    }
    system.add("n", "personal");
    system.index();
    let facets = counted(&system, "tea");
    let tags = values(&facets, Facet::Tag);
    assert_eq!((tags.len(), &tags[0]), (20, &("all".to_owned(), 25)));
    let counts = facets.facets.iter().find(|counts| counts.facet == Facet::Tag);
    assert_eq!(counts.expect("told").more, 6);
    let chosen = counted(&system, "tea tag:t24");
    assert!(
        values(&chosen, Facet::Tag).contains(&("*t24".to_owned(), 1)),
        "what is chosen is told"
    );
}

fn sorted(system: &System, query: &str, sort: Sort) -> SearchResponse {
    let request = SearchRequest {
        sort,
        ..SearchRequest::new(query)
    };
    system.try_search(request).expect("searches")
}

fn titles(response: &SearchResponse) -> Vec<&str> {
    response.hits.iter().map(|hit| hit.title.as_str()).collect()
}

#[test]
fn a_list_is_sorted_over_all_documents_that_hold_the_words() {
    let system = kitchen();
    let newest = sorted(&system, "hot tea", Sort::Newest);
    assert_eq!(titles(&newest), ["black", "Green", "White"]);
    let told = newest.sorted.expect("is said");
    assert_eq!(
        (told.by, told.covers, told.documents),
        (Sort::Newest, Covers::AllWords, 3)
    );
    assert!(newest.weighing.is_none() && newest.degraded.is_empty());
    assert_eq!(
        titles(&sorted(&system, "hot tea", Sort::Oldest)),
        ["White", "Green", "black"]
    );
    assert_eq!(
        titles(&sorted(&system, "hot tea", Sort::Title)),
        ["black", "Green", "White"]
    );
    assert_eq!(
        titles(&sorted(&system, "space:work type:note", Sort::Title)),
        ["Coffee", "White"]
    );
    assert!(!newest.hits[0].highlights.is_empty(), "words are marked");
    let none = sorted(&system, "nowhere", Sort::Newest);
    assert_eq!((none.hits.len(), none.sorted.expect("is said").documents), (0, 0));
}

#[test]
fn a_list_is_not_a_new_order_of_the_best() {
    let system = system();
    for number in 0..140 {
        // What is newer says it less.
        let text = format!(
            "{} {}",
            "tea ".repeat(1 + (140 - number) / 20),
            "word ".repeat(number / 4)
        );
        let date = format!("20{:02}-0{}-01", number / 9, 1 + number % 9);
        system.write(
            &format!("n/{number:03}.md"),
            note(&format!("N{number:03}"), "Ada", "", &date, &text),
        );
    }
    system.add("n", "personal");
    system.index();
    let newest = sorted(&system, "tea", Sort::Newest);
    assert_eq!(newest.hits.len(), 10);
    assert_eq!(titles(&newest)[..3], ["N139", "N138", "N137"]);
    assert_eq!(newest.sorted.expect("is said").documents, 140);
    assert_eq!(
        titles(&sorted(&system, "tea", Sort::Oldest))[..2],
        ["N000", "N001"]
    );
}

#[test]
fn what_nothing_ranks_is_not_scored() {
    let system = kitchen();
    let explained = |query: &str, sort| {
        let request = SearchRequest {
            explain: true,
            sort,
            ..SearchRequest::new(query)
        };
        let response = system.try_search(request).expect("searches");
        response.hits[0].why.clone().expect("is explained")
    };
    let filtered = explained("type:note", Sort::Relevance);
    assert_eq!(
        (filtered.parts.len(), filtered.notes),
        (0, vec!["newest".to_owned()])
    );
    let listed = explained("tea", Sort::Title);
    assert_eq!((listed.parts.len(), listed.notes), (0, vec!["title".to_owned()]));
    let ranked = explained("tea", Sort::Relevance);
    let words = ranked
        .parts
        .iter()
        .find(|part| part.name == "words")
        .expect("has a part");
    assert!(words.weight > 0.0);
}

/// Numbers that look random and are the same in every run (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % most
    }
}

struct Written {
    path: String,
    space: &'static str,
    author: String,
    tag: String,
    year: String,
    says: BTreeSet<&'static str>,
    readers: Vec<&'static str>,
}

/// With random access lists nobody is told more or less than what they may read.
#[test]
fn nobody_counts_what_they_may_not_read() {
    const READERS: [&str; 3] = ["user:owner", "user:bo", "group:a"];
    const SAID: [&str; 4] = ["tea", "kettle", "water", "invoice"];
    for seed in [0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03] {
        let system = system();
        let mut chance = Chance(seed);
        let mut all = Vec::new();
        for number in 0..36 {
            let space = ["a", "b", "c"][chance.below(3)];
            let written = Written {
                path: format!("{space}/{number}.md"),
                space,
                author: format!("P{}", chance.below(4)),
                tag: format!("t{}", chance.below(4)),
                year: format!("202{}", chance.below(4)),
                says: SAID.into_iter().filter(|_| chance.below(2) == 0).collect(),
                // In the last space nobody but Bo reads anything.
                readers: match space {
                    "c" => vec!["user:bo"],
                    _ => READERS.into_iter().filter(|_| chance.below(2) == 0).collect(),
                },
            };
            let words: Vec<&str> = written.says.iter().copied().collect();
            let date = format!("{}-06-01", written.year);
            let text = format!("{} zebra", words.join(" "));
            system.write(
                &written.path,
                note("N", &written.author, &written.tag, &date, &text),
            );
            all.push(written);
        }
        for space in ["a", "b", "c"] {
            system.add(space, space);
        }
        system.index();
        for written in &all {
            system.open_to(&written.path, &written.readers);
        }
        system.index();
        for asker in [
            &READERS[..1],
            &READERS[1..2],
            &READERS[2..],
            &READERS[..2],
            &["user:nobody"],
        ] {
            let principals: Vec<Principal> = asker.iter().map(|name| Principal((*name).to_owned())).collect();
            for query in [
                "tea",
                "tea kettle",
                "zebra",
                "water tag:t1",
                "invoice from:P2",
                "-kettle",
            ] {
                let may = |one: &&Written| one.readers.iter().any(|reader| asker.contains(reader));
                let meets = |one: &&Written| {
                    query.split(' ').all(|part| match part.split_once(':') {
                        Some(("tag", tag)) => one.tag == tag,
                        Some((_, author)) => one.author == author,
                        None if part == "-kettle" => !one.says.contains("kettle"),
                        None => part == "zebra" || one.says.contains(part),
                    })
                };
                let found: Vec<&Written> = all.iter().filter(may).filter(meets).collect();
                let facets = facets_for(&system, query, &principals).expect("counts");
                if facets.covers == Covers::AnyWord {
                    assert!(found.is_empty(), "{query} for {asker:?}");
                    continue;
                }
                assert_eq!(facets.documents as usize, found.len(), "{query} for {asker:?}");
                let count = |of: &dyn Fn(&Written) -> &str| {
                    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
                    found
                        .iter()
                        .for_each(|one| *counts.entry(of(one).to_owned()).or_default() += 1);
                    counts
                };
                let told = |facet| values(&facets, facet).into_iter().collect::<BTreeMap<_, _>>();
                assert_eq!(
                    told(Facet::Space),
                    count(&|one| one.space),
                    "{query} for {asker:?}"
                );
                assert_eq!(
                    told(Facet::Year),
                    count(&|one| &one.year),
                    "{query} for {asker:?}"
                );
                if !query.contains("from:") {
                    assert_eq!(
                        told(Facet::Person),
                        count(&|one| &one.author),
                        "{query} for {asker:?}"
                    );
                }
                if !query.contains("tag:") {
                    assert_eq!(told(Facet::Tag), count(&|one| &one.tag), "{query} for {asker:?}");
                }
                assert!(!told(Facet::Space).contains_key("c") || asker.contains(&"user:bo"));
                let hidden = facets_for(&system, "tea folder:c", &principals);
                assert_eq!(
                    hidden.is_ok(),
                    asker.contains(&"user:bo"),
                    "a folder that may not be read is not there"
                );
            }
        }
    }
}
