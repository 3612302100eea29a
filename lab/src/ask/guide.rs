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

/// What is asked of the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guide {
    /// What there is to see.
    Plan,
    /// One stop, by its number, from 1.
    Stop(usize),
}

/// Columns of the page.
const WIDTH: usize = 80;

/// Renders the page.
///
/// # Panics
///
/// Panics for a stop that there is not; the command line has none.
pub fn render(guide: Guide) -> String {
    match guide {
        Guide::Plan => plan(),
        Guide::Stop(number) => stop(number),
    }
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
            let page = render(Guide::Stop(number));
            for word in ["Predict:", "Run:", "Look:", "Change:", "Make:", "Next:"] {
                assert!(page.contains(word), "{number} has no {word}");
            }
            assert!(page.lines().all(|line| line.chars().count() <= WIDTH + 10), "{page}");
        }
    }
}
