//! Pictures of a comparison made up by hand.

use super::*;
use crate::ask::compare::testing;
use lab_core::terms::GilState;
use lab_core::testing::check_known;
use lab_core::text::add;

const WIDE: Style = Style { width: 80, glyphs: Glyphs::Unicode };

/// The picture of a comparison of which something was changed.
fn picture(style: Style, change: impl FnOnce(&mut Report, &mut Vec<Measured>)) -> String {
    let (mut report, mut measured) = testing::report();
    change(&mut report, &mut measured);
    let params = report.params;
    (report, measured) = testing::report_of(measured);
    report.params = params;
    anstream::adapter::strip_str(&draw(&report, &measured, style)).to_string()
}

/// What it looks like on eighty columns is seen with the table below it.
#[test]
fn the_picture_fits_every_page() {
    let crowded = picture(WIDE, |_, measured| {
        let with_lock = measured.iter_mut().filter(|one| one.contender.gil != GilState::None);
        with_lock.for_each(|one| one.contender.workers = 1000);
    });
    assert!(crowded.lines().all(|line| line.chars().count() <= 80), "{crowded}");
    for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
        for width in (40..130).step_by(3) {
            let picture = picture(Style { width, glyphs }, |_, _| {});
            // INVARIANT: [PICTURE-1]
            let widest = picture.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= width.min(100), "{width} columns, {widest} used:\n{picture}");
            assert!(glyphs == Glyphs::Unicode || picture.is_ascii());
        }
    }
}

#[test]
fn every_kind_of_picture_looks_like_this() {
    // Turns of 100 us, and a second thread that comes after ten of them. Fails if a strip always
    // begins with the first work: the second thread has none yet then.
    let late = picture(Style { glyphs: Glyphs::Ascii, ..WIDE }, |report, measured| {
        for event in &mut measured[6].recording.as_mut().unwrap().events {
            event.time_ns /= 50;
            event.time_ns += if event.time_ns > 0 { 1_000_000 } else { 0 };
        }
        report.params.switch_interval_ns = 100_000;
    });
    let lacking = picture(WIDE, |_, measured| {
        measured[1].recording = None;
        measured[3].recording.as_mut().unwrap().tracks[0].overwritten = 12;
        for one in measured {
            one.wall_s.truncate(3);
        }
    });
    let without_sync = picture(WIDE, |_, measured| {
        measured.retain(|one| one.contender.model != Model::Sync);
    });
    let short = picture(WIDE, |report, _| report.params.switch_interval_ns = 100_000);
    let long = picture(WIDE, |report, _| {
        report.params.switch_interval_ns = 1_000_000_000;
        report.params.latency_ns = 0;
    });
    let mut said = String::new();
    for (what, text) in [
        ("a short window waits for the second train", late),
        ("not recorded, lost, and not measured often enough", lacking),
        ("no reference", without_sync),
        ("turns that were seen are longer than the interval", short),
        ("a window is not longer than the work", long),
    ] {
        add!(said, "## {what}\n\n{text}\n");
    }
    check_known("lab/src/ask/compare/picture/pictures.txt", &said);
    assert_eq!(picture(WIDE, |_, measured| measured.clear()), "");
}

/// Fails if a moment beyond all others makes a sum overflow.
#[test]
fn moments_at_the_end_of_all_time_have_a_picture() {
    for place in [0, 1, usize::MAX] {
        let seen = picture(WIDE, |report, measured| {
            report.params.switch_interval_ns = u64::MAX;
            for one in measured {
                let events = &mut one.recording.as_mut().unwrap().events;
                let last = events.len() - 1;
                events[place.min(last)].time_ns = u64::MAX;
                events[last].time_ns = u64::MAX - 1;
            }
        });
        assert!(seen.contains("CPU-bound") && seen.len() < 10_000, "{seen}");
    }
}
