//! One clear line for everything that clap can complain about.
//!
//! clap prints a paragraph with the usage in it. The first thing a reader wants is which argument
//! was wrong and what would be right; the second is where to look. So: one line, and a hint.

use std::ffi::OsStr;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error};

use super::{CommandLine, Exit};
use lab_core::terms::nearest::suggestion;
use lab_core::text::list;

/// Where to look when an argument of `verb` was wrong.
pub(super) fn hint(verb: &OsStr) -> String {
    let program = CommandLine::command();
    let verb = names(&program).into_iter().find(|known| verb == *known).unwrap_or("compare");
    format!("`trainyard {verb} --help` has examples that work")
}

/// Makes an end of the program out of a complaint.
pub(super) fn exit(error: &Error, verb: &OsStr) -> Exit {
    let program = CommandLine::command();
    let nested = program.find_subcommand(verb).filter(|command| command.has_subcommands());
    let unknown = context(error, ContextKind::InvalidSubcommand);
    match (error.kind(), nested) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, _) => {
            let message = format!("{}\n", error.render().to_string().trim_end());
            Exit { message, code: 0 }
        }
        (ErrorKind::InvalidSubcommand, Some(command)) => {
            let verb_of = command.get_name();
            let line = format!("unknown command '{verb_of} {unknown}'; {}", takes(command));
            Exit::bad_input(&line, &hint(verb))
        }
        (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, Some(command)) => {
            Exit::bad_input(&takes(command), &hint(verb))
        }
        (ErrorKind::InvalidSubcommand, None) => {
            let names = names(&program);
            let all = format!("the commands are {}", list(&names));
            let line =
                format!("unknown command '{unknown}'; {}", suggestion(&unknown, &names, &all));
            let hint = match unknown.as_str() {
                "io" | "cpu" => format!("did you mean `trainyard compare {unknown}`?"),
                _ => "`trainyard --help` has examples that work".to_owned(),
            };
            Exit::bad_input(&line, &hint)
        }
        _ => Exit::bad_input(&line(error), &hint(verb)),
    }
}

/// The commands of a command, without those that are nobody's business.
fn names(command: &Command) -> Vec<&str> {
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    visible.map(Command::get_name).collect()
}

fn takes(command: &Command) -> String {
    let names = names(command);
    let one_of = if names.len() == 1 { "" } else { "one of " };
    format!("{} takes {one_of}{}", command.get_name(), list(&names))
}

fn line(error: &Error) -> String {
    let argument = context(error, ContextKind::InvalidArg);
    let is_option = argument.starts_with('-');
    // clap names an option with its value: `--runs <N>`.
    let option = argument.split(' ').next().unwrap_or_default();
    let value = context(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument if is_option => {
            let suggestion = context(error, ContextKind::SuggestedArg);
            let suggestion = suggestion.split(' ').next().filter(|name| !name.is_empty());
            suggestion.map_or_else(
                || format!("unknown option '{argument}'"),
                |name| format!("unknown option '{argument}'; did you mean '{name}'?"),
            )
        }
        ErrorKind::UnknownArgument => format!("unexpected argument '{argument}'"),
        ErrorKind::MissingRequiredArgument => format!("{option} is missing"),
        ErrorKind::InvalidValue if value.is_empty() => format!("{option} needs a value"),
        ErrorKind::ValueValidation => {
            let reason = std::error::Error::source(error).map(ToString::to_string);
            let reason = reason.unwrap_or_default();
            // A positional argument has no name to speak of: its reason is the whole sentence.
            if is_option {
                format!("invalid value '{value}' for {option}: {reason}")
            } else {
                reason
            }
        }
        // What clap says first, in our form.
        _ => {
            let text = error.render().to_string();
            let line = text.lines().next().unwrap_or_default();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        }
    }
}

fn context(error: &Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}
