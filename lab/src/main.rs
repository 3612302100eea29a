//! The `trainyard` program; [`lab`] is all of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    trainyard::procs::init();
    lab::command::program::run(std::env::args_os())
}
