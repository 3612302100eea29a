//! The tree that the parser makes of a text, and the compiler instructions.

use super::error::Position;
use super::instruction::{Comparison, Operator};

/// A name, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) at: Position,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Number(i64),
    Name(Name),
    Negative(Box<Self>),
    Not(Box<Self>),
    Binary(Operator, Box<[Self; 2]>),
    Compare(Comparison, Box<[Self; 2]>),
    And(Box<[Self; 2]>),
    Or(Box<[Self; 2]>),
    Call(Call),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) function: Name,
    pub(super) arguments: Vec<Expression>,
}

pub(super) type Block = Vec<Statement>;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub(super) at: Position,
    pub(super) act: Act,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Pass,
    Global(Vec<Name>),
    Assign(Name, Expression),
    Augment(Name, Operator, Expression),
    Call(Call),
    /// `await sleep(0)`
    Await,
    Return(Expression),
    /// Each `if` and `elif`, and what is after `else`.
    If(Vec<(Expression, Block)>, Block),
    While(Expression, Block),
    /// The variable, the three numbers of the range, and the body.
    For(Name, Box<[Expression; 3]>, Block),
    With(Name, Block),
    Define(Definition),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) name: Name,
    pub(super) parameters: Vec<Name>,
    pub(super) body: Block,
}

/// Whether a block cannot be left at its end: on each way through it stands a `return`.
pub(super) fn returns(block: &[Statement]) -> bool {
    block.last().is_some_and(|statement| match &statement.act {
        Act::Return(_) => true,
        Act::If(arms, otherwise) => {
            returns(otherwise) && arms.iter().all(|(_, block)| returns(block))
        }
        Act::With(_, body) => returns(body),
        _ => false,
    })
}

/// Visits every statement of a block, inner ones too, but not those of functions.
pub(super) fn walk<'b>(block: &'b [Statement], visit: &mut impl FnMut(&'b Statement)) {
    for statement in block {
        visit(statement);
        match &statement.act {
            Act::If(arms, otherwise) => {
                for (_, block) in arms {
                    walk(block, visit);
                }
                walk(otherwise, visit);
            }
            Act::While(_, body) | Act::For(_, _, body) | Act::With(_, body) => walk(body, visit),
            _ => {}
        }
    }
}
