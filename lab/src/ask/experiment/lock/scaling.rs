//! Scaling: how much more do threads compute than one, with the lock on and off?

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("scaling.md"), hogs::throughput)
    .twin(include_str!("scaling.py"), by_lock)
    .relations(&[
        timing(
            "one-at-a-time",
            &that(|busy: [f64; 3]| most(&busy) <= ONE_CPU)
                .shown(|busy| format!("At most {:.2} busy", most(&busy)))
                .if_two_processors(BARE),
        ),
        timing(
            "on-gains-nothing",
            &that(|figures| (HALF..=ONE_CPU).contains(&gained(figures)))
                .shown(|figures| format!("{} what one does", ratio(gained(figures))))
                .if_two_processors(BARE),
        ),
        timing("off-gains-a-processor", &AS_BARE),
    ]);

/// Switches cost something, but not half of the work.
const HALF: f64 = 0.5;

/// One thread may have had less than a processor, if others used the machine: what it would have
/// done with all of one is what counts.
fn gained([done_by_one, busy, done_by_two]: [f64; 3]) -> f64 {
    done_by_two / (done_by_one / busy)
}
