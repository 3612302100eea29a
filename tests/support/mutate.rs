//! A small fuzzer inside `cargo test`: valid messages, broken a few thousand times by a seeded
//! hand, must never break a decoder's invariants.
//!
//! The functions and the corpus are those of the fuzz targets, which run for longer and look at
//! what the code covers. This one runs everywhere, and the same way each time.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests, as in tests"
)]

use std::fs;
use std::path::Path;
use std::process::abort;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// How many inputs a reader gets: a second or two in a debug build.
pub(crate) const ROUNDS: u64 = 4_000;
/// How rare an outcome may be: one of ten inputs, for a message that survives most mutations.
pub(crate) const OFTEN: u64 = 10;
/// And of what hardly ever survives one: a short JSON document, or a file with a checksum.
pub(crate) const SELDOM: u64 = 400;
/// How many times as many it gets where there is more time: `ci/mutations.sh` sets it.
const TIMES_VARIABLE: &str = "TRAINYARD_MUTATIONS";
/// One input takes a millisecond. This is for the slowest machine; what takes longer, hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// Bytes at which parsers decide something.
const TELLING: &[u8] = b"\0\t\n\r \":;,/09+-AZaz\x7f\x80\xff";
/// Words at which reckoning goes wrong.
const TELLING_WORDS: [u64; 9] =
    [0, 1, 1 << 16, 1 << 32, 1 << 52, i64::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];

/// What a seeded hand does to an input.
#[derive(Clone, Copy)]
pub(crate) enum Damage {
    /// Whatever a careless or a hostile peer might.
    Any,
    /// Words of a file get other values, and their places stay.
    Words,
}

/// Checks that mutations of the corpus of `target` break nothing, and that each outcome comes once
/// in `one_in` of them at least: a rarer one would show nothing.
pub(crate) fn check_mutations(
    target: &str,
    damage: Damage,
    (rounds, one_in): (u64, u64),
    accepts: impl Fn(&[u8]) -> bool,
) {
    let times: u64 = std::env::var(TIMES_VARIABLE).map_or(1, |times| times.parse().unwrap());
    let rounds = rounds * times;
    let (read, refused) = mutate(target, damage, rounds, accepts);
    println!("{target}: {read} read, {refused} refused");
    assert!(read > rounds / one_in && refused > rounds / one_in, "{read} read, {refused} refused");
}

/// Checks that what was written by hand for `target` is read, and that what fuzzers found breaks
/// nothing.
pub(crate) fn check_corpus(target: &str, accepts: impl Fn(&[u8]) -> bool) {
    for data in corpus(target) {
        assert!(accepts(&data), "{target}: {}", data.escape_ascii());
    }
    for data in corpus(&format!("{target}/found")) {
        accepts(&data);
    }
}

/// Hands mutations of the corpus to `accepts`, and counts its answers.
fn mutate(
    target: &str,
    damage: Damage,
    rounds: u64,
    accepts: impl Fn(&[u8]) -> bool,
) -> (u64, u64) {
    let corpora = [corpus(target), corpus(&format!("{target}/found"))];
    let all = corpora.concat();
    let watched = watch_over(target);
    let mut accepted = 0;
    for seed in 0..rounds {
        let mut chance = Chance(seed);
        // Fuzzers find hundreds of inputs, most of them broken already: half the time they rest.
        let from = corpora.get(chance.below(2)).filter(|found| !found.is_empty());
        let mut data = chance.pick(from.unwrap_or(&all)).clone();
        for _ in 0..=chance.below(4) {
            match damage {
                Damage::Any => chance.mutate(&mut data, &all),
                Damage::Words => chance.mutate_word(&mut data),
            }
        }
        watched.send(seed).unwrap();
        let shown = ShownOnPanic { seed, data: &data };
        accepted += u64::from(accepts(shown.data));
    }
    (accepted, rounds - accepted)
}

/// Ends everything when nothing is sent for too long: a loop without an end cannot be left.
fn watch_over(target: &str) -> Sender<u64> {
    let (sender, receiver) = channel();
    let target = target.to_owned();
    thread::spawn(move || {
        let mut seed = 0;
        loop {
            match receiver.recv_timeout(PATIENCE) {
                Ok(next) => seed = next,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    eprintln!("{target}: seed {seed} has taken {PATIENCE:?}");
                    abort();
                }
            }
        }
    });
    sender
}

/// The files of a folder of the corpus; none if there is no such folder.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    // The package's own folder, or the one around it.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut roots = package.ancestors().map(|root| root.join("fuzz/corpus"));
    let folder = roots.find(|folder| folder.is_dir()).unwrap().join(target);
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    // The order of a directory is an accident, and a seed must always mean the same.
    paths.sort();
    paths.into_iter().filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect()
}

/// Says which input it was when an invariant breaks.
struct ShownOnPanic<'a> {
    seed: u64,
    data: &'a [u8],
}

impl Drop for ShownOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("seed {}: b\"{}\"", self.seed, self.data.escape_ascii());
        }
    }
}

/// `SplitMix64`: a whole sequence of numbers from one seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    /// Does one thing to `data` that a careless or a hostile peer might.
    fn mutate(&mut self, data: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.below(data.len());
        let until = (at + 1 + self.below(16)).min(data.len());
        match self.below(8) {
            0 if at < data.len() => data[at] ^= 1 << self.below(8),
            1 if at < data.len() => data[at] = *self.pick(TELLING),
            2 => data.insert(at, *self.pick(TELLING)),
            3 => data.truncate(at),
            4 => drop(data.drain(at.min(until)..until)),
            5 => {
                let part = data[at.min(until)..until].to_vec();
                data.splice(at..at, part.repeat(1 + self.below(100)));
            }
            6 => self.mutate_word(data),
            _ => {
                let other = self.pick(corpus);
                data.truncate(at);
                data.extend_from_slice(&other[self.below(other.len())..]);
            }
        }
    }
    /// Changes a whole word, as a length, a number or a time in a file is one.
    fn mutate_word(&mut self, data: &mut [u8]) {
        let at = self.below(data.len() / size_of::<u64>());
        let rest = data.get_mut(at * size_of::<u64>()..).unwrap_or_default();
        let Some((word, _)) = rest.split_first_chunk_mut() else { return };
        let old = u64::from_le_bytes(*word);
        *word = match self.below(3) {
            0 => old.wrapping_add(*self.pick(&TELLING_WORDS)),
            1 => old << self.below(64),
            _ => *self.pick(&TELLING_WORDS),
        }
        .to_le_bytes();
    }
}
