//! What must hold of every text that is compiled as a program, as a function for fuzzers.

use std::cell::Cell;

use super::{Machine, Program};

/// More instructions than this nobody waits for: a text may well be a loop without an end.
const STEPS_MAX: usize = 1_000;

/// Compiles `data`, lists it, and runs two trains of it by turns for a while. Says whether it is a
/// program.
///
/// # Panics
///
/// Panics if compiled code is not sound (VM-2), or a refusal has no place in the text.
#[doc(hidden)]
pub fn fuzz_program(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let program = match Program::compile(&text) {
        Ok(program) => program,
        Err(why) => {
            assert_eq!(why.to_string().lines().count(), 1, "{why}");
            return false;
        }
    };
    assert!(Program::compile_repeated(&text, 3).is_ok(), "what runs once runs again");
    for function in 0..program.functions().len() {
        for row in program.rows(function) {
            // INVARIANT: [VM-2]
            let len = program.functions()[function].code().len();
            let target = row.instruction.target().map_or(0, |target| target as usize);
            assert!(target <= len, "{row} jumps out of its function");
        }
    }
    let memory = vec![Cell::new(0); program.words().len()];
    let mut trains = [Machine::new(&program, 0), Machine::new(&program, 1)];
    for step in 0..STEPS_MAX {
        // Turns of one, two and three instructions.
        let train = &mut trains[step % 6 / 3];
        if train.step(&program, &memory[..]).is_err() {
            break;
        }
    }
    true
}
