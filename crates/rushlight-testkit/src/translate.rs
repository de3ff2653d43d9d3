//! A translator without a dictionary: it knows the words it is given.

use rushlight_core::Translator;

/// Pairs of wordings, each known as the other.
#[derive(Clone, Debug)]
pub struct PairTranslator(Vec<(&'static str, &'static str)>);

impl PairTranslator {
    /// One that knows these.
    pub fn new(pairs: &[(&'static str, &'static str)]) -> Self {
        Self(pairs.to_vec())
    }
}

impl Translator for PairTranslator {
    fn translate(&self, text: &str, limit: usize) -> Vec<String> {
        let other = |(one, other): &(&'static str, &'static str)| match text {
            _ if text == *one => Some((*other).to_owned()),
            _ if text == *other => Some((*one).to_owned()),
            _ => None,
        };
        self.0.iter().filter_map(other).take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fake_keeps_the_contract_of_translators() {
        crate::contract::translator(
            &PairTranslator::new(&[("contract", "合約"), ("contract", "契約")]),
            "contract",
        );
    }
}
