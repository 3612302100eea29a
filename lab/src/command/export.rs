//! The options of `trainyard export`.

use std::path::PathBuf;

use super::values;
use crate::ask::view::{Export, Lines};
use lab_core::look::To;

const EXAMPLES: &str = "\
Examples:
  trainyard compare cpu -o run.trace
  trainyard export run.trace --to svg --output run.svg
  trainyard export run.trace --to html --output run.html
  trainyard export run.trace --to perfetto --output run.json  for Perfetto
  trainyard export run.trace --to csv --events --run 2 | head

Exit status: 0 done, 1 writing failed, 2 bad input.";

/// Turn a trace into a document: for Perfetto, a picture, a page, a table
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExportOptions {
    /// What `-o FILE` has written
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The form: perfetto, svg, html, csv
    #[arg(long, value_name = "FORM", value_parser = values::to)]
    to: To,

    /// Where to; '-' is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only this run: its number, or its label
    #[arg(long, value_name = "RUN")]
    run: Option<String>,

    /// A line for each event, instead of each span: with csv
    #[arg(long)]
    events: bool,
}

impl ExportOptions {
    pub(super) fn into_export(self) -> Result<Export, String> {
        if self.events && self.to != To::Csv {
            return Err("--events is for --to csv: the other forms have no lines".to_owned());
        }
        let lines = if self.events { Lines::Events } else { Lines::Spans };
        let Self { file, to, output, run, .. } = self;
        Ok(Export { file, to, run, lines, output })
    }
}
