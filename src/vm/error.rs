//! What can be wrong with a program: its text, or what it computes.

use std::fmt;

/// A place in a text, counted from 1 as editors do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// A text that is no program of the subset.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyntaxError {
    /// Where.
    pub at: Position,
    /// What is wrong, and what to write instead.
    pub says: String,
}

impl SyntaxError {
    pub(super) fn new(at: Position, says: impl Into<String>) -> Self {
        Self { at, says: says.into() }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.at.line, self.at.column, self.says)
    }
}

impl std::error::Error for SyntaxError {}

/// A program that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimeError {
    /// The line of the statement.
    pub line: u32,
    /// What happened.
    pub wrong: Wrong,
}

/// Why a program cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wrong {
    /// A result that 64 bits cannot hold. Python's numbers grow; these do not.
    Overflow,
    /// `ZeroDivisionError`.
    DivisionByZero,
    /// `RecursionError`.
    Recursion,
    /// `ValueError`: a `range` that goes on with steps of 0.
    StepOfZero,
    /// A train takes a lock that it has already: in Python it would wait for ever.
    OwnLock,
}

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.wrong)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overflow => "a number grew beyond 64 bits, which is all that numbers here have",
            Self::DivisionByZero => "division by zero",
            Self::Recursion => "a function called itself too many times",
            Self::StepOfZero => "the third number of range must not be 0",
            Self::OwnLock => "this train has that lock already, and would wait for itself",
        })
    }
}

impl std::error::Error for RuntimeError {}
