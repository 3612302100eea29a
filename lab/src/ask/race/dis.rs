//! `trainyard dis`: a program's instructions as CPython's `dis` lists them, and where between them a
//! thread looks whether another one wants the lock.

use lab_core::terms::Placement;
use lab_core::terms::error::Result;
use lab_core::work::race::puzzle::{Puzzle, compile};
use lab_core::work::race::setting::looks_at;
use trainyard::vm::Program;
use trainyard::vm::listing::Row;

const EXAMPLES: &str = "\
Examples:
  trainyard dis 'x = x + 1'
  trainyard dis counter-with-call";

/// List a program's instructions, and where between them a thread looks at the lock
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Dis {
    /// A puzzle, a file, or a text in a small part of Python
    #[arg(value_name = "PROGRAM", default_value = "x = x + 1")]
    program: String,
}

/// The placements that have marks; where nobody looks there is nothing to mark.
const COLUMNS: [Placement; 2] = [Placement::EveryOp, Placement::BackEdge];

const LEGEND: &str = "\
*: before it the eval breaker is looked at, and the lock may change hands:
   every-op   CPython up to 3.9: between nearly any two instructions
   back-edge  CPython since 3.10: where a loop jumps back and a function begins
   never      a long call of C: nowhere
";

impl Dis {
    /// Lists the program.
    pub(crate) fn page(&self) -> Result<String> {
        Ok(list(&compile(&Puzzle::read(&self.program)?.text, 1)?))
    }
}

fn list(program: &Program) -> String {
    let functions = 0..program.functions().len();
    let listed: Vec<Vec<Row>> = functions.map(|function| program.rows(function)).collect();
    let texts = listed.iter().flatten().map(Row::to_string);
    let width = texts.map(|text| text.chars().count()).max().unwrap_or(0);
    let line = |text: &str, marks: [String; 2]| {
        let line = format!("{text:width$}   {}", marks.join("  "));
        format!("{}\n", line.trim_end())
    };
    let mut page = line("", COLUMNS.map(|placement| placement.name().to_owned()));
    for (number, (function, rows)) in program.functions().iter().zip(&listed).enumerate() {
        if number > 0 {
            page += &["\nDisassembly of ", function.name(), ":\n\n"].concat();
        }
        page.extend(rows.iter().map(|row| line(&row.to_string(), marks(row))));
    }
    format!("{page}\n{LEGEND}")
}

/// A mark under each placement that looks here, in its middle.
fn marks(row: &Row) -> [String; 2] {
    COLUMNS.map(|placement| {
        let mark = if looks_at(placement, row.instruction.place()) { "*" } else { "" };
        format!("{mark:^0$}", placement.name().len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_is_a_checkpoint_up_to_3_9_and_few_since() {
        let dis = |program: &str| Dis { program: program.to_owned() }.page().unwrap();
        let listed = dis("x = x + 1");
        let expected = "
                                   every-op  back-edge
  1          RESUME                   *         *
             LOAD_GLOBAL          x   *
             LOAD_CONST           1   *
             BINARY_OP            +   *
             STORE_GLOBAL         x   *
             RETURN_CONST         None   *";
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let found: Vec<_> = listed.lines().take(7).map(words).collect();
        assert_eq!(found, expected.lines().skip(1).map(words).collect::<Vec<_>>(), "{listed}");
        assert!(listed.contains("back-edge  CPython since 3.10"));
        let looped = dis("for i in range(3): x += 1");
        let mut back = looped.lines().filter(|line| line.matches('*').count() == 2).skip(1);
        assert!(back.next().unwrap().contains("JUMP_BACKWARD"), "{looped}");
        assert_eq!(back.next(), None, "{looped}");
        // Columns stand below each other.
        let listed = dis("counter-with-call");
        let middle = listed.find("every-op").unwrap() + 3;
        let marks = listed.lines().take_while(|line| !line.starts_with('*'));
        let marked: Vec<_> = marks.filter_map(|line| line.find('*')).collect();
        assert!(marked.len() > 8 && marked.iter().all(|at| *at == middle), "{listed}");
    }
}
