//! A compiled program: its functions, and the words that its trains share.
//!
//! Read after [`super::machine`]; read next `parse`.

use super::error::SyntaxError;
use super::instruction::Instruction;
use super::{compile, parse};

/// What a text was compiled to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The train's own code comes first.
    pub(super) functions: Vec<Function>,
    pub(super) words: Vec<Word>,
}

/// One function's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub(super) name: String,
    pub(super) parameters: usize,
    /// The names of the local variables, parameters first.
    pub(super) locals: Vec<String>,
    pub(super) code: Vec<Instruction>,
    /// How much of the stack it needs: its local variables, and what it computes at any moment.
    pub(super) room: usize,
    /// The line in the text that each instruction comes from.
    pub(super) lines: Vec<u32>,
}

/// A word of the memory that all trains share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its name in the text.
    pub name: String,
    /// What it is.
    pub kind: WordKind,
}

/// What a word of the memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// A variable.
    Variable,
    /// A lock: 0 while it is free, otherwise its owner's number and 1.
    Lock,
}

impl Program {
    /// Compiles a text of the [subset](super#the-subset).
    ///
    /// ```
    /// use trainyard::vm::Program;
    ///
    /// let error = Program::compile("x = x / 2").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 1, column 7: '/' makes fractions; write '//' for whole numbers"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// A text that is not in the subset; the error says where, and what to write instead.
    pub fn compile(text: &str) -> Result<Self, SyntaxError> {
        compile::compile(&parse::parse(text)?)
    }

    /// Compiles a text as [`compile`](Self::compile) does, with a loop around it that does it
    /// `rounds` times.
    ///
    /// # Errors
    ///
    /// As for [`compile`](Self::compile).
    pub fn compile_repeated(text: &str, rounds: u32) -> Result<Self, SyntaxError> {
        compile::compile(&parse::repeated(parse::parse(text)?, rounds))
    }

    /// Returns the words that the trains share, in the order of the memory.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Returns the functions, the train's own code first.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Returns whether some instruction goes back to an earlier one.
    pub fn has_loop(&self) -> bool {
        let mut code = self.functions.iter().flat_map(|function| &function.code);
        code.any(|instruction| matches!(instruction, Instruction::JumpBackward(_)))
    }

    /// Returns whether it lets other tasks run.
    pub fn awaits(&self) -> bool {
        self.functions[0].code.contains(&Instruction::YieldValue)
    }
}

impl Function {
    /// Returns its name; of the train's own code, `train`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its instructions.
    pub fn code(&self) -> &[Instruction] {
        &self.code
    }
}
