//! Timelines of runs made up by hand.

use super::*;
use crate::lab::cli::Glyphs;
use crate::lab::view::testing;

const PAGE: Page = Page { width: 80, glyphs: Glyphs::Unicode, lanes_max: 16 };
const ALL: Asked = Asked { run: None, from_ns: 0, until_ns: None, whose: Whose::Trains };
const MS: u64 = 1_000_000;

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
    let text = page(&testing::all(), &of_run("7"), PAGE);
    assert_eq!(text, expected, "\n{text}");
}
