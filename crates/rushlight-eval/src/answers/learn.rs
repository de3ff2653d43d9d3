//! Logistic regression by Newton's method: what the decision's numbers are learnt with.
//!
//! Iteratively reweighted least squares with a ridge penalty on standardised features (T. Hastie, R. Tibshirani, J. Friedman: The
//! Elements of Statistical Learning, 2nd edition, 4.4.1; S. le Cessie, J. van Houwelingen, Applied Statistics 41, 1992): the mean of each
//! feature is taken away and it is divided by its standard deviation, so that one penalty fits all and weights can be compared. A value
//! that is missing counts as the mean. The intercept is not penalised.

/// Newton steps at most; a dozen is plenty for a convex problem.
const STEPS: usize = 50;
/// A step this small is the end.
const SMALL: f64 = 1e-9;

/// One feature as it was found in the examples, and what it weighs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feature {
    /// Its mean where it is there.
    pub mean: f64,
    /// Its standard deviation; 1 where it never varies.
    pub deviation: f64,
    /// Its weight, of the standardised value.
    pub weight: f64,
}

/// What was learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// The log-odds where every feature has its mean.
    pub intercept: f64,
    /// In the order of the examples' values.
    pub features: Vec<Feature>,
}

/// An example: values of the features, and whether it is what is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// One for each feature; `None` where it is missing.
    pub values: Vec<Option<f64>>,
    /// Whether it is what is looked for.
    pub is: bool,
}

impl Logistic {
    /// Learns from examples, all with as many values. `ridge` is the penalty on the square of a weight, in examples.
    ///
    /// `None` where there is nothing to tell apart: fewer than two examples, or all of one kind.
    pub fn learn(examples: &[Example], ridge: f64) -> Option<Self> {
        let positive = examples.iter().filter(|example| example.is).count();
        if positive == 0 || positive == examples.len() {
            return None;
        }
        let count = examples[0].values.len();
        let mut model = Self {
            intercept: 0.0,
            features: (0..count).map(|index| scale(examples, index)).collect(),
        };
        let rows: Vec<Vec<f64>> = examples
            .iter()
            .map(|example| model.row(&example.values))
            .collect();
        let mut weights = vec![0.0; count + 1];
        for _ in 0..STEPS {
            let (gradient, hessian) = slopes(&rows, examples, &weights, ridge);
            let step = solve(hessian, gradient)?;
            for (weight, step) in weights.iter_mut().zip(&step) {
                *weight += step;
            }
            if step.iter().all(|step| step.abs() < SMALL) {
                break;
            }
        }
        model.intercept = weights[0];
        for (feature, weight) in model.features.iter_mut().zip(&weights[1..]) {
            feature.weight = *weight;
        }
        Some(model)
    }

    /// The log-odds of an example.
    pub fn log_odds(&self, values: &[Option<f64>]) -> f64 {
        let weights = self.features.iter().map(|feature| feature.weight);
        self.intercept
            + self.row(values)[1..]
                .iter()
                .zip(weights)
                .map(|(value, weight)| value * weight)
                .sum::<f64>()
    }

    /// The probability of an example.
    pub fn probability(&self, values: &[Option<f64>]) -> f64 {
        logistic(self.log_odds(values))
    }

    /// Standardised, with a one for the intercept before.
    fn row(&self, values: &[Option<f64>]) -> Vec<f64> {
        let standard = |(feature, value): (&Feature, &Option<f64>)| {
            value.map_or(0.0, |value| (value - feature.mean) / feature.deviation)
        };
        std::iter::once(1.0)
            .chain(self.features.iter().zip(values).map(standard))
            .collect()
    }
}

fn scale(examples: &[Example], index: usize) -> Feature {
    let there: Vec<f64> = examples
        .iter()
        .filter_map(|example| example.values[index])
        .collect();
    let count = there.len().max(1) as f64;
    let mean = there.iter().sum::<f64>() / count;
    let deviation = (there.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    Feature {
        mean,
        deviation: if deviation > 1e-12 { deviation } else { 1.0 },
        weight: 0.0,
    }
}

fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// Gradient and negated Hessian of the penalised log-likelihood.
fn slopes(rows: &[Vec<f64>], examples: &[Example], weights: &[f64], ridge: f64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = weights.len();
    let mut gradient = vec![0.0; size];
    let mut hessian = vec![vec![0.0; size]; size];
    for (row, example) in rows.iter().zip(examples) {
        let odds: f64 = row
            .iter()
            .zip(weights)
            .map(|(value, weight)| value * weight)
            .sum();
        let probability = logistic(odds);
        let error = f64::from(u8::from(example.is)) - probability;
        // Kept above zero, so that examples that are told apart fully leave a matrix that can be inverted.
        let spread = (probability * (1.0 - probability)).max(1e-9);
        for (i, value) in row.iter().enumerate() {
            gradient[i] += error * value;
            for (j, other) in row.iter().enumerate() {
                hessian[i][j] += spread * value * other;
            }
        }
    }
    for i in 1..size {
        gradient[i] -= ridge * weights[i];
        hessian[i][i] += ridge;
    }
    (gradient, hessian)
}

/// Solves a system of linear equations by elimination with pivots; `None` where it has no one solution.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = right.len();
    for column in 0..size {
        let pivot =
            (column..size).max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))?;
        if matrix[pivot][column].abs() < 1e-12 {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..size {
            let factor = matrix[row][column] / matrix[column][column];
            let above = matrix[column].clone();
            for (value, above) in matrix[row].iter_mut().zip(above).skip(column) {
                *value -= factor * above;
            }
            right[row] -= factor * right[column];
        }
    }
    let mut solution = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size)
            .map(|other| matrix[row][other] * solution[other])
            .sum();
        solution[row] = (right[row] - known) / matrix[row][row];
    }
    Some(solution)
}

/// Which of `folds` parts a group is in: the same in every run, and all questions of a document together.
pub fn fold_of(group: &str, folds: usize) -> usize {
    let hash = blake3::hash(group.as_bytes());
    let number = u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("eight bytes"));
    (number % folds.max(1) as u64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn example(values: &[f64], is: bool) -> Example {
        Example {
            values: values.iter().copied().map(Some).collect(),
            is,
        }
    }

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-4,
            "{found} where {expected} is expected"
        );
    }

    /// Hours of study and whether an exam was passed, the worked example of the English Wikipedia's article "Logistic regression"
    /// (read 2024): intercept -4.0777, 1.5046 an hour.
    #[test]
    fn the_textbook_example() {
        let hours = [
            0.50, 0.75, 1.00, 1.25, 1.50, 1.75, 1.75, 2.00, 2.25, 2.50, 2.75, 3.00, 3.25, 3.50, 4.00, 4.25,
            4.50, 4.75, 5.00, 5.50,
        ];
        let passed = [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1];
        let examples: Vec<Example> = hours
            .iter()
            .zip(passed)
            .map(|(hours, passed)| example(&[*hours], passed == 1))
            .collect();
        let model = Logistic::learn(&examples, 0.0).expect("two kinds");
        let Feature {
            mean,
            deviation,
            weight,
        } = model.features[0];
        near(weight / deviation, 1.5046);
        near(model.intercept - weight * mean / deviation, -4.0777);
        near(model.probability(&[Some(2.0)]), 0.2557);
        near(model.probability(&[Some(4.0)]), 0.8744);
        let ridged = Logistic::learn(&examples, 5.0).expect("two kinds");
        assert!(
            ridged.features[0].weight < weight,
            "a penalty makes weights small"
        );
    }

    /// One feature that is yes or no: the weights are the logarithms of odds, which can be counted. Of those without it one of
    /// four is positive, of those with it three of four: log-odds -ln 3 and +ln 3.
    #[test]
    fn odds_that_can_be_counted() {
        let rows = [(0.0, [1, 0, 0, 0]), (1.0, [1, 1, 1, 0])];
        let examples: Vec<Example> = rows
            .iter()
            .flat_map(|(value, kinds)| kinds.map(|is| example(&[*value, 7.0], is == 1)))
            .collect();
        let model = Logistic::learn(&examples, 0.0);
        assert!(
            model.is_none(),
            "a feature that never varies cannot be told from the intercept without a penalty"
        );
        let model = Logistic::learn(&examples, 1e-9).expect("two kinds");
        near(model.log_odds(&[Some(0.0), Some(7.0)]), -(3f64.ln()));
        near(model.log_odds(&[Some(1.0), Some(7.0)]), 3f64.ln());
        near(model.log_odds(&[None, None]), 0.0);
        near(model.features[1].weight, 0.0);
    }

    #[test]
    fn examples_of_one_kind_teach_nothing() {
        assert_eq!(Logistic::learn(&[], 1.0), None);
        assert_eq!(
            Logistic::learn(&[example(&[1.0], true), example(&[2.0], true)], 1.0),
            None
        );
        let apart: Vec<Example> = (0..6).map(|n| example(&[f64::from(n)], n > 2)).collect();
        let model = Logistic::learn(&apart, 0.1).expect("two kinds");
        assert!(model.features[0].weight.is_finite() && model.probability(&[Some(9.0)]) > 0.9);
    }

    #[test]
    fn a_document_is_in_one_fold() {
        assert_eq!(fold_of("a", 5), fold_of("a", 5));
        let counts = (0..1000).fold([0; 5], |mut counts, n| {
            counts[fold_of(&n.to_string(), 5)] += 1;
            counts
        });
        assert!(
            counts.iter().all(|count| (150..250).contains(count)),
            "{counts:?}"
        );
    }

    proptest! {
        #[test]
        fn at_the_optimum_the_mean_probability_is_the_share(
            values in prop::collection::vec((-3.0f64..3.0, any::<bool>()), 6..40),
        ) {
            let examples: Vec<Example> = values.iter().map(|(value, is)| example(&[*value], *is)).collect();
            if let Some(model) = Logistic::learn(&examples, 0.5) {
                let mean = examples.iter().map(|one| model.probability(&one.values)).sum::<f64>() / examples.len() as f64;
                let share = values.iter().filter(|(_, is)| *is).count() as f64 / values.len() as f64;
                prop_assert!((mean - share).abs() < 1e-6, "{mean} {share}");
            }
        }
    }
}
