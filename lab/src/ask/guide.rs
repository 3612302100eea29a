//! The guided tour: twelve experiments in an hour, for somebody who is new to all of this.
//!
//! Each stop goes predict, run, look, change, make: a prediction before the run is what makes the
//! difference between reading and learning (PRIMM: Sentance, Waite and Kallia, "Teaching computer
//! programming with PRIMM", Computer Science Education 29, 2019). What is asked, run and checked is
//! the experiment's; what to look at, to change and to make is its lesson, on the
//! same page.

use super::experiment::catalogue::tour;
use super::experiment::kit::experiment::{Activity, Lesson};
use super::experiment::running::page;
use lab_core::text::add;
use lab_core::text::wrap::wrap;

const EXAMPLES: &str = "\
Examples:
  trainyard guide        what there is to see
  trainyard guide 1      the first stop";

/// Walk through twelve experiments in an hour: predict, run, look, change one thing, make one
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Guide {
    /// Which stop, from 1; none means the plan
    #[arg(value_name = "STOP", value_parser = stop_number, allow_negative_numbers = true)]
    pub stop: Option<usize>,
}

/// A positional argument, so its reason stands alone.
fn stop_number(text: &str) -> Result<usize, String> {
    let last = tour().len();
    let number = text.parse().ok().filter(|number| (1..=last).contains(number));
    number.ok_or_else(|| format!("the guide has no stop '{text}'; its stops are 1 to {last}"))
}

/// Columns of the page.
const WIDTH: usize = 80;

/// Renders the page of a stop, or the plan.
pub(crate) fn render(guide: Guide) -> String {
    guide.stop.map_or_else(plan, stop)
}

fn plan() -> String {
    let intro = "An hour with threads, tasks and processes: twelve questions of five minutes. \
                 At each you predict, run, look, change one thing, and make one. The answers are \
                 this machine's own.";
    let mut text = wrap(intro, WIDTH, 0) + "\n";
    for (number, (experiment, _)) in (1..).zip(tour()) {
        let title = wrap(experiment.title, WIDTH - 26, 26);
        add!(text, "{number:>3}  {:20} {title}", experiment.name);
    }
    text += "\nBegin:\n  trainyard guide 1\n";
    text
}

fn stop(number: usize) -> String {
    let stops = tour();
    let (experiment, Lesson { look, change, make, .. }) = stops[number - 1];
    let mut text = format!("Stop {number} of {}\n\n", stops.len());
    text += &page::question(experiment);
    text += "\nPredict: pick one before you go on, and say why.\n\n";
    add!(text, "Run:     trainyard experiment run {} --quick\n\n", experiment.name);
    text += &task("Look:", look);
    text += &task("Change:", change);
    add!(text, "Make:    {}", wrap(make, WIDTH - INDENT, INDENT));
    let next = if number < stops.len() {
        format!("trainyard guide {}", number + 1)
    } else {
        "trainyard experiment list        there are more".to_owned()
    };
    add!(text, "\nNext:    {next}\n");
    text
}

/// Where a task's words begin.
const INDENT: usize = 9;

fn task(verb: &str, task: &Activity) -> String {
    let says = wrap(task.says, WIDTH - INDENT, INDENT);
    format!("{verb:INDENT$}trainyard {}\n{:INDENT$}{says}\n", task.command, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tour_has_twelve_different_stops_that_all_say_what_to_do() {
        let names: std::collections::BTreeSet<_> =
            tour().iter().map(|(experiment, _)| experiment.name).collect();
        assert_eq!((tour().len(), names.len()), (12, 12));
        for number in 1..=tour().len() {
            let page = render(Guide { stop: Some(number) });
            for word in ["Predict:", "Run:", "Look:", "Change:", "Make:", "Next:"] {
                assert!(page.contains(word), "{number} has no {word}");
            }
            assert!(page.lines().all(|line| line.chars().count() <= WIDTH + 10), "{page}");
        }
    }
}
