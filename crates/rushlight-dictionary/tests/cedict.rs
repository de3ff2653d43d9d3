//! The real dictionary, where it is installed: `RUSHLIGHT_MODELS_DIR` names the folder of models.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::PathBuf;

use rushlight_core::Translator;
use rushlight_dictionary::Dictionary;
use rushlight_testkit::contract;

#[test]
fn everyday_headings_are_known_in_both_directions() {
    let folder = std::env::var_os("RUSHLIGHT_MODELS_DIR").map(PathBuf::from);
    let file = folder.map(|folder| folder.join("cc-cedict/cedict.txt.gz"));
    let Some(file) = file.filter(|file| file.is_file()) else {
        eprintln!("skipped: the dictionary is not installed");
        return;
    };
    let dictionary = Dictionary::load(&file).expect("loads");
    contract::translator(&dictionary, "contract");
    contract::translator(&dictionary, "契約");
    for (english, chinese) in [
        ("Environment", "環境"),
        ("Workplace", "職場"),
        ("Operating systems", "作業系統"),
        ("Health insurance", "健康保險"),
    ] {
        let said = dictionary.translate(english, 3);
        assert!(
            said.iter().any(|wording| wording == chinese),
            "{english}: {said:?}"
        );
        let said = dictionary.translate(chinese, 3).join("; ");
        let singular = english.to_lowercase();
        assert!(said.contains(singular.trim_end_matches('s')), "{chinese}: {said}");
    }
    // Simplified script is known as well; what is found is written in Traditional script.
    assert_eq!(dictionary.translate("环境", 3), dictionary.translate("環境", 3));
}
