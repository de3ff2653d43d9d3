//! Recipes of answers, and the one that is in the tree.

use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;

const RECIPE: &str = "name = \"answers\"\n[[corpus]]\ndocuments = \"tea\"\nwithout = \"tea/holdout.json\"\n[[corpus]]\nnotes = \"book/en\"\n\
    [[class]]\nname = \"with\"\nanswerable = true\nsample = \"with.tsv\"\n\
    [[class]]\nname = \"nowhere\"\nanswerable = false\nsample = \"nowhere.tsv\"\n";

fn data() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("made");
        std::fs::write(path, content).expect("written");
    };
    write(
        "tea/documents.jsonl",
        "{\"id\":\"d1\",\"title\":\"Tea\",\"file\":\"docs/d1_tea.md\",\"text\":\"茶很好。\\n\\nSteep it.\",\"paragraphs\":[{\"id\":\"d1#0\",\"start\":0,\"end\":4},{\"id\":\"d1#1\",\"start\":6,\"end\":15}]}\n\
         {\"id\":\"d2\",\"title\":\"Milk\",\"file\":\"docs/d2_milk.md\",\"text\":\"Milk.\",\"paragraphs\":[{\"id\":\"d2#0\",\"start\":0,\"end\":5}]}\n",
    );
    write(
        "tea/questions.jsonl",
        "{\"id\":\"q1\",\"question\":\"What is done with it?\",\"answerable\":true,\"answers\":[\"Steep\"],\"doc_id\":\"d1\",\"para_id\":\"d1#1\"}\n\
         {\"id\":\"q2\",\"question\":\"What is milk?\",\"answerable\":true,\"answers\":[\"Milk\"],\"doc_id\":\"d2\",\"para_id\":\"d2#0\"}\n\
         {\"id\":\"q3\",\"question\":\"誰畫了軟體？\",\"answerable\":false,\"answers\":[],\"doc_id\":\"d1\",\"para_id\":\"d1#0\"}\n",
    );
    write("tea/holdout.json", "{\"articles\":[\"d2\"]}");
    write(
        "other/queries.jsonl",
        "{\"id\":\"T_QUERY_1\",\"text\":\"软件？\"}\n",
    );
    write("with.tsv", "# half, folder, id\ndev\ttea\tq1\n");
    write(
        "nowhere.tsv",
        "test\ttea\tq2\ndev\ttea\tq3\ndev\tother\tT_QUERY_1\n",
    );
    folder
}

fn read(folder: &TempDir, text: &str) -> Result<AnswerRecipe> {
    let path = folder.path().join("r.toml");
    AnswerRecipe::read(&path, text, folder.path()).map_err(|error| {
        // The folder's name differs from run to run.
        let message = error
            .chain()
            .replace(&format!("{}/", folder.path().display()), "");
        Error::new(error.code(), message)
    })
}

#[test]
fn classes_are_samples_of_what_the_corpus_answers_or_does_not() {
    let folder = data();
    let recipe = read(&folder, RECIPE).expect("reads");
    let corpus: Vec<(&str, Vec<&String>)> = recipe
        .corpus
        .iter()
        .map(|part| (part.name.as_str(), part.without.iter().collect()))
        .collect();
    let milk = "d2_milk.md".to_owned();
    assert_eq!(corpus, [("tea", vec![&milk]), ("book-en", vec![])]);
    let shown: Vec<String> = recipe
        .set
        .questions
        .iter()
        .map(|one| {
            let gold = match &one.gold {
                GoldPlace::Paragraph { file, text } => format!("{file} {text}"),
                _ => "nowhere".to_owned(),
            };
            let split = one.split.expect("every question has a half");
            format!(
                "{} {split:?} {} {} {:?} {} {gold}",
                one.class, one.id, one.language, one.answers, one.group
            )
        })
        .collect();
    expect![[r#"
        with Dev q1 English ["Steep"] tea/d1 tea/d1_tea.md Steep it.
        nowhere Test q2 English [] tea/d2 nowhere
        nowhere Dev q3 Traditional Chinese [] tea/d1 nowhere
        nowhere Dev T_QUERY_1 Simplified Chinese [] other/T nowhere"#]]
    .assert_eq(&shown.join("\n"));
    assert!(is_answer_recipe(RECIPE) && !is_answer_recipe("name = 1") && !is_answer_recipe("[[class"));
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    let check = |text: &str, sample: &str, expected: Expect| {
        let folder = data();
        if !sample.is_empty() {
            std::fs::write(folder.path().join("with.tsv"), sample).expect("written");
        }
        let error = read(&folder, text).expect_err("refused");
        expected.assert_eq(&format!("{}: {}", error.code().as_str(), error.message()));
    };
    check(
        &RECIPE.replace("answerable = true\n", ""),
        "",
        expect!["file_broken: line 7 of `r.toml`: missing field `answerable`"],
    );
    check(
        &RECIPE.replace("notes = \"book/en\"", "notes = \"book/en\"\nwithout = \"x\""),
        "",
        expect![
            "invalid_request: `r.toml` has a part of its corpus that is not just one of `documents`, with or without `without`, and `notes`"
        ],
    );
    check(
        RECIPE,
        "dev\ttea\n",
        expect![
            "file_broken: line 1 of `with.tsv` is not `dev` or `test`, a folder and an id, with tabs between"
        ],
    );
    check(
        RECIPE,
        "train\ttea\tq1\n",
        expect![
            "file_broken: line 1 of `with.tsv` is not `dev` or `test`, a folder and an id, with tabs between"
        ],
    );
    check(
        RECIPE,
        "\ndev\ttea\tq9\n",
        expect!["file_broken: line 2 of `with.tsv`: `tea` has no question `q9`"],
    );
    check(
        RECIPE,
        "dev\tmilk\tq9\n",
        expect!["path_not_found: cannot read `milk/queries.jsonl`: No such file or directory (os error 2)"],
    );
    check(
        RECIPE,
        "dev\ttea\tq1\ndev\ttea\tq1\n",
        expect!["file_broken: line 2 of `with.tsv`: the question `q1` is asked already"],
    );
    check(
        RECIPE,
        "dev\ttea\tq2\n",
        expect![
            "file_broken: line 1 of `with.tsv`: the documents do not answer `q2`, other than its class says"
        ],
    );
    check(
        &RECIPE.replace("with.tsv", "none.tsv"),
        "",
        expect!["path_not_found: cannot read `none.tsv`: No such file or directory (os error 2)"],
    );
    let folder = data();
    std::fs::write(folder.path().join("tea/holdout.json"), "{\"articles\":[\"d7\"]}").expect("written");
    let error = read(&folder, RECIPE).expect_err("refused");
    expect!["`tea/holdout.json` leaves out the document `d7`, which `tea/documents.jsonl` does not have"]
        .assert_eq(error.message());
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn the_recipe_in_the_tree_names_what_is_in_the_data() {
    let data = std::env::var_os("RUSHLIGHT_DATA").map(PathBuf::from);
    let Some(data) = data.filter(|data| data.is_dir()) else {
        eprintln!("skipped: RUSHLIGHT_DATA does not name the folder of test data");
        return;
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/bench/sets/answers.toml");
    let text = std::fs::read_to_string(&file).expect("the recipe is in the tree");
    let AnswerRecipe { corpus, set } =
        AnswerRecipe::read(&file, &text, &data).unwrap_or_else(|error| panic!("{}", error.chain()));
    assert_eq!(corpus.len(), 3);
    let mut counts: BTreeMap<(String, Option<Split>), usize> = BTreeMap::new();
    let mut halves: BTreeMap<String, Option<Split>> = BTreeMap::new();
    for question in &set.questions {
        *counts
            .entry((question.class.clone(), question.split))
            .or_default() += 1;
        let half = halves.entry(question.group.clone()).or_insert(question.split);
        assert_eq!(
            *half, question.split,
            "{} has questions in both halves",
            question.group
        );
    }
    assert_eq!(counts.len(), 8);
    assert!(counts.values().all(|count| *count == 150), "{counts:?}");
}
