//! Where each track stands in the document: a process and a thread of it.
//!
//! Chrome's format knows threads by their numbers, and takes a record without one for a thread
//! that has the number of its process. So each process's first track gets that number, as the main
//! thread has it on Linux, and no thread appears that nobody named.
//!
//! Processes keep their real numbers. Two runs that were recorded by one process would be drawn
//! into each other: the second gets a number that no process can have. Threads get such numbers
//! too, since events do not tell their real ones.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::look::lanes::in_words_and_numbers;
use trainyard::trace::Recording;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) pid: u32,
    pub(super) tid: u32,
}

/// Numbers that are given away, in one document.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    taken: HashSet<u32>,
    given: u32,
}

/// The kernel's largest number of a process is `PID_MAX_LIMIT`, 2^22: proc(5).
const BEYOND_PIDS: u32 = 1 << 22;

impl Numbers {
    /// A number that neither a process nor a thread of this document has.
    fn fresh(&mut self) -> u32 {
        self.given += 1;
        BEYOND_PIDS + self.given
    }

    fn process(&mut self, pid: u32) -> u32 {
        // 0 is no process: some reader or writer of the recording did not know it.
        if pid == 0 || pid > BEYOND_PIDS || !self.taken.insert(pid) { self.fresh() } else { pid }
    }
}

#[derive(Debug)]
pub(super) struct Places {
    of: HashMap<u32, Place>,
    /// Every track, in the order in which they are drawn.
    pub(super) tracks: Vec<(u32, Place)>,
    /// Its processes, each with its first track; first the one that the run began in.
    pub(super) processes: Vec<(Place, u32)>,
}

impl Places {
    pub(super) fn new(recording: &Recording, numbers: &mut Numbers) -> Self {
        let mut pids: HashMap<u32, u32> = HashMap::new();
        let mut places = Self { of: HashMap::new(), tracks: Vec::new(), processes: Vec::new() };
        for (track, real_pid) in in_order(recording) {
            let is_first = !pids.contains_key(&real_pid);
            let pid = *pids.entry(real_pid).or_insert_with(|| numbers.process(real_pid));
            let place = Place { pid, tid: if is_first { pid } else { numbers.fresh() } };
            places.processes.extend(is_first.then_some((place, track)));
            places.of.insert(track, place);
            places.tracks.push((track, place));
        }
        // A worker process has one track. The one that the run began in has more, or is the only
        // one; its own first track may be younger than a ring that waited for a worker.
        let mut tracks: HashMap<u32, usize> = HashMap::new();
        places.of.values().for_each(|place| *tracks.entry(place.pid).or_default() += 1);
        places.processes.sort_by_key(|(place, _)| std::cmp::Reverse(tracks[&place.pid]));
        places
    }

    pub(super) fn of(&self, track: u32) -> Place {
        // Every track of the recording is there; a projection knows no others.
        self.of.get(&track).copied().unwrap_or_else(|| self.main())
    }

    /// The main thread of the process that the run began in.
    pub(super) fn main(&self) -> Place {
        self.processes.first().map_or(Place { pid: 1, tid: 1 }, |(place, _)| *place)
    }
}

/// The tracks with their processes: the first of each process, then the others as people count.
fn in_order(recording: &Recording) -> Vec<(u32, u32)> {
    let mut names: BTreeMap<u32, (u32, &str)> =
        recording.events.iter().map(|event| (event.track, (0, ""))).collect();
    names.extend(recording.tracks.iter().map(|track| (track.number, (track.pid, &*track.name))));
    let mut first: HashMap<u32, u32> = HashMap::new();
    for (&track, &(pid, _)) in &names {
        first.entry(pid).or_insert(track);
    }
    let mut tracks: Vec<(u32, (u32, &str))> = names.into_iter().collect();
    tracks.sort_by_cached_key(|&(track, (pid, name))| {
        (first[&pid] != track, in_words_and_numbers(name), track)
    });
    tracks.into_iter().map(|(track, (pid, _))| (track, pid)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainyard::trace::Track;

    fn places(tracks: &[(u32, u32)], numbers: &mut Numbers) -> Places {
        let name = "a thread".to_owned();
        let track = |&(number, pid): &_| Track { number, name: name.clone(), pid, overwritten: 0 };
        let tracks = tracks.iter().map(track).collect();
        Places::new(&Recording { tracks, ..Recording::default() }, numbers)
    }

    #[test]
    fn the_first_track_of_a_process_has_its_number_and_no_two_have_the_same() {
        let mut numbers = Numbers::default();
        let first = places(&[(1, 70), (2, 70), (3, 71), (4, 0)], &mut numbers);
        assert_eq!(first.of(1), Place { pid: 70, tid: 70 });
        assert!(first.of(2).pid == 70 && first.of(2).tid > BEYOND_PIDS);
        assert_eq!(first.of(3), Place { pid: 71, tid: 71 });
        assert_eq!((first.main().pid, first.processes.len()), (70, 3));
        // Fails if a second run of the same process is drawn into the first.
        let second = places(&[(1, 70)], &mut numbers);
        assert!(first.of(4).pid > BEYOND_PIDS && second.of(1).pid > first.of(4).pid);
        assert_eq!(second.of(1).tid, second.of(1).pid);
        // Fails if the process of the first track is taken for the one that began.
        let tracks = [(1, 71), (2, 72), (3, 70), (4, 70)];
        assert_eq!(places(&tracks, &mut Numbers::default()).main(), Place { pid: 70, tid: 70 });
    }
}
