//! One clear line for everything that clap can complain about.
//!
//! clap prints a paragraph with the usage in it. The first thing a reader wants is which argument
//! was wrong and what would be right; the second is where to look. So: one line, and a hint.

use std::ffi::OsStr;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error};

use super::{CommandLine, Exit, Stream};
use lab_core::terms::nearest::suggestion;
use lab_core::text::list;

/// Where to look when an argument of `verb` was wrong.
pub(super) fn hint(verb: &OsStr) -> String {
    let known = names(&CommandLine::command()).into_iter().find(|known| verb == known.as_str());
    let verb = known.as_deref().unwrap_or("compare");
    format!("`trainyard {verb} --help` has examples that work")
}

const HINT: &str = "`trainyard --help` has examples that work";

/// Makes an end of the program out of a complaint.
pub(super) fn exit(error: &Error, verb: &OsStr) -> Exit {
    let program = CommandLine::command();
    let nested = program.find_subcommand(verb).filter(|command| command.has_subcommands());
    match (error.kind(), nested) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, _) => {
            let message = format!("{}\n", error.render().to_string().trim_end());
            Exit { message, stream: Stream::Stdout, code: 0 }
        }
        (ErrorKind::InvalidSubcommand, Some(command)) => {
            let name = context(error, ContextKind::InvalidSubcommand);
            let line =
                format!("unknown command '{} {name}'; {}", command.get_name(), takes(command));
            Exit::bad_input(&line, &hint(verb))
        }
        (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, Some(command)) => {
            Exit::bad_input(&takes(command), &hint(verb))
        }
        (ErrorKind::InvalidSubcommand, None) => {
            let verb = context(error, ContextKind::InvalidSubcommand);
            let known = names(&program);
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            let all = format!("the commands are {}", list(&names));
            let line = format!("unknown command '{verb}'; {}", suggestion(&verb, &names, &all));
            Exit::bad_input(&line, &verb_hint(&verb))
        }
        _ => Exit::bad_input(&line(error), &hint(verb)),
    }
}

/// The commands of a command, without those that are nobody's business.
fn names(command: &Command) -> Vec<String> {
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    visible.map(|command| command.get_name().to_owned()).collect()
}

fn takes(command: &Command) -> String {
    let names = names(command);
    let one_of = if names.len() == 1 { "" } else { "one of " };
    format!("{} takes {one_of}{}", command.get_name(), list(&names))
}

fn verb_hint(verb: &str) -> String {
    match verb {
        "io" | "cpu" => format!("did you mean `trainyard compare {verb}`?"),
        _ => HINT.to_owned(),
    }
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
        _ => first_line(error),
    }
}

/// What clap says first, in our form: without `error: `.
fn first_line(error: &Error) -> String {
    let text = error.render().to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

fn context(error: &Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}
