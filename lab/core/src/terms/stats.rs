//! From samples to figures that can be defended.
//!
//! Contenders are compared round by round: round `i` of one ran right after round `i` of the
//! other, so whatever disturbed the machine disturbed both, and the ratio of the two is steadier
//! than either. The figure that is printed is the median of these ratios; what it is worth is
//! said by an interval.
//!
//! # The interval
//!
//! The rounds are drawn again with replacement, 10 000 times, and each time the median is taken:
//! the spread of these medians stands for the spread of what other runs would have given (the
//! percentile bootstrap). From few rounds that interval is too narrow: of 7 rounds it holds the
//! truth in 88 cases of 100 instead of 95. So the percentiles are moved outwards by what Student's
//! distribution asks for at that number of rounds ("expanded percentiles": Hesterberg, "What
//! Teachers Should Know About the Bootstrap", 2015). A test simulates it.
//!
//! Fewer than [`VERDICT_ROUNDS_MIN`] rounds give no interval and no verdict: even the smallest
//! and the largest of 5 ratios enclose the truth in only 94 cases of 100. Outliers are flagged,
//! never dropped: what happens once in ten rounds happens to users too. Medians bear it.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// The rounds that a verdict takes.
pub const VERDICT_ROUNDS_MIN: usize = 6;

/// hyperfine's bound, 10 × 1.4826: ten standard deviations, estimated by the median distance.
const OUTLIER_DISTANCE: f64 = 14.826;

const RESAMPLES: usize = 10_000;
/// Ten thousand rounds resampled ten thousand times would take seconds: fewer resamples do then.
const DRAWS_MAX: usize = 20_000_000;
const RESAMPLES_MIN: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub median: f64,
    pub mean: f64,
    /// The standard deviation of the sample, 0 for a single one.
    pub stddev: f64,
    pub min: f64,
    pub max: f64,
}

/// How a contender compares with the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speedup {
    /// The median of the paired ratios; above 1 the contender is faster.
    pub median: f64,
    /// Where that median lies with 95 % confidence; `None` from too few rounds.
    pub interval: Option<[f64; 2]>,
    pub verdict: Option<Verdict>,
}

named! {
    /// What the interval says.
    Verdict {
        /// All of it is above 1.
        Faster = "faster",
        /// All of it is below 1.
        Slower = "slower",
        /// It holds 1.
        NotDistinguishable = "not distinguishable",
    }
}

impl Verdict {
    /// What `interval`, of a ratio above 1 for the faster, says.
    pub fn of([low, high]: [f64; 2]) -> Self {
        match (low.total_cmp(&1.0), high.total_cmp(&1.0)) {
            (Ordering::Greater, _) => Self::Faster,
            (_, Ordering::Less) => Self::Slower,
            _ => Self::NotDistinguishable,
        }
    }
}

/// Sums up `samples`; `None` if there are none.
#[expect(clippy::cast_precision_loss, reason = "nobody runs 2^53 rounds")]
pub fn summary(samples: &[f64]) -> Option<Summary> {
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let squares: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
    Some(Summary {
        median: median(samples)?,
        mean,
        stddev: if samples.len() < 2 { 0.0 } else { (squares / (count - 1.0)).sqrt() },
        min: samples.iter().copied().min_by(f64::total_cmp)?,
        max: samples.iter().copied().max_by(f64::total_cmp)?,
    })
}

/// Returns the sample in the middle, or the mean of the two there; `None` if there are none.
pub fn median(samples: &[f64]) -> Option<f64> {
    (!samples.is_empty()).then(|| median_in_place(&mut samples.to_vec()))
}

/// The median of `samples`, which are not empty and change their order.
fn median_in_place(samples: &mut [f64]) -> f64 {
    let middle = samples.len() / 2;
    let is_even = samples.len().is_multiple_of(2);
    let (below, &mut upper, _) = samples.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| is_even);
    lower.map_or(upper, |lower| f64::midpoint(lower, upper))
}

/// Compares the rounds of a contender with those of the reference that ran next to them.
///
/// An interrupted run may have one round more of one than of the other: it is left out. `None`
/// if no pair is left.
pub fn speedup(reference_s: &[f64], contender_s: &[f64], seed: u64) -> Option<Speedup> {
    let pairs = reference_s.iter().zip(contender_s);
    let ratios: Vec<f64> = pairs.map(|(reference, contender)| reference / contender).collect();
    let median = median(&ratios)?;
    let interval = median_interval(&ratios, seed);
    let verdict = interval.map(Verdict::of);
    Some(Speedup { median, interval, verdict })
}

/// The share of resampled medians that is cut off at each end, by number of rounds: the normal
/// distribution below -√(n / (n - 1)) times Student's 97.5 % quantile of n - 1 degrees of
/// freedom. Between two rows the upper one holds, which is the wider interval.
const TAILS: [(usize, f64); 11] = [
    (VERDICT_ROUNDS_MIN, 0.0024),
    (7, 0.0041),
    (8, 0.0057),
    (9, 0.0072),
    (10, 0.0086),
    (12, 0.0108),
    (15, 0.0132),
    (20, 0.0159),
    (30, 0.0188),
    (50, 0.0212),
    (100, 0.0231),
];

/// The 95 % interval of the median of `ratios`; `None` if they are too few.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of at most 10 000 resamples"
)]
fn interval(ratios: &[f64], resamples: usize, seed: u64) -> Option<[f64; 2]> {
    let (_, tail) = TAILS.into_iter().rfind(|&(rounds, _)| rounds <= ratios.len())?;
    let mut random = Random(seed);
    let mut drawn = vec![0.0; ratios.len()];
    let mut medians: Vec<f64> = (0..resamples)
        .map(|_| {
            drawn.fill_with(|| ratios[random.below(ratios.len())]);
            median_in_place(&mut drawn)
        })
        .collect();
    medians.sort_unstable_by(f64::total_cmp);
    let cut = (tail * resamples as f64) as usize;
    Some([medians[cut], medians[resamples - 1 - cut]])
}

/// Returns the 95 % interval of the median of `samples`; `None` if they are too few.
pub fn median_interval(samples: &[f64], seed: u64) -> Option<[f64; 2]> {
    interval(samples, (DRAWS_MAX / samples.len().max(1)).clamp(RESAMPLES_MIN, RESAMPLES), seed)
}

/// Returns the indices of samples that lie far outside the others.
pub fn outliers(samples: &[f64]) -> Vec<usize> {
    let Some(center) = median(samples) else { return Vec::new() };
    let distances: Vec<f64> = samples.iter().map(|sample| (sample - center).abs()).collect();
    // Samples that are all but equal would make an outlier of the next one: hyperfine's remedy.
    let scale = median(&distances).unwrap_or(0.0).max(f64::EPSILON);
    let is_far = |index: &usize| distances[*index] / scale > OUTLIER_DISTANCE;
    (0..samples.len()).filter(is_far).collect()
}

/// Steele, Lea and Flood's `SplitMix64`: small, seeded, good enough to draw rounds.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is small: the bias of the multiplication is below `end` / 2^64.
    #[expect(clippy::cast_possible_truncation, reason = "below `end`, a usize")]
    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_figures_of_known_samples_are_the_known_ones() {
        for (samples, known) in [
            (&[4.0, 2.0, 9.0, 5.0][..], [4.5, 5.0, (26.0_f64 / 3.0).sqrt(), 2.0, 9.0]),
            (&[3.0, 1.0, 2.0], [2.0, 2.0, 1.0, 1.0, 3.0]),
            (&[1.5], [1.5, 1.5, 0.0, 1.5, 1.5]),
        ] {
            let Summary { median, mean, stddev, min, max } = summary(samples).unwrap();
            for (figure, known) in [median, mean, stddev, min, max].into_iter().zip(known) {
                assert!((figure - known).abs() < 1e-9, "{figure} is not {known} of {samples:?}");
            }
        }
        assert_eq!((summary(&[]), median(&[]), speedup(&[], &[], 7)), (None, None, None));
    }

    #[test]
    fn ratios_are_paired_by_round_and_not_taken_of_the_medians() {
        // The third round was disturbed for both: the ratio does not see it.
        let speedup = speedup(&[2.0, 2.0, 8.0], &[1.0, 1.0, 4.0], 7).unwrap();
        assert_eq!(speedup, Speedup { median: 2.0, interval: None, verdict: None });
    }

    #[test]
    fn the_verdict_is_the_side_of_one_on_which_the_interval_lies() {
        for (contender, expected) in [
            (&[0.50, 0.51, 0.49, 0.52, 0.50, 0.48, 0.50][..], Some(Verdict::Faster)),
            (&[1.10, 1.12, 1.09, 1.10, 1.11, 1.13, 1.10], Some(Verdict::Slower)),
            (&[0.97, 1.04, 0.99, 1.01, 1.00, 1.02, 0.98], Some(Verdict::NotDistinguishable)),
            (&[1.0; 7], Some(Verdict::NotDistinguishable)),
            // Five rounds are too few, and six are not.
            (&[0.5; 5], None),
            (&[0.5; 6], Some(Verdict::Faster)),
        ] {
            let speedup = speedup(&[1.0; 7], contender, 7).unwrap();
            assert_eq!(speedup.verdict, expected, "{:?}", speedup.interval);
        }
    }

    #[test]
    fn an_outlier_is_found_and_noise_is_none() {
        for (samples, expected) in [
            (&[1.0, 1.1, 0.9, 1.0, 9.0, 1.05][..], &[4][..]),
            (&[1.0, 1.1, 0.9, 1.3, 0.8], &[]),
            (&[1.0, 1.0, 1.0, 1.0, 2.0], &[4]),
            (&[], &[]),
        ] {
            assert_eq!(outliers(samples), expected);
        }
    }

    /// Fails with 0.025 in place of every tail: 88 % then.
    #[test]
    fn the_interval_holds_the_truth_as_often_as_it_says() {
        let mut random = Random(1);
        // Rounds are never faster than the work, and now and then much slower: log-normal, from
        // the sum of twelve uniform numbers. The median of the logarithms is 0, so the truth is 1.
        let mut uniform =
            || f64::from(u32::try_from(random.next() >> 32).unwrap()) / 2_f64.powi(32);
        let mut ratio = || (0.2 * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0)).exp();
        for rounds in [6, 7, 11] {
            let trials = 400;
            let held = (0..trials).filter(|&trial| {
                let ratios: Vec<f64> = (0..rounds).map(|_| ratio()).collect();
                let [low, high] = interval(&ratios, 1_000, trial).unwrap();
                (low..=high).contains(&1.0)
            });
            let held = held.count();
            // 95 % of 400 is 380; three standard deviations of chance are 13.
            assert!(held >= 380 - 13, "{rounds} rounds: {held} of {trials}");
        }
    }

    proptest! {
        #[test]
        fn the_interval_encloses_the_median_and_lies_within_the_ratios(
            ratios in proptest::collection::vec(0.01_f64..100.0, 6..40), seed: u64
        ) {
            let [low, high] = interval(&ratios, 500, seed).unwrap();
            let summary = summary(&ratios).unwrap();
            prop_assert!(summary.min <= low && high <= summary.max);
            prop_assert!(low <= summary.median && summary.median <= high);
            prop_assert_eq!(interval(&ratios, 500, seed), Some([low, high]), "same seed, same interval");
        }
    }
}
