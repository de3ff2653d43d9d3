//! Titles by meaning, through the whole system: a document is found by its title where no passage says what it is called.

use rushlight_core::{Hit, Principal, SearchMode, SearchRequest};

use crate::system::{Models, System};

/// A chapter whose text is long enough to stand by itself, without a word of its title.
fn chapter(title: &str, words: &str) -> String {
    format!(
        "---\ntitle: {title}\n---\n{}\n",
        format!("{words} ").repeat(90).trim_end()
    )
}

fn by_meaning(system: &System, query: &str, principals: &[Principal]) -> Vec<Hit> {
    let request = SearchRequest {
        mode: SearchMode::Semantic,
        explain: true,
        principals: principals.to_vec(),
        ..SearchRequest::new(query)
    };
    system.try_search(request).expect("answers").hits
}

fn first(system: &System, query: &str) -> String {
    let hits = by_meaning(system, query, &[Principal::owner()]);
    hits.first().map(|hit| hit.title.clone()).unwrap_or_default()
}

fn library() -> System {
    let system = System::over("");
    system.write("a.md", chapter("Copper kettles", "garden soil rain"));
    system.write("b.md", chapter("Harbour lights", "ledger entry sum"));
    system.write("c.md", chapter("Winter coats", "violin bow string"));
    system.index();
    system.assert_sound();
    system
}

#[test]
fn a_title_finds_what_no_passage_says() {
    let system = library();
    let hits = by_meaning(&system, "harbour lights", &[Principal::owner()]);
    assert_eq!(hits[0].title, "Harbour lights");
    let why = hits[0].why.as_ref().expect("explained");
    let title = why
        .parts
        .iter()
        .find(|part| part.name == "title")
        .expect("a part of the score");
    assert!(title.value > 0.99 && title.share > 0.0, "{title:?}");
    let sum: f32 = why.parts.iter().map(|part| part.share).sum();
    assert!((sum - hits[0].scores.fused).abs() < 1e-4);
    // A phrase is demanded of the passage, and no title meets it.
    assert!(
        by_meaning(&system, "\"harbour lights\" coats", &[Principal::owner()])
            .iter()
            .all(|hit| {
                hit.why
                    .as_ref()
                    .is_some_and(|why| why.parts.iter().all(|part| part.name != "title"))
            })
    );
}

#[test]
fn a_title_in_the_other_language_is_found_by_its_word() {
    let system = library();
    system.write("d.md", chapter("水庫", "dusty attic box"));
    system.index();
    assert_eq!(first(&system, "reservoir"), "水庫");
    system.write("e.md", chapter("reservoir", "tin roof nail"));
    std::fs::remove_file(system.path("d.md")).expect("removed");
    system.index();
    assert_eq!(first(&system, "水庫"), "reservoir");
}

#[test]
fn a_title_that_changes_or_goes_is_found_no_longer() {
    let system = library();
    system.write("b.md", chapter("Mountain huts", "ledger entry sum"));
    system.index();
    system.assert_sound();
    assert_eq!(first(&system, "mountain huts"), "Mountain huts");
    std::fs::remove_file(system.path("b.md")).expect("removed");
    system.index();
    system.assert_sound();
    let hits = by_meaning(&system, "mountain huts", &[Principal::owner()]);
    assert!(hits.iter().all(|hit| hit.title != "Mountain huts"));
}

#[test]
fn a_title_that_may_not_be_read_is_not_found() {
    let system = library();
    system.open_to("b.md", &["user:bo"]);
    system.index();
    let titles = |principal: &str| -> Vec<String> {
        let asker = [Principal(principal.to_owned())];
        let hits = by_meaning(&system, "harbour lights", &asker);
        hits.into_iter().map(|hit| hit.title).collect()
    };
    assert_eq!(titles("user:bo"), ["Harbour lights"]);
    assert!(!titles("owner").contains(&"Harbour lights".to_owned()));
}

#[test]
fn titles_come_after_the_model_is_there_and_are_made_again_when_lost() {
    let system = System::over("").restarted(Models::NoEmbedder);
    system.write("b.md", chapter("Harbour lights", "ledger entry sum"));
    let summary = system.index();
    assert!(
        summary.embedding_error.is_some(),
        "it says that the model is missing"
    );
    system.assert_sound();
    // The indexes of these systems are in memory: a new engine has none.
    let system = system.restarted(Models::All);
    system.index();
    system.assert_sound();
    assert_eq!(first(&system, "harbour lights"), "Harbour lights");
}
