//! Quantities: which figure of which cell, written as a hole in a text.
//!
//! | hole | is | is shown as |
//! | --- | --- | --- |
//! | `{p50_s in alone}` | a figure of the cell with this label | `5 ms`: by the figure's name |
//! | `{wall_s in B / A}` | how many times as much it is in B as in A | `1.97x` |
//! | `{knee}` | a figure of the whole run: see [`Design::notes`] | |
//! | `{grouped lost in A}` | also `whole`, `plain`, `percent`, `ratio` | `12 345`, `12345`, `0.97`, `97 %` |
//! | `{turn turns in A}` | any other word is a noun that is counted | `1 turn`, `12 turns` |
//! | `{silent x in A}` | a figure that only the condition needs | nothing |
//! | `{lives\|has died deaths in A}` | the first words if it is 0, or else the others | `has died` |
//! | `{our lost in A}` | also before a form: our own, whoever is checked | |
//! | `{their lost in A}` | the same of the first CPython that was measured there | |
//! | `{their who lost in A}` | | its name |
//! | `[, and {writes in A} writes]` | words that are left out if a figure of them is missing | |
//!
//! By its name, a figure is a time (`_s`), a size (`_bytes`) or a share (`share`), or else a plain
//! number, with two decimals if it has any. A test of the catalogue sees to it that each label is a
//! cell's.
//!
//! [`Design::notes`]: super::experiment::Design::notes

use super::contender::Contender;
use super::figures::Results;
use lab_core::text::numbers::{bytes, count, grouped, percent, ratio, seconds};

/// A figure of a cell, or what it is compared with that of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantity {
    /// `our`, `their`, or empty: whoever is checked.
    whose: &'static str,
    form: &'static str,
    figure: &'static str,
    cell: &'static str,
    beside: Option<&'static str>,
}

/// The quantities that a text names, in order.
pub(crate) fn quantities(text: &'static str) -> impl Iterator<Item = Quantity> {
    text.split(['{', '}']).skip(1).step_by(2).map(Quantity::named)
}

/// A text with its holes filled, and what they were filled with, in order; `None` if a figure is
/// missing. One that is missing in brackets is not a number.
pub(crate) fn said(
    text: &'static str,
    results: &Results,
    who: &Contender,
) -> Option<(String, Vec<f64>)> {
    let (mut said, mut values) = (String::new(), Vec::new());
    for (number, part) in text.split(['[', ']']).enumerate() {
        match filled(part, results, who) {
            Some((part, more)) => {
                said += &part;
                values.extend(more);
            }
            None if number % 2 == 1 => values.extend(quantities(part).map(|_| f64::NAN)),
            None => return None,
        }
    }
    Some((said, values))
}

fn filled(text: &'static str, results: &Results, who: &Contender) -> Option<(String, Vec<f64>)> {
    let (mut filled, mut values) = (String::new(), Vec::new());
    for (number, part) in text.split(['{', '}']).enumerate() {
        if number % 2 == 0 {
            filled += part;
            continue;
        }
        let quantity = Quantity::named(part);
        let who = quantity.who(results, who)?;
        let value = quantity.value(results, who)?;
        if quantity.form == "silent" {
            // A space before it is a place where the page may break the line.
            filled.truncate(filled.trim_end().len());
        }
        filled += &match quantity.form {
            "who" => who.to_string(),
            "" if quantity.beside.is_some() => ratio(value),
            form => written(form, quantity.figure, value),
        };
        values.push(value);
    }
    Some((filled, values))
}

impl Quantity {
    fn named(hole: &'static str) -> Self {
        let (words, cells) = hole.split_once(" in ").unwrap_or((hole, ""));
        let own = words.split_once(' ').filter(|(whose, _)| ["our", "their"].contains(whose));
        let (whose, words) = own.unwrap_or(("", words));
        let (form, figure) = words.rsplit_once(' ').unwrap_or(("", words));
        assert!(form.contains('|') || !form.contains(' '), "{hole}: its form is no word");
        let (cell, beside) = match cells.split_once(" / ") {
            Some((cell, beside)) => (cell, Some(beside)),
            None => (cells, None),
        };
        Self { whose, form, figure, cell, beside }
    }

    fn who<'a>(&self, results: &'a Results, who: &'a Contender) -> Option<&'a Contender> {
        match self.whose {
            "our" => Some(&Contender::Ours),
            "their" => results.first_python(self.cell, self.figure),
            _ => Some(who),
        }
    }

    fn value(&self, results: &Results, who: &Contender) -> Option<f64> {
        let value = results.of(who, self.cell, self.figure)?;
        let value = match self.beside {
            Some(cell) => value / results.of(who, cell, self.figure)?,
            None => value,
        };
        // Nothing beside nothing is no ratio, and can be no claim's figure.
        (!value.is_nan()).then_some(value)
    }

    /// The cells that it is about; none if it is about the whole run.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.beside.into_iter().chain([self.cell]).filter(|label| !label.is_empty())
    }
}

/// Writes a figure in a form, or as its name says.
pub(crate) fn written(form: &str, figure: &str, value: f64) -> String {
    if let Some((none, some)) = form.split_once('|') {
        return if whole(value) == 0 { none } else { some }.to_owned();
    }
    match form {
        "silent" => String::new(),
        "grouped" => grouped(whole(value)),
        "whole" => format!("{value:.0}"),
        "percent" => percent(value),
        "ratio" => ratio(value),
        "" if is_time(figure) => seconds(value),
        "" if figure.ends_with("_bytes") => bytes(value),
        "" if figure.ends_with("share") => percent(value),
        "" if value.fract() == 0.0 => value.to_string(),
        "" | "plain" => format!("{value:.2}"),
        noun => count(usize::try_from(whole(value)).unwrap_or(usize::MAX), noun),
    }
}

/// Whether a figure counts what its name says, and is neither a time, a size nor a share.
pub(crate) fn is_count(figure: &str) -> bool {
    !is_time(figure) && !figure.ends_with("_bytes") && !figure.ends_with("share")
}

fn is_time(figure: &str) -> bool {
    figure.ends_with("_s") && !figure.ends_with("_per_s")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a count")]
fn whole(value: f64) -> u64 {
    value.round() as u64
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
            ("{lost in a}", 12_345.0, "12345"),
            ("{jain in a}", 0.1 + 0.2, "0.30"),
            ("{grouped lost in a} lost", 12_345.0, "12 345 lost"),
            ("It is {plain jain in a}", 0.967, "It is 0.97"),
            ("{turn turns in a}", 1.0, "1 turn"),
            ("in a {silent turns in a}.", 1.0, "in a."),
            ("{our lost in a} in ours", 3.0, "3 in ours"),
            ("{our percent lost in a} in ours", 0.5, "50 % in ours"),
            ("It {lives|has died deaths in a}", 0.0, "It lives"),
            ("It {lives|has died deaths in a}", 2.0, "It has died"),
            ("{calls_per_s in a / b}", 2.0, &ratio(2.0)),
            ("{x in a}[, not {x in c}]", 2.0, "2"),
            ("{x in a}[ or {x in b}][: {their who x in a} {their x in a}]", 2.0, "2 or 1"),
        ] {
            let mut results = Results::default();
            let figure = quantities(hole).next().unwrap().figure;
            for (cell, value) in [("a", value), ("b", 1.0)] {
                results.push(&Contender::Ours, cell, Figures::default().with(figure, value));
            }
            assert_eq!(said(hole, &results, &Contender::Ours).unwrap().0, shown);
        }
    }

    #[test]
    fn a_sentence_without_one_of_its_figures_is_not_said() {
        let text = "{plain calls_per_s in a}, and {calls_per_s in b / a}.";
        assert_eq!(
            quantities(text).flat_map(|one| one.labels()).collect::<Vec<_>>(),
            ["a", "a", "b"]
        );
        let mut results = Results::default();
        results.push(&Contender::Ours, "a", Figures::default().with("calls_per_s", 10.0));
        assert_eq!(said(text, &results, &Contender::Ours), None);
        results.push(&Contender::Ours, "b", Figures::default().with("calls_per_s", 15.0));
        let text = said(text, &results, &Contender::Ours).unwrap().0;
        assert_eq!(text, format!("10.00, and {}.", ratio(1.5)));
    }
}
