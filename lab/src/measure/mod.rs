//! Measuring: contenders in processes of their own, asked for one round at a time.
//!
//! # The life of one measurement
//!
//! 1. [`prepare`] refuses what cannot be measured here, before anything is started.
//! 2. The [`conductor`] starts each contender's process ([`arm_process`]) and asks it for rounds,
//!    interleaved, over a [`conversation`]; in that process, [`arm`] answers.
//! 3. [`usage`] reads what each process and its children took; [`warnings`] says what makes a figure
//!    doubtful.
//! 4. One more round is recorded, and never measured: [`record`].
//!
//! [`python`] makes a real CPython such a contender. Read next: [`conductor`].

pub mod arm;
pub mod arm_process;
pub mod conductor;
pub mod conversation;
pub mod lines;
pub mod prepare;
pub mod progress;
pub mod python;
pub mod record;
pub mod usage;
pub mod warnings;
