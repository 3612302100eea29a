//! Pictures of a comparison made up by hand.

use super::*;
use crate::ask::compare::testing;
use lab_core::terms::contender::GilState;

fn plain(report: &Report, measured: &[Measured], style: Style) -> String {
    anstream::adapter::strip_str(&draw(report, measured, style)).to_string()
}

const WIDE: Style = Style { width: 80, glyphs: Glyphs::Unicode };

#[test]
fn the_picture_fits_eighty_columns_and_looks_like_this() {
    let (report, measured) = testing::report();
    let expected = include_str!("expected_80.txt");
    let picture = plain(&report, &measured, WIDE);
    assert_eq!(picture, expected, "\n{picture}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let (report, measured) = testing::report();
    for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
        for width in (40..130).step_by(3) {
            let picture = plain(&report, &measured, Style { width, glyphs });
            // INVARIANT: [PICTURE-1]
            let widest = picture.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= width.min(100), "{width} columns, {widest} used:\n{picture}");
            assert!(glyphs == Glyphs::Unicode || picture.is_ascii());
        }
    }
}

#[test]
fn two_threads_under_a_lock_alternate_and_without_it_do_not() {
    let (report, measured) = testing::report();
    let picture = plain(&report, &measured, Style { glyphs: Glyphs::Ascii, ..WIDE });
    let strip = |label: &str, offset: usize| {
        let block = picture.split("CPU-bound").nth(1).unwrap();
        let line = block.lines().position(|line| line.contains(label)).unwrap();
        block.lines().nth(line + offset).unwrap().split('|').nth(1).unwrap().to_owned()
    };
    let (first, second) = (strip("2 threads, lock on", 0), strip("2 threads, lock on", 1));
    for (above, below) in first.chars().zip(second.chars()) {
        let one_works = matches!((above, below), ('#' | '%', '=') | ('=', '#' | '%'));
        assert!(one_works, "{first}\n{second}");
    }
    assert!(first.contains("#=") && first.contains("=#"), "{first}");
    let at_once = strip("2 threads, lock off", 0) + &strip("2 threads, lock off", 1);
    assert_eq!(at_once.trim_matches('#'), "");
}

/// Fails if a strip always begins with the first work: the second thread has none yet then.
#[test]
fn a_short_window_waits_for_the_second_train() {
    let (_, mut measured) = testing::report();
    // Turns of 100 us, and a second thread that comes after ten of them.
    for event in &mut measured[6].recording.as_mut().unwrap().events {
        event.time_ns /= 50;
        event.time_ns += if event.time_ns > 0 { 1_000_000 } else { 0 };
    }
    let (mut report, measured) = testing::report_of(measured);
    report.params.switch_interval_ns = 100_000;
    let picture = plain(&report, &measured, Style { glyphs: Glyphs::Ascii, ..WIDE });
    assert!(picture.contains("600 us, from when two are at work"), "{picture}");
    assert!(picture.contains("====%###%====%###=====###%| 2 CPUs, 1 at a time"), "{picture}");
}

#[test]
fn a_contender_that_was_not_recorded_and_lost_events_say_so() {
    let (_, mut measured) = testing::report();
    measured[1].recording = None;
    measured[3].recording.as_mut().unwrap().tracks[0].overwritten = 12;
    let (report, measured) = testing::report_of(measured);
    let picture = plain(&report, &measured, WIDE);
    let line = |label: &str| picture.lines().find(|line| line.contains(label)).unwrap();
    assert!(line("5 threads, lock on").contains("| "), "{picture}");
    assert!(line("5 threads, lock on").contains("not recorded"), "{picture}");
    assert!(picture.contains("(12 events were lost)"), "{picture}");
}

#[test]
fn too_few_rounds_are_no_verdict() {
    let (_, mut measured) = testing::report();
    for one in &mut measured {
        one.wall_s.truncate(3);
    }
    let (report, measured) = testing::report_of(measured);
    let picture = plain(&report, &measured, WIDE);
    assert!(picture.contains("4.7x, no verdict"), "{picture}");
    assert!(!picture.contains("faster"), "{picture}");
}

#[test]
fn without_the_reference_there_is_no_ratio() {
    let (_, measured) = testing::report();
    let rest = measured.into_iter().filter(|one| one.contender.model != Model::Sync).collect();
    let (report, measured) = testing::report_of(rest);
    assert!(plain(&report, &measured, WIDE).contains("no reference"));
    let (report, measured) = testing::report_of(Vec::new());
    assert_eq!(draw(&report, &measured, WIDE), "");
}

#[test]
fn a_window_shows_what_repeats_and_is_not_longer_than_the_work() {
    let (mut report, measured) = testing::report();
    // The turns that were seen are longer than that, so they decide.
    report.params.switch_interval_ns = 100_000;
    let picture = plain(&report, &measured, WIDE);
    let computing = picture.split("CPU-bound").nth(1).unwrap();
    assert!(computing.contains("the first 30 ms"), "{picture}");
    report.params.switch_interval_ns = 1_000_000_000;
    report.params.latency_ns = 0;
    let picture = plain(&report, &measured, WIDE);
    assert!(
        picture.contains("the first 80 ms") && picture.contains("the first 40 ms"),
        "{picture}"
    );
}

#[test]
fn a_thousand_threads_still_have_a_picture() {
    let (_, mut measured) = testing::report();
    for one in &mut measured {
        if one.contender.gil != GilState::None {
            one.contender.workers = 1000;
        }
    }
    let (report, measured) = testing::report_of(measured);
    let picture = plain(&report, &measured, WIDE);
    assert!(picture.lines().all(|line| line.chars().count() <= 80), "{picture}");
}
