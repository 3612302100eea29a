//! Timelines of runs made up by hand.

use super::*;
use crate::lab::cli::Glyphs;
use crate::lab::testing;
use crate::trace::file::Facts;

const PAGE: Page = Page { width: 80, glyphs: Glyphs::Unicode, lanes_max: 16 };
const ALL: Asked = Asked { run: None, from_ns: 0, until_ns: None, whose: Whose::Trains };
const MS: u64 = 1_000_000;

/// What `compare` would have recorded: the runs of a report made up by hand.
fn trace() -> Trace {
    let (_, measured) = testing::report();
    let runs = measured.into_iter().map(|one| {
        let about = Facts::default()
            .with("label", one.contender.label())
            .with("workload", one.contender.workload.to_string());
        Run { about, recording: one.recording.unwrap() }
    });
    Trace::of(Facts::default().with("program", "trainyard test"), runs.collect())
}

fn page(trace: &Trace, asked: &Asked, page: Page) -> String {
    let timeline = plan(trace, asked).unwrap();
    anstream::adapter::strip_str(&draw(&timeline, page)).to_string()
}

fn of_run(run: &str) -> Asked {
    Asked { run: Some(run.to_owned()), ..ALL }
}

#[test]
fn two_threads_under_a_lock_look_like_this() {
    let expected = include_str!("expected_80.txt");
    let text = page(&trace(), &of_run("7"), PAGE);
    assert_eq!(text, expected, "\n{text}");
}
