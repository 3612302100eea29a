//! Stamps for the recorder: the processor's own counter, where the kernel trusts it.
//!
//! Most of what an event costs is its stamp, as `trainyard doctor` measures it, and much of the
//! clock's reading is arithmetic: the kernel's clock, too, is this counter, scaled. So the recorder
//! stamps events with the bare count, which comes together with the number of the processor, and
//! whoever reads them scales them, once, by two [`Look`]s at both clocks: one from before the first
//! event and one from after the last. Between the two the scale is a straight line, so events that
//! lie closer together than the looks are exact, some tens of nanoseconds, keep their order.
//!
//! Where the kernel's clock is another (`/sys/devices/system/clocksource`), where the counter does
//! not say which processor it belongs to, and on other architectures, a tick is a nanosecond of
//! [`clock::now_ns`].
//!
//! # Invariants
//!
//! - **TICKS-1** A pool and its workers count the same ticks: each finds out from the kernel, a
//!   worker before it runs anything of the program's.
//! - **TICKS-2** A stamp is taken after everything that its thread has read before, and before
//!   others can see anything that it writes later. So a releasing event comes before what it
//!   releases, and an acquiring one after what it has seen. Nothing is said of earlier writes, nor
//!   of later reads.
//!
//! # Not here
//!
//! A machine that is suspended while it is recorded: `CLOCK_MONOTONIC` stands still meanwhile and
//! the counter does not, so the line is bent, and times within are wrong by its length; their order
//! is right. A kernel that finds its counter unsteady and changes its clock while a pool lives: new
//! workers would count nanoseconds, and the old ones ticks.
//!
//! See Intel's Software Developer's Manual, volume 2, RDTSCP ("waits until all previous
//! instructions have executed and all previous loads are globally visible"), and Linux'
//! `rdtsc_ordered`, which is the same instruction.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "an instruction that not every processor has")
)]

use super::{affinity, clock};

/// Returns the moment, in ticks, and the processor that the calling thread is on.
#[inline]
pub fn now() -> (u64, u16) {
    #[cfg(target_arch = "x86_64")]
    if counter::is_trusted() {
        // INVARIANT: [TICKS-2] RDTSCP waits for what comes before it; what comes after it and
        // writes, writes later.
        // SAFETY: INVARIANT: [COUNTER-1] the instruction is there.
        return unsafe { counter::read() };
    }
    (clock::now_ns(), affinity::current_cpu())
}

/// Finds out which ticks there are, for a process that may not be able to later.
pub fn find_out() {
    are_the_processors();
}

/// Tells whether a tick is one of the processor's counter, and not a nanosecond of the clock.
pub fn are_the_processors() -> bool {
    #[cfg(target_arch = "x86_64")]
    return counter::is_trusted();
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// As [`now`] says it.
    pub ticks: u64,
    /// As [`clock::now_ns`] says it.
    pub ns: u64,
}

impl Look {
    /// Looks at both, some tens of nanoseconds apart at most unless the machine is very busy.
    pub fn now() -> Self {
        if !are_the_processors() {
            let ns = clock::now_ns();
            return Self { ticks: ns, ns };
        }
        let one = |_| {
            let (before, _) = now();
            let ns = clock::now_ns();
            let (after, _) = now();
            (after.saturating_sub(before), Self { ticks: before.midpoint(after), ns })
        };
        // Of several the one that was disturbed least.
        let (_, look) = (0..4).map(one).min_by_key(|(apart, _)| *apart).unwrap_or_default();
        look
    }
}

/// How ticks become nanoseconds of [`clock::now_ns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    origin: Look,
    /// A tick, in nanoseconds: a fixed-point number.
    tick: i128,
}

impl Scale {
    /// The binary digits of a tick behind the point.
    const DIGITS: u32 = 48;
    const HALF: i128 = 1 << (Self::DIGITS - 1);

    /// For ticks that are nanoseconds.
    pub const NANOSECONDS: Self =
        Self { origin: Look { ticks: 0, ns: 0 }, tick: 1 << Self::DIGITS };

    /// The straight line through two looks.
    pub fn between(first: Look, last: Look) -> Self {
        let passed = |from: u64, to: u64| i128::from(to.saturating_sub(from));
        let (ticks, ns) = (passed(first.ticks, last.ticks), passed(first.ns, last.ns));
        if ticks == 0 {
            return Self { origin: first, ..Self::NANOSECONDS };
        }
        Self { origin: first, tick: (ns << Self::DIGITS) / ticks }
    }

    /// Returns when `ticks` was; a moment before the clock began is its begin.
    pub fn to_ns(self, ticks: u64) -> u64 {
        let after = i128::from(ticks) - i128::from(self.origin.ticks);
        // There is room for 64 digits times 48 and those of a tick; looks of a file may be any.
        let ns = after.saturating_mul(self.tick).saturating_add(Self::HALF) >> Self::DIGITS;
        let ns = ns.saturating_add(i128::from(self.origin.ns));
        u64::try_from(ns.max(0)).unwrap_or(u64::MAX)
    }
}

/// The time stamp counter.
///
/// # Invariants
///
/// - **COUNTER-1** It is read only where the processor says that it has the instruction.
#[cfg(target_arch = "x86_64")]
mod counter {
    use std::arch::x86_64::{__cpuid, __rdtscp};
    use std::sync::atomic::{AtomicU8, Ordering};

    use crate::sys::affinity;

    const UNKNOWN: u8 = 0;
    const TRUSTED: u8 = 1;
    const NOT_TRUSTED: u8 = 2;
    static TRUST: AtomicU8 = AtomicU8::new(UNKNOWN);

    #[inline]
    pub(super) fn is_trusted() -> bool {
        // ORDER: Relaxed; whoever finds it unknown finds out for itself, and the same.
        match TRUST.load(Ordering::Relaxed) {
            UNKNOWN => find_out(),
            trust => trust == TRUSTED,
        }
    }

    #[cold]
    fn find_out() -> bool {
        // INVARIANT: [TICKS-1] what every process reads here is the kernel's own choice.
        const CLOCK: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        let is_the_clock = std::fs::read_to_string(CLOCK).is_ok_and(|name| name.trim() == "tsc");
        let is_trusted = is_the_clock && has_rdtscp() && knows_the_processor();
        TRUST.store(if is_trusted { TRUSTED } else { NOT_TRUSTED }, Ordering::Relaxed);
        is_trusted
    }

    fn has_rdtscp() -> bool {
        const LEAF: u32 = 0x8000_0001;
        __cpuid(0x8000_0000).eax >= LEAF && __cpuid(LEAF).edx & 1 << 27 != 0
    }

    /// Tells whether the kernel has left the number of the processor where Linux leaves it.
    fn knows_the_processor() -> bool {
        // The thread may be moved between the two questions, once.
        // SAFETY: INVARIANT: [COUNTER-1] whoever asks has asked for the instruction before.
        (0..3).any(|_| unsafe { read() }.1 == affinity::current_cpu())
    }

    /// Reads the counter, and the number of the processor beside it.
    ///
    /// # Safety
    ///
    /// The processor has the instruction RDTSCP.
    #[inline]
    pub(super) unsafe fn read() -> (u64, u16) {
        // Linux keeps the processor in the low 12 bits, and its memory node above.
        const CPU: u32 = 0xfff;
        let mut place = 0;
        // SAFETY: the caller's promise; `place` is ours.
        let ticks = unsafe { __rdtscp(&raw mut place) };
        (ticks, (place & CPU) as u16)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn ticks_rise_and_stand_between_two_readings_of_the_clock() {
        let first = Look::now();
        let moments: Vec<(u64, u64, u64)> = (0..1000)
            .map(|_| {
                let before_ns = clock::now_ns();
                let (ticks, _) = now();
                (before_ns, ticks, clock::now_ns())
            })
            .collect();
        assert!(moments.is_sorted_by_key(|(_, ticks, _)| *ticks));
        let scale = Scale::between(first, Look::now());
        // A look of which every attempt was disturbed is less exact: one in ten may lie outside.
        let inside = moments.iter().filter(|(before_ns, ticks, after_ns)| {
            let ns = scale.to_ns(*ticks);
            (before_ns - 1000..=after_ns + 1000).contains(&ns)
        });
        assert!(inside.count() > 900);
    }

    #[test]
    fn the_processor_is_the_one_that_the_kernel_says() {
        let cpus = affinity::allowed_cpus().unwrap();
        std::thread::spawn(move || {
            for cpu in cpus {
                affinity::restrict_to(&[cpu]).unwrap();
                assert_eq!(usize::from(now().1), cpu);
            }
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_scale_is_exact_at_its_looks_and_straight_beyond() {
        let (first, last) = (Look { ticks: 1_000, ns: 50 }, Look { ticks: 4_000, ns: 1_050 });
        let scale = Scale::between(first, last);
        assert_eq!(
            [1_000, 2_500, 4_000, 7_000].map(|ticks| scale.to_ns(ticks)),
            [50, 550, 1_050, 2_050]
        );
        assert_eq!(scale.to_ns(0), 0, "before the clock began");
        assert_eq!(Scale::NANOSECONDS.to_ns(u64::MAX), u64::MAX);
        let same = Scale::between(first, first);
        assert_eq!(same.to_ns(1_007), 57, "one look: ticks are taken for nanoseconds");
    }

    #[test]
    fn an_hour_is_scaled_to_the_nanosecond() {
        let hour = 3_600_000_000_000;
        let ticks = hour * 5 / 2;
        let scale =
            Scale::between(Look { ticks: 9, ns: 9 }, Look { ticks: 9 + ticks, ns: 9 + hour });
        assert!(scale.to_ns(9 + ticks).abs_diff(9 + hour) <= 1);
        assert!(scale.to_ns(9 + ticks / 2).abs_diff(9 + hour / 2) <= 1);
    }
}
