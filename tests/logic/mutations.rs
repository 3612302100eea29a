//! Frames, broken by a seeded hand, never break the decoder: see `tests/support/mutate.rs`.

#[path = "../support/mutate.rs"]
mod mutate;

use mutate::{ROUNDS, corpus, mutate};
use trainyard::procs::fuzz_frame;

#[test]
fn mutated_frames_never_break_the_decoder() {
    let (read, refused) = mutate("frame", |data| fuzz_frame(data) > 0);
    // Neither outcome may be so rare that the test says nothing about it.
    assert!(read > ROUNDS / 10 && refused > ROUNDS / 10, "{read} read, {refused} refused");
}

#[test]
fn the_corpus_itself_is_read() {
    for data in corpus("frame") {
        assert!(fuzz_frame(&data) > 0, "{}", data.escape_ascii());
    }
}
