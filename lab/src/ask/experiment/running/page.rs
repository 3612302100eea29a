//! What a person gets: a list, a page that says what will be done, a page that says what was found.
//!
//! Made for 80 columns. Escape sequences are always in the text; whoever prints it takes them out
//! where they are not wanted.

use std::fmt::Write;

use anstyle::{AnsiColor, Style as Ansi};

use super::report::{self, Finding, Prediction, Report, names};
use crate::ask::document::{self, BOLD};
use crate::ask::experiment::catalogue::experiments;
use crate::ask::experiment::kit::prelude::*;
use lab_core::text::wrap::wrap;

const GOOD: Ansi = AnsiColor::Green.on_default();
const BAD: Ansi = AnsiColor::Red.on_default().bold();
const WIDTH: usize = 80;
/// Where a list's text begins.
const INDENT: usize = 4;
/// The longest name, and a blank.
const NAME_WIDTH: usize = 20;
/// `skipped`, and a blank.
const WORD_WIDTH: usize = 8;

/// Lists experiments, group by group. A line that begins with two blanks and a letter begins one.
pub(crate) fn list(groups: &[Group]) -> String {
    let mut text = String::new();
    for group in groups {
        let _ = writeln!(text, "{BOLD}{}{BOLD:#}: {}", group.name(), group.title());
        for Experiment { name, title, .. } in experiments(*group) {
            let title = wrap(title, WIDTH - NAME_WIDTH - 3, NAME_WIDTH + 3);
            let _ = write!(text, "  {name:NAME_WIDTH$} {title}");
        }
        text.push('\n');
    }
    text + "Try next:\n  trainyard experiment show convoy\n\
            \x20 trainyard experiment run convoy --quick\n\
            \x20 trainyard experiment run --group lock --python=auto\n\
            \x20 trainyard experiment run --all --quick\n"
}

pub(crate) fn show(experiment: &Experiment) -> String {
    let mut text = question(experiment);
    text += &paragraph(experiment.method);
    text += "\nWhat must hold, and the wrong setting under which it must not:\n";
    for Relation { name, says, fails_with, .. } in &experiment.relations {
        text += &item(2, &format!("{name}: {says}"));
        text += &item(INDENT, &format!("--wrong {name}: {fails_with}"));
    }
    let cells = experiment.cells(Scale::Full);
    let _ = writeln!(text, "\n{}:", count(cells.len(), "cell"));
    for cell in cells {
        let _ = writeln!(text, "  {}", cell.label);
    }
    text += "\nRead on:\n";
    for place in &experiment.read {
        let _ = writeln!(text, "  {place}");
    }
    let _ = writeln!(text, "\nTry next:\n  trainyard experiment run {} --quick", experiment.name);
    text
}

fn heading(experiment: &Experiment) -> String {
    format!("{BOLD}{}{BOLD:#}: {}\n\n", experiment.name, experiment.title)
}

/// The question, and what one may predict.
pub(crate) fn question(experiment: &Experiment) -> String {
    let mut text = heading(experiment);
    text += &wrap(experiment.question, WIDTH, 0);
    for (index, choice) in experiment.choices.iter().enumerate() {
        let _ = write!(text, "  {}. {}", index + 1, wrap(choice, WIDTH - 5, 5));
    }
    text
}

pub(crate) fn results(report: &Report) -> String {
    let mut text = String::new();
    if let Some(relation) = report.wrong {
        let says = format!(
            "With a wrong setting ({}), so that the relation {} should fail.",
            relation.fails_with, relation.name
        );
        text += &wrap(&says, WIDTH, 0);
        text.push('\n');
    }
    for finding in &report.findings {
        text += &one(finding, report.wrong.is_some());
    }
    text += &wrap(&conditions(report), WIDTH, 0);
    if report.findings.len() > 1 {
        text += &sum(&report.findings);
        text += if report.is_complete { "\n" } else { "; interrupted\n" };
    }
    text
}

/// How all relations of several experiments ended, the count last, where it is seen.
fn sum(findings: &[Finding]) -> String {
    let [hold, skipped, failed] = [Ending::Holds, Ending::Skipped, Ending::Failed]
        .map(|ending| report::count(findings, ending));
    let holds = if hold == 1 { "relation holds" } else { "relations hold" };
    let line = format!("{hold} {holds}, {skipped} skipped, {failed} failed");
    let named = |word: &str, ending| {
        let names = names(findings, ending).join(", ");
        if names.is_empty() { names } else { paragraph(&format!("{word}: {names}.")) }
    };
    let (failures, skips) = (named("Failed", Ending::Failed), named("Skipped", Ending::Skipped));
    format!("{failures}{skips}\n{line}")
}

fn conditions(report: &Report) -> String {
    let host = &report.host;
    let rounds = count(report.scale.rounds(), "round");
    let load = report.load_average.map(|load| format!(", a load of {load:.1} before"));
    format!(
        "Medians of {rounds}, contenders in turn, each in a process of its own. {} ({}), Linux {}{}.",
        count(host.cpus, "CPU"),
        host.cpu_model,
        host.kernel,
        load.unwrap_or_default()
    )
}

fn one(finding: &Finding, is_wrong: bool) -> String {
    let experiment = finding.experiment;
    let mut text = match finding.prediction {
        Prediction::NotAsked => question(experiment) + "\n",
        // Who was asked has just read it.
        Prediction::None | Prediction::Choice(_) => heading(experiment),
    };
    let right = experiment.answer + 1;
    if let Some(said) = finding.prediction.choice().map(|choice| choice + 1) {
        let is = if said == right {
            ", and that is right".to_owned()
        } else {
            format!(". It is {right}")
        };
        let _ = writeln!(text, "You said {said}{is}.\n");
    }
    text += &table(finding);
    for LeftOut { contender, cell, why } in &finding.results.left_out {
        text += &item(2, &format!("{cell}, {contender}: left out. {why}"));
    }
    text += &relations(&finding.outcomes);
    // The explanation is of the right settings.
    if let Some(explanation) = finding.explanation().filter(|_| !is_wrong) {
        text += &paragraph(&explanation);
    }
    if !is_wrong && finding.prediction.choice().is_none() {
        text += &paragraph(&format!("The answer: number {right}."));
    }
    text.push('\n');
    text
}

/// One line for each cell and contender; columns that nobody has are left out.
fn table(finding: &Finding) -> String {
    let measured = &finding.results.measured;
    let has = |column: &&Column| measured.iter().any(|one| one.median(column.figure).is_some());
    let columns: Vec<&Column> = finding.experiment.columns.iter().filter(has).collect();
    let titles = columns.iter().map(|column| column.title.clone());
    let header: Vec<String> = [String::new(), String::new()].into_iter().chain(titles).collect();
    let mut rows = Vec::new();
    for cell in &finding.cells {
        let here = measured.iter().filter(|one| one.cell == cell.label);
        for (index, one) in here.enumerate() {
            let label = if index == 0 { cell.label.as_str() } else { "" };
            let figures = columns.iter().map(|column| {
                let figure = one.median(column.figure);
                figure.map_or_else(|| "-".to_owned(), |figure| column.write(figure))
            });
            let names = [label.to_owned(), one.contender.to_string()];
            rows.push(names.into_iter().chain(figures).collect());
        }
    }
    document::columns(&header, &rows, 2)
}

/// Each claim once, and under it how it ended for whom.
fn relations(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for same in outcomes.chunk_by(|one, next| one.name == next.name) {
        let Outcome { name, says, .. } = &same[0];
        let _ = write!(text, "\n{}", wrap(&format!("{name}: {says}"), WIDTH, INDENT));
        for outcome in same {
            text += &ending(outcome);
        }
    }
    text
}

fn ending(outcome: &Outcome) -> String {
    let Outcome { contender, ending, figures, attempts, .. } = outcome;
    let (style, word) = match ending {
        Ending::Holds => (GOOD, "holds"),
        Ending::Failed => (BAD, "FAILED"),
        Ending::Skipped => (Ansi::new(), "skipped"),
    };
    let again = match attempts {
        1 => String::new(),
        attempts => format!(" (measured {attempts} times)"),
    };
    let text = format!("{contender}: {figures}{again}");
    let indent = INDENT + WORD_WIDTH;
    let text = wrap(&text, WIDTH - indent, indent + INDENT);
    format!("{:INDENT$}{style}{word:WORD_WIDTH$}{style:#}{text}", "")
}

fn paragraph(text: &str) -> String {
    format!("\n{}", wrap(text, WIDTH, 0))
}

/// Begins at `indent`; what is wrapped begins at twice that.
fn item(indent: usize, text: &str) -> String {
    format!("{:indent$}{}", "", wrap(text, WIDTH - indent, 2 * indent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::experiment::catalogue::find;

    fn finding(name: &str, endings: &[Ending]) -> Finding {
        let experiment = find(name).unwrap();
        let relation = &experiment.relations[0];
        let outcome = |&ending: &Ending| Outcome {
            name: relation.name,
            says: relation.says,
            nature: Nature::Count,
            contender: "ours".to_owned(),
            ending,
            figures: String::new(),
            attempts: 1,
        };
        Finding {
            experiment,
            cells: Vec::new(),
            results: Results::default(),
            outcomes: endings.iter().map(outcome).collect(),
            prediction: Prediction::NotAsked,
        }
    }

    #[test]
    fn several_experiments_end_with_a_count_and_the_names_of_what_does_not_hold() {
        use Ending::{Failed, Holds, Skipped};
        let findings =
            [finding("convoy", &[Holds, Skipped, Skipped]), finding("daemon", &[Failed])];
        let expected = "\nFailed: a-thread-is-waited-for (daemon).\n\nSkipped: one-to-two-intervals (convoy).\n\n\
                        1 relation holds, 2 skipped, 1 failed";
        assert_eq!(sum(&findings), expected);
        let expected = "\n2 relations hold, 0 skipped, 0 failed";
        assert_eq!(sum(&[finding("convoy", &[Holds, Holds])]), expected);
    }

    #[test]
    fn who_made_no_prediction_is_told_the_answer_unless_a_wrong_setting_was_asked_for() {
        let seen = finding("convoy", &[Ending::Holds]);
        assert!(one(&seen, false).ends_with("\nThe answer: number 3.\n\n"));
        assert!(!one(&seen, true).contains("The answer"));
        let said = Finding { prediction: Prediction::Choice(0), ..seen };
        assert!(!one(&said, false).contains("The answer"));
    }
}
