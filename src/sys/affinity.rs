//! Which processors a thread may use, which one it is on, and its number.
//!
//! See `sched_setaffinity(2)`, `sched_getcpu(3)`, `gettid(2)`.

use std::io;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::{Pid, gettid};

use super::named;

/// Returns the processor that the calling thread is on at this moment.
#[inline]
pub fn current_cpu() -> u16 {
    sched_getcpu().ok().and_then(|cpu| u16::try_from(cpu).ok()).unwrap_or(u16::MAX)
}

/// Returns the number by which the kernel knows the calling thread.
pub fn thread_id() -> u32 {
    gettid().as_raw().cast_unsigned()
}

/// Returns the processors that the calling thread may run on, in ascending order.
///
/// # Errors
///
/// Fails if the kernel knows more processors than the mask can hold (1 024).
pub fn allowed_cpus() -> io::Result<Vec<usize>> {
    let set = sched_getaffinity(THIS_THREAD).map_err(named("sched_getaffinity"))?;
    Ok((0..CpuSet::count()).filter(|&cpu| set.is_set(cpu).unwrap_or(false)).collect())
}

/// Restricts the calling thread, and every thread and process it starts, to `cpus`.
///
/// # Errors
///
/// Fails if one of the processors is not there, or not this thread's to use.
pub fn restrict_to(cpus: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.set(cpu).map_err(named("sched_setaffinity"))?;
    }
    let named = named("sched_setaffinity");
    match sched_setaffinity(THIS_THREAD, &set) {
        // None of them is there; which one is said below.
        Ok(()) | Err(Errno::EINVAL) => {}
        Err(errno) => return Err(named(errno)),
    }
    // The kernel leaves out what is not there, and says nothing as long as something is left.
    let allowed = allowed_cpus()?;
    cpus.iter().find(|cpu| !allowed.contains(cpu)).map_or(Ok(()), |missing| {
        Err(io::Error::other(format!("sched_setaffinity: processor {missing} is not there")))
    })
}

/// 0 means the calling thread, says the man page.
const THIS_THREAD: Pid = Pid::from_raw(0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restricted_thread_runs_where_it_was_told() {
        let allowed = allowed_cpus().unwrap();
        let last = *allowed.last().unwrap();
        std::thread::spawn(move || {
            restrict_to(&[last]).unwrap();
            assert_eq!(allowed_cpus().unwrap(), [last]);
            assert_eq!(usize::from(current_cpu()), last);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_processor_that_is_not_there_is_refused() {
        let refused = |cpus: &[usize]| restrict_to(cpus).unwrap_err().to_string();
        let expected = "sched_setaffinity: processor 1023 is not there";
        assert_eq!(refused(&[1023]), expected);
        // In a thread of its own: what is there is taken.
        let first = allowed_cpus().unwrap()[0];
        let both = std::thread::spawn(move || refused(&[first, 1023])).join().unwrap();
        assert_eq!(both, expected);
    }
}
