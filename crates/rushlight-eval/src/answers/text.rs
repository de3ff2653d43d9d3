//! Whether two texts say the same words.
//!
//! English as the official script of SQuAD does it (P. Rajpurkar, R. Jia, P. Liang: Know What You Don't Know, ACL 2018): lower
//! case, without signs and articles, word by word. Chinese as the multilingual sets do it (P. Lewis et al.: MLQA, ACL 2020):
//! character by character; both scripts are folded to one, so that an answer in the other script is the same answer.

use rushlight_analysis::folded;

/// An answer's text without what is ours in it: the numbers of citations.
pub(crate) fn without_marks(text: &str) -> String {
    let mut rest = text;
    let mut bare = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once('[') {
        bare.push_str(before);
        match after.split_once(']') {
            Some((number, behind)) if is_number(number) => {
                bare.push(' ');
                rest = behind;
            }
            _ => {
                bare.push('[');
                rest = after;
            }
        }
    }
    bare.push_str(rest);
    bare
}

pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is, word for word, one of these.
pub fn exact_match(text: &str, golds: &[String]) -> bool {
    let words = tokens(text);
    golds.iter().any(|gold| tokens(gold) == words)
}

/// The best F1, 0 to 1, of a text's words against one of these: twice the words in common over the words of both.
pub fn token_f1(text: &str, golds: &[String]) -> f64 {
    let words = tokens(text);
    golds
        .iter()
        .map(|gold| f1(&words, &tokens(gold)))
        .fold(0.0, f64::max)
}

fn f1(words: &[String], gold: &[String]) -> f64 {
    if words.is_empty() || gold.is_empty() {
        return f64::from(u8::from(words.is_empty() && gold.is_empty()));
    }
    let mut left: Vec<&String> = gold.iter().collect();
    let common = words
        .iter()
        .filter(|word| match left.iter().position(|other| other == word) {
            Some(at) => {
                left.swap_remove(at);
                true
            }
            None => false,
        })
        .count();
    2.0 * common as f64 / (words.len() + gold.len()) as f64
}

/// Whether one of these stands in the text, as whole words one after the other. A possessive is the word it is of.
pub fn contains(text: &str, golds: &[String]) -> bool {
    let words = tokens(&without_possessives(text));
    golds.iter().any(|gold| {
        let gold = tokens(&without_possessives(gold));
        !gold.is_empty() && words.windows(gold.len()).any(|part| part == gold)
    })
}

/// Letters and digits alone, folded: equal for the same words whatever marks and spaces stand between.
pub(crate) fn letters(text: &str) -> String {
    folded(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn without_possessives(text: &str) -> String {
    let text = text.replace('’', "'");
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("'s") {
        kept.push_str(before);
        if after.starts_with(char::is_alphanumeric) {
            kept.push_str("'s");
        }
        rest = after;
    }
    kept + rest
}

/// Words without signs and articles; of scripts without spaces the characters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let end = |word: &mut String, tokens: &mut Vec<String>| {
        let word = std::mem::take(word);
        if !word.is_empty() && !matches!(word.as_str(), "a" | "an" | "the") {
            tokens.push(word);
        }
    };
    for c in folded(text).chars() {
        if c.is_whitespace() {
            end(&mut word, &mut tokens);
        } else if is_unspaced(c) && c.is_alphanumeric() {
            end(&mut word, &mut tokens);
            tokens.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.push(c);
        } else if !c.is_ascii() && !is_dash(c) {
            // A comma or a dash of Chinese stands where English would have a space.
            end(&mut word, &mut tokens);
        }
    }
    end(&mut word, &mut tokens);
    tokens
}

/// A hyphen by another name: `1775–1795` is `1775-1795`, of which the script makes one word.
fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2013}' | '\u{2212}')
}

/// Han and kana.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn golds(of: &[&str]) -> Vec<String> {
        of.iter().map(|gold| (*gold).to_owned()).collect()
    }

    #[test]
    fn english_is_compared_as_squad_does() {
        // The examples of the official script's `normalize_answer`: case, articles, signs, spaces.
        assert!(exact_match("The  Eiffel Tower!", &golds(&["eiffel tower"])));
        assert!(exact_match("U.S. $3", &golds(&["us 3"])));
        assert!(!exact_match("Eiffel", &golds(&["eiffel tower"])));
        assert!(exact_match("1775-1795", &golds(&["1775–1795"])));
        assert!(exact_match("1973", &golds(&["October 1973", "1973"])));
        // Two of three words and two of two: precision 2/3, recall 1.
        assert!((token_f1("nearly 12 dollars", &golds(&["nearly 12"])) - 0.8).abs() < 1e-12);
        // A word that stands twice is in common once.
        assert!((token_f1("tea tea", &golds(&["tea"])) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(token_f1("", &golds(&["tea"])), 0.0);
        assert_eq!(token_f1("the", &golds(&["a"])), 1.0);
        assert_eq!(token_f1("tea", &[]), 0.0);
    }

    #[test]
    fn chinese_is_compared_by_character_in_either_script() {
        assert!(exact_match("威廉·琼斯。", &golds(&["威廉·瓊斯"])));
        // Three characters of four in common, and of three: 2·3/7.
        assert!((token_f1("在歐洲嗎", &golds(&["在歐洲"])) - 6.0 / 7.0).abs() < 1e-12);
        assert!(contains("後來威廉·瓊斯發現印歐語系。[1]", &golds(&["印欧语系"])));
        assert!(!contains("後來威廉·瓊斯發現。", &golds(&["印歐語系"])));
        assert!(contains("自５月到8月之間", &golds(&["5月到8月"])));
    }

    #[test]
    fn a_gold_answer_stands_in_whole_words() {
        assert!(contains(
            "It rose to nearly $12 globally.",
            &golds(&["nearly $12"])
        ));
        assert!(!contains("In 1973 it rose.", &golds(&["73", "197"])));
        assert!(contains(
            "Newton's laws hold.",
            &golds(&["Newton", "Newton’s laws"])
        ));
        assert!(!contains("anything", &golds(&["", "!"])));
        assert!(!contains("anything", &[]));
    }

    #[test]
    fn our_marks_are_not_of_the_answer() {
        assert_eq!(
            without_marks("Ninety [1][12]. A [b] c [3"),
            "Ninety   . A [b] c [3"
        );
        assert_eq!(letters("Tea—is “Good”, 軟體!"), letters("tea is good 软体"));
    }

    proptest! {
        #[test]
        fn measures_agree_with_each_other(text in "[a-c 茶水.'s]{0,20}", gold in "[a-c 茶水.'s]{0,8}") {
            let golds = [gold.clone()];
            let f1 = token_f1(&text, &golds);
            prop_assert!((0.0..=1.0).contains(&f1));
            if exact_match(&text, &golds) {
                prop_assert_eq!(f1, 1.0);
            }
            prop_assert_eq!(token_f1(&gold, std::slice::from_ref(&text)), f1);
            let _ = contains(&text, &golds);
        }
    }
}
