//! Quantities: which figure of which cell, written as a hole in a text.
//!
//! | hole | is | is shown as |
//! | --- | --- | --- |
//! | `{p50_s in alone}` | a figure of the cell with this label | `5 ms`: by the figure's name |
//! | `{wall_s in B / A}` | how many times as much it is in B as in A | `1.97x` |
//! | `{grouped lost in A}` | also `whole`, `plain`, `percent` | `12 345`, `12345`, `0.97`, `97 %` |
//! | `{turn turns in A}` | any other word is a noun that is counted | `1 turn`, `12 turns` |
//! | `{silent x in A}` | a figure that only the condition needs | nothing |
//! | `{lives\|has died deaths in A}` | the first words if it is 0, or else the others | `has died` |
//! | `{our lost in A}` | also before a form: our own, whoever is checked | by the figure's name |
//!
//! By its name, a figure is a time (`_s`), a size (`_bytes`) or a share (`share`), or else a plain
//! number, with two decimals if it has any. A test of the catalogue sees to it that each label is a cell's.

use super::contender::Contender;
use super::figures::Results;
use lab_core::text::numbers::{bytes, count, grouped, percent, ratio, seconds};

/// A figure of a cell, or what it is compared with that of another.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    of_ours: bool,
    form: &'static str,
    figure: &'static str,
    cell: &'static str,
    beside: Option<&'static str>,
}

/// The quantities that a text names, in order.
///
/// # Panics
///
/// Panics if a hole has no ` in `.
pub fn quantities(template: &'static str) -> impl Iterator<Item = Quantity> {
    template.split(['{', '}']).skip(1).step_by(2).map(Quantity::named)
}

/// Writes `values` into the holes of `template`, in order.
pub fn write(template: &'static str, values: &[f64]) -> String {
    let mut text = String::new();
    for (number, part) in template.split(['{', '}']).enumerate() {
        match values.get(number / 2) {
            Some(value) if number % 2 == 1 => text += &Quantity::named(part).write(*value),
            _ => text += part,
        }
    }
    text
}

impl Quantity {
    fn named(hole: &'static str) -> Self {
        let (words, cells) = hole.split_once(" in ").expect("a figure is in a cell");
        let (of_ours, words) =
            words.strip_prefix("our ").map_or((false, words), |rest| (true, rest));
        let (form, figure) = words.rsplit_once(' ').unwrap_or(("", words));
        let (cell, beside) = match cells.split_once(" / ") {
            Some((cell, beside)) => (cell, Some(beside)),
            None => (cells, None),
        };
        Self { of_ours, form, figure, cell, beside }
    }

    /// Looks it up.
    pub fn value(&self, results: &Results, who: &Contender) -> Option<f64> {
        let who = if self.of_ours { &Contender::Ours } else { who };
        let value = results.of(who, self.cell, self.figure)?;
        let value = match self.beside {
            Some(cell) => value / results.of(who, cell, self.figure)?,
            None => value,
        };
        // Nothing beside nothing is no ratio, and can be no claim's figure.
        (!value.is_nan()).then_some(value)
    }

    /// The cells that it is about.
    pub fn labels(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.beside.into_iter().chain([self.cell])
    }

    fn write(&self, value: f64) -> String {
        let is_time = self.figure.ends_with("_s") && !self.figure.ends_with("_per_s");
        if let Some((none, some)) = self.form.split_once('|') {
            return if whole(value) == 0 { none } else { some }.to_owned();
        }
        match self.form {
            "silent" => String::new(),
            "grouped" => grouped(whole(value)),
            "whole" => format!("{value:.0}"),
            "percent" => percent(value),
            "" if self.beside.is_some() => ratio(value),
            "" if is_time => seconds(value),
            "" if self.figure.ends_with("_bytes") => bytes(value),
            "" if self.figure.ends_with("share") => percent(value),
            "" if value.fract() == 0.0 => value.to_string(),
            "" | "plain" => format!("{value:.2}"),
            noun => count(usize::try_from(whole(value)).unwrap_or(usize::MAX), noun),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a count")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// What follows from our own figures.
#[derive(Clone, Copy, Debug)]
pub enum Explanation {
    /// A text whose holes name figures of cells.
    Told(&'static str),
    /// Words that depend on the figures.
    By(fn(&Results) -> Option<String>),
}

impl Explanation {
    /// Says it; `None` if a figure is missing.
    pub fn say(self, results: &Results) -> Option<String> {
        match self {
            Self::Told(template) => {
                let values = quantities(template).map(|one| one.value(results, &Contender::Ours));
                Some(write(template, &values.collect::<Option<Vec<f64>>>()?))
            }
            Self::By(say) => say(results),
        }
    }

    /// The labels that it names, each of which must be a cell's.
    pub fn labels(self) -> Vec<&'static str> {
        match self {
            Self::Told(template) => quantities(template).flat_map(|one| one.labels()).collect(),
            Self::By(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Figures;
    use super::*;

    #[test]
    fn a_figure_is_written_as_its_name_or_the_word_before_it_says() {
        for (hole, value, shown) in [
            ("{p50_s in a}", 0.005, "5 ms"),
            ("{whole calls_per_s in a} in a second", 12_345.4, "12345 in a second"),
            ("{lost_share in a}", 0.25, "25 %"),
            ("{memory_bytes in a}", 9_800.0, &bytes(9_800.0)),
            ("{lost in a, in b}", 12_345.0, "12345"),
            ("{jain in a}", 0.1 + 0.2, "0.30"),
            ("{grouped lost in a} lost", 12_345.0, "12 345 lost"),
            ("It is {plain jain in a}", 0.967, "It is 0.97"),
            ("{turn turns in a}", 1.0, "1 turn"),
            ("{silent turns in a}.", 1.0, "."),
            ("{our lost in a} in ours", 3.0, "3 in ours"),
            ("{our percent lost in a} in ours", 0.5, "50 % in ours"),
            ("It {lives|has died deaths in a}", 0.0, "It lives"),
            ("It {lives|has died deaths in a}", 2.0, "It has died"),
            ("{calls_per_s in b / a}", 2.0, &ratio(2.0)),
        ] {
            assert_eq!(write(hole, &[value]), shown);
        }
    }

    #[test]
    fn a_sentence_without_one_of_its_figures_is_not_said() {
        let told = Explanation::Told("{plain calls_per_s in a}, and {calls_per_s in b / a}.");
        assert_eq!(told.labels(), ["a", "a", "b"]);
        let mut results = Results::default();
        results.push(&Contender::Ours, "a", Figures::default().with("calls_per_s", 10.0));
        assert_eq!(told.say(&results), None);
        results.push(&Contender::Ours, "b", Figures::default().with("calls_per_s", 15.0));
        assert_eq!(told.say(&results), Some(format!("10.00, and {}.", ratio(1.5))));
    }
}
