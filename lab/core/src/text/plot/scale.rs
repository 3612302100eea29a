//! From values to places, and where the ticks are.

use crate::text::numbers;

#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// Equal distances for equal differences; from 0.
    Linear,
    /// Equal distances for equal ratios.
    Log,
    /// The values are positions in this list.
    Names(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Count,
    Seconds,
}

/// A scale over what there is to show.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    scale: Scale,
    low: f64,
    high: f64,
}

/// As many ticks as can be read beside each other.
const TICKS_MAX: usize = 8;

impl Fitted {
    /// Fits `scale` to `values`, with room at both ends.
    #[expect(clippy::cast_precision_loss, reason = "at most 100 names")]
    pub(super) fn new(scale: &Scale, values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = values
            .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        // INVARIANT: [PLOT-1] nothing, or one value, gets room around it too.
        if low > high {
            (low, high) = (1.0, 1.0);
        }
        match scale {
            Scale::Linear => {
                high = if high > 0.0 { high * 1.06 } else { 1.0 };
                low = low.min(0.0);
            }
            Scale::Log => {
                let margin = (high / low).powf(0.05).max(1.1);
                (low, high) = (low / margin, high * margin);
            }
            Scale::Names(names) => (low, high) = (-0.5, names.len().max(1) as f64 - 0.5),
        }
        Self { scale: scale.clone(), low, high }
    }

    /// Where `value` lies, from 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
            _ => (value - self.low) / (self.high - self.low),
        };
        place.clamp(0.0, 1.0)
    }

    /// The values to write at the axis, with their text. `values` are those that were measured: if
    /// they are few they are the ticks.
    #[expect(clippy::cast_precision_loss, reason = "at most 100 names")]
    pub(super) fn ticks(&self, unit: Unit, values: Option<Vec<f64>>) -> Vec<(f64, String)> {
        if let Scale::Names(names) = &self.scale {
            let named = names.iter().enumerate();
            return named.map(|(index, name)| (index as f64, name.clone())).collect();
        }
        let few = values.filter(|values| values.len() <= TICKS_MAX && self.are_apart(values));
        let values = few.unwrap_or_else(|| match self.scale {
            Scale::Log => self.round_ratios(),
            _ => self.round_steps(),
        });
        values.into_iter().map(|value| (value, text(value, unit))).collect()
    }

    /// Whether their texts would not touch.
    fn are_apart(&self, values: &[f64]) -> bool {
        values.windows(2).all(|pair| self.place(pair[1]) - self.place(pair[0]) > 0.05)
    }

    /// 0 and equal steps of 1, 2 or 5 times a power of ten.
    fn round_steps(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= rough);
        let step = factor.unwrap_or(10.0) * power;
        let first = (self.low / step).ceil();
        let count = std::iter::successors(Some(first), |number| Some(number + 1.0));
        count.map(|number| number * step).take_while(|value| *value <= self.high).collect()
    }

    /// 1, 2 and 5 times powers of ten, or powers of ten alone if these are enough.
    #[expect(clippy::cast_possible_truncation, reason = "an exponent of ten")]
    fn round_ratios(&self) -> Vec<f64> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let within = |factors: &'static [f64]| -> Vec<f64> {
            let decades = (first..=last).map(|exponent| 10_f64.powi(exponent));
            let ticks = decades.flat_map(|power| factors.iter().map(move |factor| factor * power));
            ticks.filter(|tick| (self.low..=self.high).contains(tick)).collect()
        };
        let many = within(&[1.0, 2.0, 5.0]);
        if many.len() <= TICKS_MAX { many } else { within(&[1.0]) }
    }
}

fn text(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count => format!("{value}"),
        Unit::Seconds if value == 0.0 => "0".to_owned(),
        // What comes out of a power of ten is not always round: 0.30000000000000004.
        Unit::Seconds => short(&numbers::seconds(value)),
    }
}

/// `200 ms` of `200.0 ms`, `1 s` of `1.00 s`.
fn short(text: &str) -> String {
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            let number = number.trim_end_matches('0').trim_end_matches('.');
            format!("{number} {unit}")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_or_few_values_themselves() {
        let (count, seconds) = (Unit::Count, Unit::Seconds);
        let few = [1.0, 2.0, 4.0, 8.0, 64.0];
        for (scale, unit, values, are_shown, expected) in [
            (Scale::Linear, seconds, &[0.1, 0.9][..], false, "0, 200 ms, 400 ms, 600 ms, 800 ms"),
            (Scale::Log, seconds, &[0.011, 0.2], false, "10 ms, 20 ms, 50 ms, 100 ms, 200 ms"),
            (Scale::Log, seconds, &[0.2, 1.9], false, "200 ms, 500 ms, 1 s, 2 s"),
            (Scale::Log, count, &[1.0, 90_000.0], false, "1, 10, 100, 1000, 10000, 100000"),
            (Scale::Log, count, &few, true, "1, 2, 4, 8, 64"),
        ] {
            let fitted = Fitted::new(&scale, values.iter().copied());
            let ticks = fitted.ticks(unit, are_shown.then(|| values.to_vec())).into_iter();
            let texts: Vec<String> = ticks.map(|(_, text)| text).collect();
            assert_eq!(texts.join(", "), expected);
        }
    }

    /// [PLOT-1]
    #[test]
    fn every_value_has_a_place_within_the_frame() {
        let scales = [Scale::Linear, Scale::Log, Scale::Names(vec!["on".to_owned()])];
        let values = [&[][..], &[0.0], &[5.0], &[3.0, 3.0], &[1e-6, 1e3]];
        for (scale, values) in scales.iter().flat_map(|scale| values.map(|values| (scale, values)))
        {
            // A logarithmic scale has no place for 0, and is not asked for one.
            let shown = || values.iter().copied().filter(|x| *x > 0.0 || *scale != Scale::Log);
            let fitted = Fitted::new(scale, shown());
            let mut places = shown().map(|value| fitted.place(value));
            assert!(places.all(|place| (0.0..=1.0).contains(&place)), "{scale:?} {values:?}");
            assert!(fitted.ticks(Unit::Count, None).len() < 20, "{scale:?} {values:?}");
        }
    }
}
