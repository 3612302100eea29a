//! The instructions, with CPython 3.13's names for them.
//!
//! Each does to the stack what its namesake does, with three liberties, taken so that every value
//! is a number: `CALL` names its function, which CPython loads onto the stack before the arguments;
//! a `range` is three numbers on the stack instead of an object; and of a `with` statement's exit,
//! which is a `CALL` with three `None` in CPython, one instruction is left, `WITH_EXIT`.
//!
//! Read after the [module](super); read next [`super::machine`].

use std::fmt;

/// One instruction. Its operand is a place in one of the program's tables, or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// The beginning of a function. Since 3.10 CPython looks at its eval breaker here.
    Resume,
    /// Pushes a number.
    LoadConst(i64),
    /// Pushes a local variable.
    LoadFast(u32),
    /// Pushes two local variables.
    LoadFastLoadFast(u32, u32),
    /// Pops into a local variable.
    StoreFast(u32),
    /// Pops into a local variable and pushes another.
    StoreFastLoadFast(u32, u32),
    /// Pushes a shared variable.
    LoadGlobal(u32),
    /// Pops into a shared variable.
    StoreGlobal(u32),
    /// Pops two numbers and pushes what the operator makes of them.
    BinaryOp(Operator, Written),
    /// Pops two numbers and pushes 1 if they compare so, otherwise 0.
    CompareOp(Comparison),
    /// Negates the top of the stack.
    UnaryNegative,
    /// Makes 1 of a 0 on top of the stack, and 0 of everything else.
    UnaryNot,
    /// Pushes the top of the stack once more.
    Copy,
    /// Drops the top of the stack.
    PopTop,
    /// Jumps onward.
    JumpForward(u32),
    /// Jumps back: the end of a loop's turn, where CPython since 3.10 looks at its eval breaker.
    JumpBackward(u32),
    /// Pops, and jumps if it was 0.
    PopJumpIfFalse(u32),
    /// Pops, and jumps if it was not 0.
    PopJumpIfTrue(u32),
    /// Makes of start, stop and step on the stack what `FOR_ITER` needs: step, next and how many.
    GetIter,
    /// Pushes the next number of a range, or jumps if there is none.
    ForIter(u32),
    /// Drops a range.
    EndFor,
    /// Calls a function, whose arguments are on the stack.
    Call(u32),
    /// Returns the top of the stack to the caller.
    ReturnValue,
    /// Returns without a value.
    ReturnNone,
    /// Takes a lock, or waits for it.
    BeforeWith(u32),
    /// Gives a lock back.
    WithExit(u32),
    /// Lets other tasks run; a thread goes on.
    YieldValue,
}

/// What a `BINARY_OP` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `//`, rounded down as in Python.
    FloorDivide,
    /// `%`, with the sign of the divisor as in Python.
    Remainder,
}

/// How the operator was written. CPython tells them apart, and for numbers does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// `x + 1`
    Between,
    /// `x += 1`
    InPlace,
}

/// What a `COMPARE_OP` asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
}

/// What an instruction is to whoever looks for a place to switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Any instruction: CPython up to 3.9 looked at its eval breaker before nearly every one.
    Operation,
    /// The end of a loop's turn; with calls, where CPython looks since 3.10.
    BackEdge,
    /// The beginning of a function.
    Call,
}

impl Instruction {
    /// Returns what kind of check point this is.
    #[inline]
    pub fn place(self) -> Place {
        match self {
            Self::JumpBackward(_) => Place::BackEdge,
            Self::Resume => Place::Call,
            _ => Place::Operation,
        }
    }

    /// Returns CPython's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resume => "RESUME",
            Self::LoadConst(_) => "LOAD_CONST",
            Self::LoadFast(_) => "LOAD_FAST",
            Self::LoadFastLoadFast(..) => "LOAD_FAST_LOAD_FAST",
            Self::StoreFast(_) => "STORE_FAST",
            Self::StoreFastLoadFast(..) => "STORE_FAST_LOAD_FAST",
            Self::LoadGlobal(_) => "LOAD_GLOBAL",
            Self::StoreGlobal(_) => "STORE_GLOBAL",
            Self::BinaryOp(..) => "BINARY_OP",
            Self::CompareOp(_) => "COMPARE_OP",
            Self::UnaryNegative => "UNARY_NEGATIVE",
            Self::UnaryNot => "UNARY_NOT",
            Self::Copy => "COPY",
            Self::PopTop => "POP_TOP",
            Self::JumpForward(_) => "JUMP_FORWARD",
            Self::JumpBackward(_) => "JUMP_BACKWARD",
            Self::PopJumpIfFalse(_) => "POP_JUMP_IF_FALSE",
            Self::PopJumpIfTrue(_) => "POP_JUMP_IF_TRUE",
            Self::GetIter => "GET_ITER",
            Self::ForIter(_) => "FOR_ITER",
            Self::EndFor => "END_FOR",
            Self::Call(_) => "CALL",
            Self::ReturnValue => "RETURN_VALUE",
            Self::ReturnNone => "RETURN_CONST",
            Self::BeforeWith(_) => "BEFORE_WITH",
            Self::WithExit(_) => "WITH_EXIT",
            Self::YieldValue => "YIELD_VALUE",
        }
    }

    /// Where it may jump to.
    pub fn target(self) -> Option<u32> {
        match self {
            Self::JumpForward(target)
            | Self::JumpBackward(target)
            | Self::PopJumpIfFalse(target)
            | Self::PopJumpIfTrue(target)
            | Self::ForIter(target) => Some(target),
            _ => None,
        }
    }

    /// How many numbers more are on the stack when it is done and has not jumped; a call's are its
    /// caller's affair.
    pub(super) fn growth(self) -> isize {
        match self {
            Self::LoadFastLoadFast(..) => 2,
            Self::LoadConst(_)
            | Self::LoadFast(_)
            | Self::LoadGlobal(_)
            | Self::Copy
            | Self::ForIter(_)
            | Self::Call(_) => 1,
            Self::StoreFast(_)
            | Self::StoreGlobal(_)
            | Self::BinaryOp(..)
            | Self::CompareOp(_)
            | Self::PopTop
            | Self::PopJumpIfFalse(_)
            | Self::PopJumpIfTrue(_)
            | Self::ReturnValue => -1,
            Self::EndFor => -3,
            _ => 0,
        }
    }

    /// The one instruction that does this and then `next`, if there is one. CPython has the same.
    pub(super) fn fused(self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::LoadFast(one), Self::LoadFast(other)) => {
                Some(Self::LoadFastLoadFast(one, other))
            }
            (Self::StoreFast(stored), Self::LoadFast(loaded)) => {
                Some(Self::StoreFastLoadFast(stored, loaded))
            }
            _ => None,
        }
    }

    /// The same jump to another place; anything else unchanged.
    pub(super) fn with_target(self, target: u32) -> Self {
        match self {
            Self::JumpForward(_) => Self::JumpForward(target),
            Self::JumpBackward(_) => Self::JumpBackward(target),
            Self::PopJumpIfFalse(_) => Self::PopJumpIfFalse(target),
            Self::PopJumpIfTrue(_) => Self::PopJumpIfTrue(target),
            Self::ForIter(_) => Self::ForIter(target),
            other => other,
        }
    }
}

impl Operator {
    /// Computes, or says that the result does not fit or does not exist.
    #[inline]
    pub(super) fn apply(self, left: i64, right: i64) -> Option<i64> {
        match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            // Apart, so that the three above are two comparisons and not a jump through a table.
            Self::FloorDivide | Self::Remainder => self.divide(left, right),
        }
    }

    #[inline(never)]
    fn divide(self, left: i64, right: i64) -> Option<i64> {
        if self == Self::FloorDivide { floor_divide(left, right) } else { remainder(left, right) }
    }
}

/// Rust rounds towards 0, Python down.
fn floor_divide(left: i64, right: i64) -> Option<i64> {
    let quotient = left.checked_div(right)?;
    let is_rounded_up = left % right != 0 && (left < 0) != (right < 0);
    Some(if is_rounded_up { quotient - 1 } else { quotient })
}

/// Rust's has the sign of the left, Python's that of the right.
fn remainder(left: i64, right: i64) -> Option<i64> {
    if right == 0 {
        return None;
    }
    // Of the smallest number and -1 the quotient does not fit, but the remainder does.
    let remainder = left.wrapping_rem(right);
    Some(if remainder != 0 && (remainder < 0) != (right < 0) {
        remainder + right
    } else {
        remainder
    })
}

impl Comparison {
    #[inline]
    pub(super) fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::FloorDivide => "//",
            Self::Remainder => "%",
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}
