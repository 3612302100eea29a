//! Each policy has a law that can be seen in its traces; and each law is broken by another policy.
//!
//! A law that every policy keeps would say nothing. So the table below runs every policy, records it,
//! and holds each recording against every law: the policy's own must hold, and for every law a policy
//! is named that breaks it.

mod laws;

use std::env;
use std::num::NonZeroU32;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use laws::{Breach, Law};
use trainyard::sys::Why;
use trainyard::threads::{
    Attached, Barging, Fifo, ForcedSwitching, Gil, Mode, Party, Policy, Priority, Timed,
};
use trainyard::trace::{self, Event, Kind, check::check};

use crate::alone::alone;
use crate::support::spinners;

/// Long against a wake-up, so that "at once" and "after an interval" are different things on a busy
/// machine as well.
const INTERVAL: Duration = Duration::from_millis(15);

/// How often a policy may do well by chance before a law counts as kept.
const TRIES: usize = 50;

/// The rows of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rules {
    Timed,
    TimedUnforced,
    Ticks,
    Priority,
    Fifo,
}

impl Rules {
    fn mode(self) -> Mode {
        let interval = INTERVAL;
        match self {
            Self::Timed => Mode::timed(interval),
            Self::TimedUnforced => {
                Mode::on(Timed { interval, forced_switching: ForcedSwitching::No })
            }
            Self::Ticks => Mode::ticks(NonZeroU32::MIN.saturating_add(99)),
            Self::Priority => Mode::on(Priority { interval }),
            Self::Fifo => Mode::on(Fifo { interval }),
        }
    }
}

/// Two threads compute and one sleeps now and then, until the lock was dropped 8 times though its
/// holder would have gone on.
fn record(rules: Rules) -> Vec<Event> {
    let (gil, is_over) = (Gil::new(rules.mode()), AtomicBool::new(false));
    let compute = |at: &mut Attached<'_>| {
        while !is_over.load(Ordering::Relaxed) {
            (0..100).for_each(|_| std::hint::spin_loop());
            at.checkpoint();
        }
    };
    let sleep_often = |at: &mut Attached<'_>| {
        let began = Instant::now();
        for turn in 0.. {
            at.detach(Why::Sleep, nap);
            let counters = gil.counters();
            let forced = counters.forced_switches + counters.tick_drops;
            if (forced >= 8 && turn >= 8) || began.elapsed() > Duration::from_secs(20) {
                break;
            }
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let recorder = trace::arm();
    thread::scope(|scope| {
        scope.spawn(|| gil.attach(compute));
        scope.spawn(|| gil.attach(compute));
        scope.spawn(|| gil.attach(sleep_often));
    });
    let recording = recorder.finish();
    assert_eq!(recording.overwritten(), 0, "a recording with holes proves nothing");
    check(&recording.events).expect("the model of the lock holds under every policy");
    let events = recording.events.into_iter();
    events.filter(|event| event.kind.name().starts_with("Gil")).collect()
}

#[expect(clippy::disallowed_methods, reason = "stands for a call; its caller has the door")]
fn nap() {
    thread::sleep(Duration::from_millis(1));
}

#[track_caller]
fn check_keeps(rules: Rules, law: Law) {
    let events = record(rules);
    if let Err(Breach { says, at }) = law(&events, INTERVAL) {
        let around: Vec<&Event> = events[at.saturating_sub(12)..=at].iter().collect();
        panic!("{rules:?} breaks its own law: {says}\n{around:#?}");
    }
}

#[track_caller]
fn check_breaks(rules: Rules, law: Law, expected: &str) {
    let found = (0..TRIES).find_map(|_| law(&record(rules), INTERVAL).err());
    let breach = found.unwrap_or_else(|| panic!("{rules:?} kept it {TRIES} times: {expected}"));
    assert_eq!(breach.says, expected, "{rules:?}");
}

/// A policy, its law, and who breaks it how.
type Row = (Rules, Law, &'static [(Rules, &'static str)]);

/// Every policy, with its law, and with the policies that break it and how. One test: a process has
/// one recorder, and beside other threads that compute nothing would be "at once".
#[test]
fn every_policy_keeps_its_own_law_and_every_law_is_broken_by_another() {
    alone("policies::every_policy_keeps_its_own_law_and_every_law_is_broken_by_another", || {
        let table: [Row; 5] = [
            (
                Rules::Timed,
                laws::gives_way,
                // Forced switching is all that is between them.
                &[(Rules::TimedUnforced, laws::TOOK_IT_BACK)],
            ),
            (
                Rules::TimedUnforced,
                laws::goes_on_at_once,
                &[(Rules::Timed, laws::WAITED_FOR_A_SWITCH), (Rules::Ticks, laws::NOT_ASKED)],
            ),
            (
                Rules::Ticks,
                laws::asks_nobody,
                &[(Rules::Timed, laws::ASKED), (Rules::Priority, laws::ASKED)],
            ),
            (Rules::Priority, laws::preempts_at_once, &[(Rules::Timed, laws::LET_IT_WAIT)]),
            (
                Rules::Fifo,
                laws::serves_in_order,
                &[(Rules::TimedUnforced, laws::OVERTAKEN), (Rules::Ticks, laws::OVERTAKEN)],
            ),
        ];
        for (own, law, others) in table {
            check_keeps(own, law);
            for &(other, expected) in others {
                check_breaks(other, law, expected);
            }
        }
    });
}

/// The laws themselves, on histories written by hand: each says no to what it forbids.
#[test]
fn a_law_says_which_event_breaks_it() {
    let event = |time_ns, track, kind, b| Event { time_ns, track, kind, cpu: 0, a: 1, b };
    let taken_back = [
        event(0, 1, Kind::GilTake, 0),
        event(1, 2, Kind::GilWait, 0),
        event(20_000_000, 2, Kind::GilDropRequest, 1),
        event(20_000_001, 1, Kind::GilDrop, 1),
        event(20_000_002, 1, Kind::GilTake, 1),
    ];
    let breach = laws::gives_way(&taken_back, INTERVAL).unwrap_err();
    assert_eq!(breach, Breach { at: 4, says: laws::TOOK_IT_BACK });
    assert_eq!(laws::goes_on_at_once(&taken_back, INTERVAL), Ok(()));
    let breach = laws::serves_in_order(&taken_back, INTERVAL).unwrap_err();
    assert_eq!(breach, Breach { at: 4, says: laws::OVERTAKEN });
    let mut hasty = taken_back;
    hasty[2].time_ns = 2;
    let breach = laws::gives_way(&hasty, INTERVAL).unwrap_err();
    assert_eq!(breach, Breach { at: 2, says: laws::ASKED_TOO_EARLY });
}

/// Panics when it is asked one thing.
#[derive(Debug)]
struct Panics(&'static str);

impl Panics {
    fn at(&self, question: &str) {
        assert_ne!(self.0, question);
    }
}

impl Policy for Panics {
    fn patience(&self, _waiter: Party, _holder: Party) -> Option<Duration> {
        self.at("patience");
        Some(Duration::from_millis(1))
    }

    fn choose(&self, _waiting: &mut dyn ExactSizeIterator<Item = Party>) -> usize {
        self.at("choose");
        0
    }

    fn barging(&self) -> Barging {
        self.at("barging");
        Barging::Allowed
    }

    fn forced_switching(&self) -> ForcedSwitching {
        self.at("forced_switching");
        ForcedSwitching::Yes
    }

    fn ticks(&self) -> Option<NonZeroU32> {
        self.at("ticks");
        None
    }
}

/// G17. Fails if the panic of a policy reaches a thread, which would leave the lock half changed: then
/// the process ends in some other way, or never.
#[test]
fn a_policy_that_panics_ends_the_process() {
    const MARK: &str = "TRAINYARD_POLICY_PANICS";
    const ABORTED: i32 = 6;
    const NAME: &str = "policies::a_policy_that_panics_ends_the_process";
    let questions = ["patience", "choose", "barging", "forced_switching", "ticks"];
    if let Ok(question) = env::var(MARK) {
        let question = questions.into_iter().find(|known| *known == question).unwrap();
        return spinners(&Gil::new(Mode::on(Panics(question))), &["one", "two"], 4);
    }
    for question in questions {
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", NAME, "--test-threads=1"]).env(MARK, question);
        let status = again.output().unwrap().status;
        assert_eq!(status.signal(), Some(ABORTED), "{question}: {status}");
    }
}
