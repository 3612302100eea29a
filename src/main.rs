//! The `trainyard` program; [`trainyard::lab`] is all of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    trainyard::procs::init();
    trainyard::lab::program::run(std::env::args_os())
}
