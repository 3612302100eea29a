//! The guided tour as a page: the same stops as `trainyard guide` shows one by one.

use super::experiment::path;
use crate::ask::experiment::catalogue::tour;
use crate::ask::experiment::kit::experiment::Activity;
use lab_core::text::add;
use lab_core::text::wrap::wrap;

/// Columns of the page.
const WIDTH: usize = 100;

/// Makes the page.
pub(super) fn page() -> String {
    let intro = "Twelve questions of five minutes, for somebody who is new to threads, tasks and \
                 processes. At each: predict, run, look, change one thing, make one. The answers are \
                 your machine's own. `trainyard guide` shows the same, one stop at a time.";
    let mut text = format!("# An hour's tour\n\n{}", wrap(intro, WIDTH, 0));
    for (number, (experiment, lesson)) in (1..).zip(tour()) {
        let (name, link) = (experiment.name, path(experiment));
        let title = experiment.title;
        add!(text, "\n## {number}. [{name}]({link}): {title}\n\n");
        text += &wrap(&format!("**Predict.** {}", experiment.question), WIDTH, 0);
        text.push('\n');
        for (number, choice) in (1..).zip(&experiment.choices) {
            add!(text, "{number}. {}", wrap(choice, WIDTH - 3, 3));
        }
        add!(text, "\n**Run.** `trainyard experiment run {name} --quick`\n\n");
        text += &task("Look", &lesson.look);
        text += &task("Change", &lesson.change);
        text += &wrap(&format!("**Make.** {}", lesson.make), WIDTH, 0);
    }
    text
}

fn task(verb: &str, task: &Activity) -> String {
    let line = format!("**{verb}.** `trainyard {}`: {}", task.command, task.says);
    wrap(&line, WIDTH, 0) + "\n"
}
