//! Quantities: which figure of which cell, and the sentences that they are put into.
//!
//! | written | is | is shown as |
//! | --- | --- | --- |
//! | `figure("p50_s", ALONE)` | one figure of one cell | its name says: `_s`, `_bytes`, `share` |
//! | `each("lost", [A, B])` | the same figure of several cells | |
//! | `all(["lost", "done"], A)` | several figures of one cell | |
//! | `times("wall_s", [A, B])` | how many times as much it is in B as in A | `1.97 times` |
//! | `gained([A, B])` | the same of `calls_per_s` | |
//! | `figure("lost", A).in_ours()` | ours, whoever is checked | |

use super::contender::Contender;
use super::figures::Results;
use lab_core::text::numbers::{bytes, count, grouped, percent, ratio, seconds};

/// A figure of a cell, or what it is compared with that of another.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    figure: &'static str,
    cell: &'static str,
    beside: Option<&'static str>,
    is_ours: bool,
}

/// One figure of one cell.
pub const fn figure(figure: &'static str, cell: &'static str) -> Quantity {
    Quantity { figure, cell, beside: None, is_ours: false }
}

/// The same figure of each of these cells.
pub const fn each<const N: usize>(name: &'static str, cells: [&'static str; N]) -> [Quantity; N] {
    let mut quantities = [figure(name, ""); N];
    let mut number = 0;
    while number < N {
        quantities[number].cell = cells[number];
        number += 1;
    }
    quantities
}

/// All these figures of one cell.
pub const fn all<const N: usize>(names: [&'static str; N], cell: &'static str) -> [Quantity; N] {
    let mut quantities = [figure("", cell); N];
    let mut number = 0;
    while number < N {
        quantities[number].figure = names[number];
        number += 1;
    }
    quantities
}

/// How many times as much of a figure there is in the second cell as in the first.
pub const fn times(name: &'static str, [one, two]: [&'static str; 2]) -> Quantity {
    Quantity { beside: Some(one), ..figure(name, two) }
}

/// How many times as much is done in the second cell as in the first.
pub const fn gained(cells: [&'static str; 2]) -> Quantity {
    times("calls_per_s", cells)
}

impl Quantity {
    /// The figure of our own runtime, also where a CPython is checked.
    #[must_use]
    pub const fn in_ours(self) -> Self {
        Self { is_ours: true, ..self }
    }

    /// Looks it up.
    pub fn value(&self, results: &Results, who: &Contender) -> Option<f64> {
        let who = if self.is_ours { &Contender::Ours } else { who };
        let value = results.of(who, self.cell, self.figure)?;
        match self.beside {
            Some(cell) => Some(value / results.of(who, cell, self.figure)?),
            None => Some(value),
        }
    }

    /// The cells that it is about.
    pub fn labels(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.beside.into_iter().chain([self.cell])
    }

    fn write(&self, value: f64, form: &str) -> String {
        let is_time = self.figure.ends_with("_s") && !self.figure.ends_with("_per_s");
        match form {
            "" if self.beside.is_some() => ratio(value),
            "" if is_time => seconds(value),
            "" if self.figure.ends_with("_bytes") => bytes(value),
            "" if self.figure.ends_with("share") => percent(value),
            "" => value.to_string(),
            "percent" => percent(value),
            "grouped" => grouped(whole(value)),
            "whole" => format!("{value:.0}"),
            "plain" => format!("{value:.2}"),
            noun => count(usize::try_from(whole(value)).unwrap_or(usize::MAX), noun),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a count")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// Writes `values` into the holes of `template`, in order: `{}` as the figure's name says,
/// `{percent}`, `{grouped}` (`12 345`), `{whole}` or `{plain}` (`0.97`) otherwise; any other word
/// is a noun that is counted: `{turn}` is `1 turn` or `12 turns`.
///
/// # Panics
///
/// Panics if there are more holes than values.
pub fn write(template: &str, quantities: &[Quantity], values: &[f64]) -> String {
    let mut pairs = quantities.iter().zip(values);
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, hole)) = rest.split_once('{') {
        let (form, after) = hole.split_once('}').expect("a hole is closed");
        let (quantity, value) = pairs.next().expect("there is a figure for each hole");
        text += before;
        text += &quantity.write(*value, form);
        rest = after;
    }
    text + rest
}

/// What follows from our own figures.
#[derive(Clone, Copy, Debug)]
pub enum Explanation {
    /// A text with a hole for each figure, as for [`write`].
    Told(&'static str, &'static [Quantity]),
    /// Words that depend on the figures.
    By(fn(&Results) -> Option<String>),
}

impl Explanation {
    /// Says it; `None` if a figure is missing.
    pub fn say(self, results: &Results) -> Option<String> {
        match self {
            Self::Told(template, quantities) => {
                let values = quantities.iter().map(|one| one.value(results, &Contender::Ours));
                Some(write(template, quantities, &values.collect::<Option<Vec<f64>>>()?))
            }
            Self::By(say) => say(results),
        }
    }

    /// The labels that it names, each of which must be a cell's.
    pub fn labels(self) -> Vec<&'static str> {
        match self {
            Self::Told(_, quantities) => quantities.iter().flat_map(Quantity::labels).collect(),
            Self::By(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Figures;
    use super::*;

    #[test]
    fn a_figure_is_written_as_its_name_or_its_hole_says() {
        let shown = |name, value, hole| write(hole, &[figure(name, "a")], &[value]);
        assert_eq!(shown("p50_s", 0.005, "{}"), "5 ms");
        assert_eq!(shown("calls_per_s", 12_345.4, "{whole} in a second"), "12345 in a second");
        assert_eq!(shown("lost_share", 0.25, "{}"), "25 %");
        assert_eq!(shown("memory_bytes", 9_800.0, "{}"), bytes(9_800.0));
        assert_eq!(shown("lost", 12_345.0, "{}"), "12345");
        assert_eq!(shown("lost", 12_345.0, "{grouped} lost"), "12 345 lost");
        assert_eq!(shown("jain", 0.967, "It is {plain}"), "It is 0.97");
        assert_eq!(shown("turns", 1.0, "{turn}"), "1 turn");
        assert_eq!(write("{}", &[gained(["a", "b"])], &[2.0]), ratio(2.0));
    }

    #[test]
    fn a_sentence_without_one_of_its_figures_is_not_said() {
        const GAINED: [Quantity; 1] = [gained(["a", "b"])];
        let told = Explanation::Told("{}.", &GAINED);
        let mut results = Results::default();
        results.push(&Contender::Ours, "a", Figures::default().with("calls_per_s", 10.0));
        assert_eq!(told.say(&results), None);
        results.push(&Contender::Ours, "b", Figures::default().with("calls_per_s", 15.0));
        assert_eq!(told.say(&results), Some(format!("{}.", ratio(1.5))));
    }
}
