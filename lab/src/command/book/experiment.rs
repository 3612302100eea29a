//! The page of one experiment: question, what one may expect, what is done, what must hold, and
//! what came out where it was last run.

use crate::ask::experiment::kit::cell::Scale;
use crate::ask::experiment::kit::experiment::Experiment;
use lab_core::text::wrap::wrap;
use lab_core::text::{add, capitalised};

/// Where the page lies, from `docs/`.
pub fn path(experiment: &Experiment) -> String {
    format!("experiments/{}.md", experiment.name)
}

/// Columns of the page.
const WIDTH: usize = 100;

/// Makes the page.
pub(super) fn page(experiment: &Experiment, quoted: &dyn Fn(&str) -> Option<String>) -> String {
    let Experiment { name, title, question, choices, answer, method, .. } = experiment;
    let mut text = format!("# {name}: {title}\n\n{}\n", wrap(question, WIDTH, 0));
    for (number, choice) in (1..).zip(choices) {
        add!(text, "{number}. {}", wrap(choice, WIDTH - 3, 3));
    }
    let right = wrap(choices[*answer], WIDTH, 0);
    add!(
        text,
        "\n<details><summary>Decide first, then look</summary>\n\nNumber {}: {right}\n</details>\n",
        answer + 1
    );
    add!(text, "\n## What is done\n\n{}\n", wrap(method, WIDTH, 0));
    add!(text, "```sh\ntrainyard experiment run {name} --quick\n```\n\n");
    text += &settings(experiment);
    text += &relations(experiment);
    text += &seen(experiment, quoted);
    text += &read_on(experiment);
    text
}

fn settings(experiment: &Experiment) -> String {
    let labels: Vec<String> =
        experiment.cells(Scale::Full).into_iter().map(|cell| cell.label).collect();
    let beside = match experiment.design.twin {
        Some(_) => " A CPython of your own does the same with `--python=PATH`.",
        None => "",
    };
    wrap(&format!("Settings: {}.{beside}", labels.join("; ")), WIDTH, 0)
}

fn relations(experiment: &Experiment) -> String {
    let mut text = String::from(
        "\n## What must hold\n\nA relation that cannot fail says nothing: each is checked after \
         every run, and fails with its wrong setting.\n\n| relation | it says | fails with |\n\
         | --- | --- | --- |\n",
    );
    for relation in &experiment.relations {
        let (name, says) = (relation.name, capitalised(relation.says));
        let wrong = relation.fails_with;
        add!(text, "| {name} | {says} | {wrong}: `--wrong {name}` |\n");
    }
    text
}

/// What a run printed, and its picture, where they are.
fn seen(experiment: &Experiment, quoted: &dyn Fn(&str) -> Option<String>) -> String {
    let (name, mut text) = (experiment.name, String::new());
    if let Some(output) = quoted(&format!("outputs/{name}.txt")) {
        add!(
            text,
            "\n## What was seen\n\nThe output of `trainyard experiment run {name} --quick`:\n\n\
             ```text\n{}\n```\n",
            output.trim_end()
        );
    }
    if quoted(&format!("figures/{name}.svg")).is_some() {
        add!(
            text,
            "\n![What each thread, task or process did, moment by moment](../figures/{name}.svg)\n\n\
             Drawn from an extra round, on the record: `trainyard experiment record {name} --quick \
             -o {name}.trace`, then `trainyard export {name}.trace --to svg --output {name}.svg`.\n"
        );
    }
    text
}

fn read_on(experiment: &Experiment) -> String {
    let mut text = String::from("\n## Read on\n\n");
    for place in &experiment.read {
        let line = match place.split_once(": ") {
            Some((target, why)) if target.starts_with("https://") => format!("<{target}>: {why}"),
            Some((file, why)) if is_file(file) => format!("[{file}](../../{file}): {why}"),
            _ => (*place).to_owned(),
        };
        add!(text, "- {line}\n");
    }
    text
}

/// Whether it names one file of ours, and nothing else.
fn is_file(place: &str) -> bool {
    let folders = ["src/", "lab/", "tests/", "examples/", "benches/", "docs/"];
    folders.iter().any(|folder| place.starts_with(folder)) && !place.contains([' ', ',', '*'])
}
