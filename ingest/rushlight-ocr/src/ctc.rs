//! From the recogniser's probabilities to text (connectionist temporal classification, the best path).

/// What the classes of the recogniser mean: nothing, the dictionary's characters in order, and a space.
pub(crate) struct Alphabet {
    characters: Vec<String>,
}

/// What was read in one strip.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    /// Without white space at the ends; may be empty.
    pub(crate) text: String,
    /// Mean over the characters, 0 to 1; 0 when there are none.
    pub(crate) confidence: f32,
}

impl Alphabet {
    /// From a dictionary of one character a line.
    pub(crate) fn new(dictionary: &str) -> Self {
        let characters = dictionary.lines().map(str::to_owned);
        Self {
            characters: characters.chain([" ".to_owned()]).collect(),
        }
    }

    /// Classes of a recogniser that goes with it.
    pub(crate) fn classes(&self) -> usize {
        self.characters.len() + 1
    }

    /// Text of a sequence of rows, one probability for each class in a row. Class 0 is the blank that separates equal
    /// characters; the same class in neighbouring rows is one character.
    pub(crate) fn decode(&self, probabilities: &[f32]) -> Reading {
        let (mut text, mut sum, mut count) = (String::new(), 0.0, 0u32);
        let mut previous = 0;
        for row in probabilities.chunks_exact(self.classes()) {
            let (class, probability) = best(row);
            if class != previous
                && let Some(character) = class.checked_sub(1).and_then(|index| self.characters.get(index))
            {
                text.push_str(character);
                sum += probability;
                count += 1;
            }
            previous = class;
        }
        let trimmed = text.trim();
        let confidence = if trimmed.is_empty() {
            0.0
        } else {
            sum / count as f32
        };
        Reading {
            text: trimmed.to_owned(),
            confidence: confidence.clamp(0.0, 1.0),
        }
    }
}

/// Index and value of the greatest; the blank when there is none, or none is a number.
fn best(row: &[f32]) -> (usize, f32) {
    // First the value in lanes, which compiles to vector instructions, then its place: rows have 18,710 values.
    let mut lanes = [f32::NEG_INFINITY; 16];
    let chunks = row.chunks_exact(lanes.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    let greatest = lanes
        .iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, f32::max);
    match row.iter().position(|value| *value == greatest) {
        Some(index) => (index, greatest),
        None => (0, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows in which the class of each step has its probability and the others share nothing.
    fn rows(alphabet: &Alphabet, steps: &[(usize, f32)]) -> Vec<f32> {
        let mut rows = vec![0.0; steps.len() * alphabet.classes()];
        for (row, (class, probability)) in rows.chunks_exact_mut(alphabet.classes()).zip(steps) {
            row[*class] = *probability;
        }
        rows
    }

    #[test]
    fn repeats_are_one_character_and_blanks_separate() {
        let alphabet = Alphabet::new("a\nb\n中\n");
        assert_eq!(alphabet.classes(), 5);
        let steps = [
            (0, 0.9),
            (1, 0.8),
            (1, 0.7),
            (0, 0.9),
            (1, 0.6),
            (4, 1.0),
            (3, 1.0),
            (0, 1.0),
        ];
        let reading = alphabet.decode(&rows(&alphabet, &steps));
        assert_eq!(reading.text, "aa 中");
        // Of the first row of each character: 0.8, 0.6, 1 and 1.
        assert!((reading.confidence - 0.85).abs() < 1e-6, "{reading:?}");
    }

    #[test]
    fn spaces_at_the_ends_go_and_nothing_is_nothing() {
        let alphabet = Alphabet::new("a\n");
        let spaced = alphabet.decode(&rows(&alphabet, &[(2, 0.9), (1, 0.9), (2, 0.9)]));
        assert_eq!(spaced.text, "a");
        let nothing = Reading::default();
        assert_eq!(alphabet.decode(&rows(&alphabet, &[(2, 0.9), (0, 0.9)])), nothing);
        assert_eq!(alphabet.decode(&[]), nothing);
        assert_eq!(alphabet.decode(&[f32::NAN; 6]), nothing);
    }

    #[test]
    fn the_greatest_is_found_in_rows_of_any_length() {
        for length in [1, 15, 16, 17, 40] {
            for place in 0..length {
                let mut row = vec![0.25; length];
                row[place] = 0.5;
                assert_eq!(best(&row), (place, 0.5));
            }
        }
    }
}
