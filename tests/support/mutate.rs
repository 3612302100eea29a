//! A small fuzzer inside `cargo test`: valid messages, broken a few thousand times by a seeded
//! hand, must never break a decoder's invariants.
//!
//! The functions and the corpus are those of the fuzz targets, which run for longer and look at
//! what the code covers. This one runs everywhere, and the same way each time.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, as in tests")]

use std::fs;
use std::path::Path;

/// Some three seconds in a debug build.
pub(crate) const ROUNDS: u64 = 4_000;

/// Bytes at which parsers decide something.
const TELLING: &[u8] = b"\0\t\n\r \":;,/09+-AZaz\x7f\x80\xff";

/// Hands mutations of the corpus to `accepts`, and counts its answers.
pub(crate) fn mutate(target: &str, accepts: impl Fn(&[u8]) -> bool) -> (u64, u64) {
    let corpus = corpus(target);
    let mut accepted = 0;
    for seed in 0..ROUNDS {
        let mut chance = Chance(seed);
        let mut data = chance.pick(&corpus).clone();
        for _ in 0..=chance.below(4) {
            chance.mutate(&mut data, &corpus);
        }
        let shown = ShownOnPanic { seed, data: &data };
        accepted += u64::from(accepts(shown.data));
    }
    (accepted, ROUNDS - accepted)
}

pub(crate) fn corpus(target: &str) -> Vec<Vec<u8>> {
    // The package's own folder, or the one around it.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut roots = package.ancestors().map(|root| root.join("fuzz/corpus"));
    let folder = roots.find(|folder| folder.is_dir()).unwrap().join(target);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
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
        if std::thread::panicking() {
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
        match self.below(7) {
            0 if at < data.len() => data[at] ^= 1 << self.below(8),
            1 if at < data.len() => data[at] = *self.pick(TELLING),
            2 => data.insert(at, *self.pick(TELLING)),
            3 => data.truncate(at),
            4 => drop(data.drain(at.min(until)..until)),
            5 => {
                let part = data[at.min(until)..until].to_vec();
                data.splice(at..at, part.repeat(1 + self.below(100)));
            }
            _ => {
                let other = self.pick(corpus);
                data.truncate(at);
                data.extend_from_slice(&other[self.below(other.len())..]);
            }
        }
    }
}
