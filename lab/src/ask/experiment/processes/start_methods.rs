//! How workers come to be: threads, copies, and programs started anew.

use std::sync::atomic::AtomicUsize;

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("start_methods.md"), measure)
    .twin(include_str!("start_methods.py"), |python, _| python.version >= (3, 4, 0))
    .relations(&[
        counting("a-thread-finds-it", &that(|[found]| is(found, 1))),
        counting("a-new-program-does-not", &that(|[found]| is(found, 0))),
        counting("a-forked-child-does", &that(|[theirs, ours]| is(theirs, 1) && is(ours, 0)))
            .of_each_python(),
        timing("a-thread-is-there-first", &that(|[_, _, times]| times >= 5.0)),
    ]);

static GLOBAL: AtomicUsize = AtomicUsize::new(0);

fn find(_: ()) -> usize {
    GLOBAL.load(Ordering::Relaxed) // ORDER: Relaxed; set before the worker was started.
}

fn measure(cell: &Cell) -> Result<Figures> {
    GLOBAL.store(1, Ordering::Relaxed); // ORDER: Relaxed; see `find`.
    let (mut found, mut took_s) = (0, Vec::new());
    for _ in 0..cell.count("starts") {
        let stopwatch = Stopwatch::start();
        let worker = Workers::start(cell.word("worker"), 1)?;
        found = worker.submit(find, ()).join()?;
        took_s.push(stopwatch.seconds());
    }
    // The quickest: what else the machine does is not asked.
    let start_s = took_s.into_iter().fold(f64::INFINITY, f64::min);
    Ok(Figures::default().with_count("finds", found).with("start_s", start_s))
}
