//! A small machine for a small part of Python: enough to see a switch fall into the middle of
//! `x = x + 1`.
//!
//! Whether an update can be lost is not a question of statements but of what they become: a load,
//! an addition, a store, and places in between at which another train may get its turn. Here a
//! program is compiled to the instructions that CPython has for it, under CPython's names, and run
//! by a machine that knows neither threads nor locks nor tasks. Whoever runs it decides, before each
//! instruction, what happens there: nothing, a check point of the global lock, the other train's
//! turn.
//!
//! # The life of one program
//!
//! 1. `lex` makes words and indentation of the text, `parse` statements of the words. What is not
//!    in the subset is refused with line, column, and what to write instead: [`SyntaxError`].
//! 2. `names` decides for each name whether all trains share it, and `compile` makes instructions:
//!    a [`Program`].
//! 3. Each train gets a [`Machine`]: its own stack and its own place in the program. The shared
//!    variables are words in a [`Memory`] that is given from outside: atomics for threads, plain
//!    cells for everybody else.
//! 4. [`Machine::run`] runs until the program ends, awaits, finds a lock taken, or whoever watches
//!    says stop.
//!
//! # The subset
//!
//! A program is what *one train* does; it stands for the body of the function that Python's threads
//! would run.
//!
//! - Values are whole numbers of 64 bits. What does not fit is an error, never a wrap, so that a
//!   program that ends has Python's results.
//! - Assignment, `+=` and its like, `+ - * // %`, comparisons, `and`, `or`, `not`; `if`, `while`,
//!   `for … in range(…)`; `def` with parameters and `return`; `with a:` for a lock named `a`;
//!   `await sleep(0)`, where a task lets others run; `pass`.
//! - Without a `global` line every name is shared, but for the variables of `for`. With one it is as
//!   in a Python function: what is assigned is the train's own, unless `global` says otherwise.
//! - Shared variables begin with 0. `train` is the train's own number: 0, 1, and so on.
//!
//! # Invariants
//!
//! - **VM-1** Trains share nothing but the words of the memory: a machine is a value that can be
//!   cloned, compared and hashed, and what it does next depends on itself and the memory alone.
//! - **VM-2** Compiled code is sound: every jump lands in its function, every word and function that
//!   an instruction names exists, no instruction takes more from the stack than is there, and a
//!   local variable is written before it is read.
//!
//! # Example: two trains, one switch
//!
//! ```
//! use std::cell::Cell;
//! use trainyard::vm::{Machine, Program};
//!
//! let program = Program::compile("x = x + 1")?;
//! let memory = [Cell::new(0)];
//! let mut trains = [Machine::new(&program, 0), Machine::new(&program, 1)];
//! trains[0].step(&program, &memory[..])?; // RESUME
//! trains[0].step(&program, &memory[..])?; // LOAD_GLOBAL x, which is 0
//! trains[1].finish(&program, &memory[..])?; // the other one does all of it
//! trains[0].finish(&program, &memory[..])?;
//! assert_eq!(memory[0].get(), 1); // and it is lost
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Read in this order: [`instruction`], [`machine`], [`memory`], [`program`]; then `parse`, `names`, `compile`
//! for how text becomes instructions; [`listing`] for how they are shown.

mod compile;
pub mod error;
mod fuzz;
pub mod instruction;
mod lex;
pub mod listing;
pub mod machine;
pub mod memory;
mod names;
mod parse;
pub mod program;
mod syntax;

#[cfg(test)]
mod tests;

pub use error::{RuntimeError, SyntaxError, Wrong};
#[doc(hidden)]
pub use fuzz::fuzz_program;
pub use instruction::{Instruction, Place};
pub use machine::{Machine, Pause};
pub use memory::Memory;
pub use program::{Program, Word, WordKind};
