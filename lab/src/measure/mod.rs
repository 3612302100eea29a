//! Measuring: contenders in processes of their own, asked for one round at a time.

pub mod arm;
pub mod arm_process;
pub mod conductor;
pub mod conversation;
pub mod lines;
pub mod prepare;
pub mod progress;
pub mod python;
pub mod record;
pub mod sources;
pub mod usage;
pub mod warnings;
