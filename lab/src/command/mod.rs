//! The command line: arguments become a command, or one clear line that says why not.
//!
//! # The life of one command line
//!
//! 1. `parse` gets the arguments. No verb at all means `compare`.
//! 2. clap takes them apart, as the structs of [`ask`](crate::ask) say; each value goes through a
//!    parser of `values`, which says what is wrong with it and what would be right.
//! 3. What no single option can know (nothing left to compare, two documents on one standard
//!    output) is checked.
//! 4. Whatever fails becomes an `Exit`: one line, made by `complaint`, and exit code 2.
//!
//! Nothing here opens a file, or reads a variable or a clock, so a test can try any arguments at
//! all. Of two outputs it asks whether they are one file; whether they can be written is asked
//! later, by [`check_writable`](lab_core::terms::output::Output::check_writable).
//!
//! Read next: [`program`], [`compare`](crate::ask::compare::run).

pub mod book;
mod complaint;
pub mod program;

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};

use clap::Parser;

use crate::ask::compare::run::Compare;
use crate::ask::doctor::Doctor;
use crate::ask::experiment::running::command as experiment;
use crate::ask::export::Export;
use crate::ask::guide::Guide;
use crate::ask::race::Race;
use crate::ask::race::dis::Dis;
use crate::ask::sweep::Sweep;
use crate::ask::timeline::Timeline;
use crate::ask::trace_check::{self, TraceVerb};
use lab_core::work::server::ServerConfig;

/// What the program is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
enum Command {
    Compare(Box<Compare>),
    /// Ask a question, predict, run, and see which relations hold, in ours and in real CPython
    #[command(subcommand, after_help = experiment::EXAMPLES, disable_help_subcommand = true)]
    Experiment(experiment::Command),
    /// Be one process of an experiment. The arguments are its own affair.
    #[command(name = "__experiment", hide = true, disable_help_flag = true)]
    Cell {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    Race(Box<Race>),
    Dis(Dis),
    Sweep(Box<Sweep>),
    Guide(Guide),
    Timeline(Box<Timeline>),
    Export(Export),
    /// Replay a recording through the model of the runtimes, and name the first impossible event
    #[command(subcommand, after_help = trace_check::EXAMPLES, disable_help_subcommand = true)]
    Trace(TraceVerb),
    Doctor(Doctor),
    /// Be the server that `compare io` asks: two pages, each after a set time
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServerConfig),
    /// Be one contender: what `compare` starts, never a user. The arguments are its own affair.
    #[command(name = "__arm", hide = true, disable_help_flag = true)]
    Arm {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

/// Why the program ends without having done anything.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exit {
    /// What to print, line end included: on standard output if it was asked for, as help is.
    message: String,
    /// The status to end with.
    code: u8,
}

impl Exit {
    /// Bad input: `line` says what was wrong, `hint` where to look.
    fn bad_input(line: &str, hint: &str) -> Self {
        // INVARIANT: what the user typed may hold line ends and escape sequences; the first line
        // of the message is one line all the same, and moves no cursor.
        let visible: String = line
            .chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
            .collect();
        let message = format!("trainyard: {visible}\n{hint}\n");
        Self { message, code: 2 }
    }
}

/// Reads the arguments of the program, its name first, as `std::env::args_os` gives them.
/// Not only errors: help that was asked for also ends the program, with code 0.
fn parse(args: impl Iterator<Item = OsString>) -> Result<Command, Exit> {
    let mut args: Vec<OsString> = args.skip(1).collect();
    if args.first().is_none_or(|first| is_option_of_compare(first)) {
        args.insert(0, "compare".into());
    }
    let verb = args[0].clone();
    if verb == "sweep" {
        args = split_lists(args);
    }
    let hint = complaint::hint(&verb);
    let name = std::iter::once(OsString::from("trainyard"));
    let parsed =
        CommandLine::try_parse_from(name.chain(args)).map_err(|e| complaint::exit(&e, &verb))?;
    parsed.command.check().map_err(|line| Exit::bad_input(&line, &hint))?;
    Ok(parsed.command)
}

/// hyperfine's `-L VAR VALUES` may be written `-L VAR=VALUES` too.
fn split_lists(args: Vec<OsString>) -> Vec<OsString> {
    let mut split = Vec::with_capacity(args.len() + 1);
    for arg in args {
        let is_list = split.last().is_some_and(|it| it == "-L" || it == "--parameter-list");
        match arg.to_str().and_then(|arg| arg.split_once('=')).filter(|_| is_list) {
            Some((name, values)) => split.extend([name, values].map(OsString::from)),
            None => split.push(arg),
        }
    }
    split
}

impl Command {
    /// One line if some options do not go together.
    fn check(&self) -> Result<(), String> {
        match self {
            Self::Compare(asked) => asked.resolve().map(drop),
            Self::Experiment(asked) => asked.check(),
            Self::Race(asked) => asked.check(),
            Self::Sweep(asked) => asked.resolve().map(drop),
            Self::Timeline(asked) => asked.check(),
            Self::Export(asked) => asked.check(),
            _ => Ok(()),
        }
    }
}

fn is_option_of_compare(argument: &OsStr) -> bool {
    let of_the_program = ["-h", "--help", "-V", "--version"].map(OsStr::new);
    argument.as_encoded_bytes().starts_with(b"-") && !of_the_program.contains(&argument)
}

const EXAMPLES: &str = "\
Examples:
  trainyard                       compare everything, in about 16 seconds
  trainyard compare cpu --gil on  what the global lock does to computing
  trainyard compare io --workers 20
  trainyard timeline cpu          see the lock change hands
  trainyard race 'x = x + 1'      where a switch falls, and what it costs
  trainyard sweep io cpu -P workers 1 64
  trainyard experiment run convoy --quick
  trainyard serve --port 8000     be the server that `compare io` asks

`trainyard compare --help` has all its options, and more examples.";

const SERVE_EXAMPLES: &str = "\
Examples:
  trainyard serve --port 8000 --latency 20ms
  trainyard compare io --url http://127.0.0.1:8000/dice";

/// Three concurrency runtimes built from scratch, and a laboratory that compares them.
///
/// Without a verb, `trainyard` does `trainyard compare` on its defaults.
#[derive(Debug, Parser)]
#[command(
    name = "trainyard",
    version,
    after_help = EXAMPLES,
    disable_help_subcommand = true,
    override_usage = "trainyard [COMMAND]",
    max_term_width = 100
)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}
