//! Learns the numbers of `weight.rs` and measures them, also on sets that were left out.
//!
//! ```sh
//! python3 tests/bench/fusion_sets.py ../shared/data SETS          # squad20 among distractors, headings across languages
//! for set in ../shared/data/{scifact,drcd-dev} SETS/*; do rushlight eval $set --data-dir CACHE; done
//! rushlight eval ../shared/data/cmrc2018-trial --data-dir CACHE
//! rushlight eval ../shared/data/cmrc2018-trial --queries queries_traditional.jsonl --data-dir CACHE
//! cargo run --release -p rushlight-retrieval --example learn_fusion -- CACHE/eval/embeddings \
//!     ../shared/data/scifact/queries.jsonl ../shared/data/drcd-dev/queries.jsonl \
//!     ../shared/data/cmrc2018-trial/queries.jsonl ../shared/data/cmrc2018-trial/queries_traditional.jsonl \
//!     SETS/squad-mix/queries.jsonl SETS/notes-cross/queries.jsonl
//! ```
//!
//! The measurements fill the file of embeddings; this reads it, indexes every set by word, and asks both legs. Of a set whose
//! queries name their `split`, those of the split `train` are learnt from and those of `validation` measured. A query with
//! `only` is asked of the documents whose id begins so. Documents are ranked: a passage `a#3` counts for the document `a` where
//! a query has `only`.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

mod learn;
mod sets;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use learn::{Cases, Numbers, learn};
use rushlight_retrieval::weight::{EVIDENCE, READ_TEXTS, UNREAD};
use sets::{Case, Set, Vectors};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let vectors = Vectors::read(Path::new(&arguments.next().ok_or("name the file of embeddings")?))?;
    let mut sets = Vec::new();
    for queries in arguments {
        let set = Set::load(Path::new(&queries), &vectors)?;
        println!("{}: {} queries", set.name, set.cases.len());
        sets.push(set);
    }
    report("by word", &sets, |case| case.ranking(|one| one.keyword));
    report("by meaning", &sets, |case| case.ranking(|one| one.semantic));
    for weight in [0.4, 0.5, 0.6] {
        report(&format!("unread, {weight}"), &sets, |case| {
            case.ranking(|one| weight * one.semantic + (1.0 - weight) * one.keyword)
        });
    }
    report("as built, unread", &sets, |case| case.unread.clone());
    report("as built", &sets, |case| case.read.clone());

    let all: Vec<usize> = (0..sets.len()).collect();
    for (name, start) in [("unread", Numbers::unread()), ("read", Numbers::read())] {
        let model = learnt_on(&sets, &all, |_| true, start);
        println!("\n{name}, learnt on all:\n{model}");
        report(&format!("{name}, learnt"), &sets, |case| model.ranking(case));
    }

    println!("\nwithout the set that is measured (two files of queries of one corpus are left out together)");
    for out in &all {
        let others: Vec<usize> = all
            .iter()
            .copied()
            .filter(|other| sets[*other].folder != sets[*out].folder)
            .collect();
        let model = learnt_on(&sets, &others, |_| true, Numbers::read());
        println!("{model}");
        report("left out", &sets[*out..=*out], |case| model.ranking(case));
    }

    println!("\nfive folds by document");
    let models: Vec<Numbers> = (0..5)
        .map(|fold| learnt_on(&sets, &all, |case| case.fold != fold, Numbers::read()))
        .collect();
    report("folds", &sets, |case| models[case.fold].ranking(case));
    println!("\nas built: {READ_TEXTS:?} {EVIDENCE:?} {UNREAD:?}");
    Ok(())
}

/// What is learnt from these sets, of which the two scripts of one corpus count as one.
fn learnt_on(sets: &[Set], which: &[usize], keep: impl Fn(&Case) -> bool, start: Numbers) -> Numbers {
    let mut corpora: BTreeMap<&Path, Cases<'_>> = BTreeMap::new();
    for index in which {
        let cases = sets[*index].cases.iter();
        corpora
            .entry(&sets[*index].folder)
            .or_default()
            .extend(cases.filter(|case| case.train && keep(case)));
    }
    learn(&corpora.into_values().collect::<Vec<_>>(), start)
}

fn report(label: &str, sets: &[Set], ranking: impl Fn(&Case) -> Vec<usize>) {
    let figures: Vec<String> = sets
        .iter()
        .map(|set| {
            let cases: Vec<&Case> = set.cases.iter().filter(|case| case.measured).collect();
            let mean = |measure: &dyn Fn(&Case) -> f64| {
                cases.iter().map(|case| measure(case)).sum::<f64>() / cases.len() as f64
            };
            let ndcg = mean(&|case| case.ndcg(&ranking(case)));
            let mrr = mean(&|case| case.reciprocal_rank(&ranking(case)));
            format!("{} {ndcg:.4} {mrr:.4}", set.name)
        })
        .collect();
    println!("{label:<16} {}", figures.join(" | "));
}
