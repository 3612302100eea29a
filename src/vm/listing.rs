//! The listing: instructions as CPython's `dis` shows them, with names for numbers and labels for
//! jumps.
//!
//! ```text
//!   1           RESUME
//!               LOAD_GLOBAL          x
//!               LOAD_CONST           1
//!               BINARY_OP            +
//!               STORE_GLOBAL         x
//!               RETURN_CONST         None
//! ```
//!
//! Read after `compile`; it is the last file of the machine.

use std::collections::BTreeSet;
use std::fmt;

use super::instruction::{Instruction, Written};
use super::program::{Function, Program};

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line of the text, if the instruction is the first that comes from it.
    pub line: Option<u32>,
    /// The number of the label that jumps lead to.
    pub label: Option<usize>,
    /// The instruction.
    pub instruction: Instruction,
    /// What it works with, in words; empty if there is nothing to say.
    pub operand: String,
}

impl Program {
    /// Lists the instructions of a function.
    ///
    /// # Panics
    ///
    /// Panics if the program has fewer functions.
    pub fn rows(&self, function: usize) -> Vec<Row> {
        let Function { code, lines, .. } = &self.functions[function];
        let targets = targets(code);
        let label = |at: u32| targets.iter().position(|&target| target == at).map(|at| at + 1);
        let rows = code.iter().zip(lines).enumerate().map(|(at, (&instruction, &line))| {
            let is_first = at == 0 || lines[at - 1] != line;
            let operand = instruction.target().and_then(label).map_or_else(
                || self.operand(function, instruction),
                |number| format!("to L{number}"),
            );
            let line = is_first.then_some(line);
            Row { line, label: u32::try_from(at).ok().and_then(label), instruction, operand }
        });
        rows.collect()
    }

    /// Returns an instruction's name and what it works with, as in `LOAD_GLOBAL x`.
    ///
    /// # Panics
    ///
    /// Panics if the instruction is not one of `function`'s.
    pub fn describe(&self, function: usize, instruction: Instruction) -> String {
        let operand = self.operand(function, instruction);
        format!("{} {operand}", instruction.name()).trim_end().to_owned()
    }

    /// What an instruction works with; nothing for a jump, whose label is the listing's affair.
    fn operand(&self, function: usize, instruction: Instruction) -> String {
        let local = |place: u32| self.functions[function].locals[place as usize].as_str();
        let word = |place: u32| self.words[place as usize].name.clone();
        match instruction {
            Instruction::LoadConst(number) => number.to_string(),
            Instruction::LoadFast(place) | Instruction::StoreFast(place) => local(place).to_owned(),
            Instruction::LoadFastLoadFast(one, other)
            | Instruction::StoreFastLoadFast(one, other) => {
                format!("{}, {}", local(one), local(other))
            }
            Instruction::LoadGlobal(place)
            | Instruction::StoreGlobal(place)
            | Instruction::BeforeWith(place)
            | Instruction::WithExit(place) => word(place),
            Instruction::BinaryOp(operator, Written::Between) => operator.to_string(),
            Instruction::BinaryOp(operator, Written::InPlace) => format!("{operator}="),
            Instruction::CompareOp(comparison) => comparison.to_string(),
            Instruction::Call(callee) => self.functions[callee as usize].name.clone(),
            Instruction::ReturnNone => "None".to_owned(),
            _ => String::new(),
        }
    }
}

/// Where jumps lead, in order.
fn targets(code: &[Instruction]) -> BTreeSet<u32> {
    code.iter().filter_map(|instruction| instruction.target()).collect()
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.map_or_else(String::new, |line| line.to_string());
        let label = self.label.map_or_else(String::new, |number| format!("L{number}:"));
        let row = format!("{line:>3} {label:>7}  {:<20} {}", self.instruction.name(), self.operand);
        f.write_str(row.trim_end())
    }
}

/// All functions, one after another, as `dis` does it.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, function) in self.functions.iter().enumerate() {
            if number > 0 {
                writeln!(f, "\nDisassembly of {}:", function.name)?;
            }
            self.rows(number).iter().try_for_each(|row| writeln!(f, "{row}"))?;
        }
        Ok(())
    }
}
