//! The compiler: statements become instructions, as CPython 3.13 would lay them out.
//!
//! One difference: CPython tests a `while` loop's condition a second time at the end of the body
//! and jumps back behind the first test; here the end jumps back to the one test that there is.
//!
//! Read after `names`; expressions are in `expressions`. Read next [`super::listing`].

mod expressions;

use super::error::{Position, SyntaxError};
use super::instruction::{Instruction, Operator, Written};
use super::names::{Scope, TRAIN, Words, index};
use super::program::{Function, Program, WordKind};
use super::syntax::{Act, Block, Definition, Expression, Name, Statement, returns};

type Result<T> = std::result::Result<T, SyntaxError>;

/// Compiles a tree.
pub(super) fn compile(program: &[Statement]) -> Result<Program> {
    let scope = Scope::of_train(program)?;
    let mut shared = Shared { words: Words::default(), known: Vec::new(), functions: Vec::new() };
    let at = Position { line: 1, column: 1 };
    let mut train = Body::new(scope, &mut shared, at);
    // `train` is set from the start.
    train.assigned.push(0);
    train.block(program)?;
    train.end_after(program);
    let train = train.finish(TRAIN, 0);
    let functions = std::iter::once(train).chain(shared.functions).collect();
    Ok(Program { functions, words: shared.words.into_inner() })
}

/// What all functions of a program have in common.
struct Shared {
    words: Words,
    /// What is known of each function from its `def` on.
    known: Vec<Signature>,
    functions: Vec<Function>,
}

#[derive(Clone)]
struct Signature {
    name: String,
    parameters: usize,
    gives_a_value: bool,
}

/// One function, half done.
struct Body<'s> {
    scope: Scope,
    shared: &'s mut Shared,
    is_function: bool,
    code: Vec<Instruction>,
    lines: Vec<u32>,
    /// The last place that some jump leads to: what stands there is not fused with what is before.
    landed: usize,
    /// How many numbers are on the stack here, and how many there ever are.
    depth: usize,
    deepest: usize,
    at: Position,
    /// The local variables that are surely set here.
    assigned: Vec<u32>,
    /// The locks that are surely held here: `return` gives them back.
    held: Vec<u32>,
}

impl<'s> Body<'s> {
    fn new(scope: Scope, shared: &'s mut Shared, at: Position) -> Self {
        let mut body = Self {
            scope,
            shared,
            is_function: false,
            code: Vec::new(),
            lines: Vec::new(),
            landed: 0,
            depth: 0,
            deepest: 0,
            at,
            assigned: Vec::new(),
            held: Vec::new(),
        };
        body.emit(Instruction::Resume);
        body
    }

    fn finish(self, name: &str, parameters: usize) -> Function {
        let room = self.scope.locals.len() + self.deepest;
        let (locals, code, lines) = (self.scope.locals, self.code, self.lines);
        Function { name: name.to_owned(), parameters, locals, code, room, lines }
    }

    fn emit(&mut self, instruction: Instruction) -> usize {
        let is_one_line = self.lines.last() == Some(&self.at.line);
        let last = self.code.last().filter(|_| is_one_line && self.code.len() > self.landed);
        if let Some(fused) = last.and_then(|last| last.fused(instruction)) {
            self.code.pop();
            self.code.push(fused);
        } else {
            self.code.push(instruction);
            self.lines.push(self.at.line);
        }
        // INVARIANT: [VM-2] the depth in the order of the text is that of every way to this place:
        // a statement leaves nothing behind, and both ways through an expression leave one number.
        self.depth = self.depth.strict_add_signed(instruction.growth());
        self.deepest = self.deepest.max(self.depth);
        self.code.len() - 1
    }

    /// A place that some jump leads to.
    fn here(&mut self) -> u32 {
        self.landed = self.code.len();
        index(self.landed)
    }

    /// Returns where nobody has: behind a body that can be left at its end.
    // INVARIANT: [VM-2] and behind one to whose end some jump leads, if only one that is never made.
    fn end_after(&mut self, body: &[Statement]) {
        if !returns(body) || self.landed == self.code.len() {
            self.emit(Instruction::ReturnNone);
        }
    }

    /// Lets the jump at `place` lead to what is emitted next.
    // INVARIANT: [VM-2] every jump that was emitted with a target still to come gets it here.
    fn land(&mut self, place: usize) {
        let here = self.here();
        self.code[place] = self.code[place].with_target(here);
    }

    fn refuse<T>(at: Position, says: impl Into<String>) -> Result<T> {
        Err(SyntaxError::new(at, says))
    }
}

/// Statements.
impl Body<'_> {
    fn block(&mut self, block: &[Statement]) -> Result<()> {
        block.iter().try_for_each(|statement| {
            self.at = statement.at;
            self.statement(statement)
        })
    }

    fn statement(&mut self, statement: &Statement) -> Result<()> {
        match &statement.act {
            Act::Pass => {}
            Act::Global(names) => {
                for name in names {
                    self.shared.words.place(name, WordKind::Variable)?;
                }
            }
            Act::Assign(name, value) => {
                self.expression(value)?;
                self.store(name)?;
            }
            Act::Augment(name, operator, value) => self.augment(name, *operator, value)?,
            Act::Call(call) => {
                self.call(call)?;
                self.emit(Instruction::PopTop);
            }
            Act::Await if self.is_function => {
                return Self::refuse(
                    statement.at,
                    "'await' stands in the train's own code, not in a function",
                );
            }
            Act::Await => drop(self.emit(Instruction::YieldValue)),
            Act::Return(value) => self.give_back(statement.at, value)?,
            Act::If(arms, otherwise) => self.condition(arms, otherwise)?,
            Act::While(condition, body) => self.loop_while(condition, body)?,
            Act::For(variable, range, body) => self.loop_over_range(variable, range, body)?,
            Act::With(lock, body) => self.with(lock, body)?,
            Act::Define(definition) => self.define(definition)?,
        }
        Ok(())
    }

    fn augment(&mut self, name: &Name, operator: Operator, value: &Expression) -> Result<()> {
        self.load(name)?;
        self.expression(value)?;
        self.emit(Instruction::BinaryOp(operator, Written::InPlace));
        self.store(name)
    }

    fn give_back(&mut self, at: Position, value: &Expression) -> Result<()> {
        if !self.is_function {
            return Self::refuse(at, "'return' stands in a function; the train just ends");
        }
        self.expression(value)?;
        for lock in self.held.clone().into_iter().rev() {
            self.emit(Instruction::WithExit(lock));
        }
        self.emit(Instruction::ReturnValue);
        Ok(())
    }

    fn condition(&mut self, arms: &[(Expression, Block)], otherwise: &[Statement]) -> Result<()> {
        let mut ends = Vec::new();
        let mut after: Option<Vec<u32>> = None;
        for (index, (condition, block)) in arms.iter().enumerate() {
            self.expression(condition)?;
            let skip = self.emit(Instruction::PopJumpIfFalse(0));
            self.branch(block, &mut after)?;
            if index + 1 < arms.len() || !otherwise.is_empty() {
                ends.push(self.emit(Instruction::JumpForward(0)));
            }
            self.land(skip);
        }
        self.branch(otherwise, &mut after)?;
        for end in ends {
            self.land(end);
        }
        self.assigned = after.unwrap_or_default();
        Ok(())
    }

    /// Compiles one way through an `if`; `after` becomes what is set on every way so far.
    fn branch(&mut self, block: &[Statement], after: &mut Option<Vec<u32>>) -> Result<()> {
        let before = self.assigned.clone();
        self.block(block)?;
        let set = std::mem::replace(&mut self.assigned, before);
        if !returns(block) {
            match after {
                Some(after) => after.retain(|local| set.contains(local)),
                None => *after = Some(set),
            }
        }
        Ok(())
    }

    fn loop_while(&mut self, condition: &Expression, body: &[Statement]) -> Result<()> {
        let (start, at) = (self.here(), self.at);
        self.expression(condition)?;
        let leave = self.emit(Instruction::PopJumpIfFalse(0));
        self.body_of_loop(body, at, start)?;
        self.land(leave);
        Ok(())
    }

    fn loop_over_range(
        &mut self,
        variable: &Name,
        range: &[Expression; 3],
        body: &[Statement],
    ) -> Result<()> {
        let at = self.at;
        range.iter().try_for_each(|number| self.expression(number))?;
        self.emit(Instruction::GetIter);
        let start = self.here();
        let leave = self.emit(Instruction::ForIter(0));
        let before = self.assigned.clone();
        self.store(variable)?;
        self.body_of_loop(body, at, start)?;
        // It may have had no turn at all.
        self.assigned = before;
        self.land(leave);
        self.emit(Instruction::EndFor);
        Ok(())
    }

    fn body_of_loop(&mut self, body: &[Statement], at: Position, start: u32) -> Result<()> {
        let before = self.assigned.clone();
        self.block(body)?;
        self.assigned = before;
        self.at = at;
        self.emit(Instruction::JumpBackward(start));
        Ok(())
    }

    fn with(&mut self, lock: &Name, body: &[Statement]) -> Result<()> {
        if self.scope.local(lock)?.is_some() {
            let says = format!("'{}' is a local variable; use another name", lock.text);
            return Self::refuse(lock.at, says);
        }
        let at = self.at;
        let lock = self.shared.words.place(lock, WordKind::Lock)?;
        self.emit(Instruction::BeforeWith(lock));
        self.held.push(lock);
        self.block(body)?;
        self.held.pop();
        self.at = at;
        self.emit(Instruction::WithExit(lock));
        Ok(())
    }

    fn define(&mut self, definition: &Definition) -> Result<()> {
        let Definition { name, parameters, body } = definition;
        if self.shared.known.iter().any(|known| known.name == name.text)
            || self.shared.words.contains(name)
            || self.scope.local(name)?.is_some()
        {
            let says = format!("'{}' means something else already; use two names", name.text);
            return Self::refuse(name.at, says);
        }
        self.shared.known.push(Signature {
            name: name.text.clone(),
            parameters: parameters.len(),
            gives_a_value: returns(body),
        });
        let scope = Scope::of_function(definition, &self.scope)?;
        let mut function = Body::new(scope, self.shared, name.at);
        function.is_function = true;
        function.assigned = (0..index(parameters.len())).collect();
        function.block(body)?;
        function.end_after(body);
        let function = function.finish(&name.text, parameters.len());
        self.shared.functions.push(function);
        Ok(())
    }
}
