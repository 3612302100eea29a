//! Expressions: each leaves one number more on the stack.
//!
//! Read after the [module](super).

use super::{Body, Result, Signature};
use crate::vm::instruction::{Instruction, Written};
use crate::vm::names::index;
use crate::vm::program::WordKind;
use crate::vm::syntax::{Call, Expression, Name};

impl Body<'_> {
    pub(super) fn expression(&mut self, expression: &Expression) -> Result<()> {
        let instruction = match expression {
            Expression::Number(number) => Instruction::LoadConst(*number),
            Expression::Name(name) => return self.load(name),
            Expression::Negative(inner) => {
                self.expression(inner)?;
                Instruction::UnaryNegative
            }
            Expression::Not(inner) => {
                self.expression(inner)?;
                Instruction::UnaryNot
            }
            Expression::Binary(operator, both) => {
                both.iter().try_for_each(|side| self.expression(side))?;
                Instruction::BinaryOp(*operator, Written::Between)
            }
            Expression::Compare(comparison, both) => {
                both.iter().try_for_each(|side| self.expression(side))?;
                Instruction::CompareOp(*comparison)
            }
            Expression::And(both) => return self.either(both, Instruction::PopJumpIfFalse(0)),
            Expression::Or(both) => return self.either(both, Instruction::PopJumpIfTrue(0)),
            Expression::Call(call) => {
                let signature = self.call(call)?;
                if !signature.gives_a_value {
                    let says = format!("'{0}' does not always return a value", signature.name);
                    return Self::refuse(call.function.at, says);
                }
                return Ok(());
            }
        };
        self.emit(instruction);
        Ok(())
    }

    /// `and`, `or`: the left side is the answer, or else the right side is.
    fn either(&mut self, [left, right]: &[Expression; 2], decide: Instruction) -> Result<()> {
        self.expression(left)?;
        self.emit(Instruction::Copy);
        let decided = self.emit(decide);
        self.emit(Instruction::PopTop);
        self.expression(right)?;
        self.land(decided);
        Ok(())
    }

    pub(super) fn call(&mut self, call: &Call) -> Result<Signature> {
        let Name { text, at } = &call.function;
        let known = &self.shared.known;
        let Some(place) = known.iter().position(|known| known.name == *text) else {
            let says = format!("no function '{text}' above this line; `def {text}(…):` makes one");
            return Self::refuse(*at, says);
        };
        let signature = known[place].clone();
        if signature.parameters != call.arguments.len() {
            let (wanted, given) = (signature.parameters, call.arguments.len());
            return Self::refuse(*at, format!("'{text}' takes {wanted} arguments, not {given}"));
        }
        call.arguments.iter().try_for_each(|argument| self.expression(argument))?;
        self.depth -= call.arguments.len();
        // The train's own code is function 0.
        self.emit(Instruction::Call(index(place) + 1));
        Ok(signature)
    }

    pub(super) fn load(&mut self, name: &Name) -> Result<()> {
        self.refuse_function(name)?;
        let instruction = match self.scope.local(name)? {
            Some(local) if self.assigned.contains(&local) => Instruction::LoadFast(local),
            Some(_) => {
                let says = format!(
                    "'{0}' may not be set here; set it first, or share it with `global {0}`",
                    name.text
                );
                return Self::refuse(name.at, says);
            }
            None => Instruction::LoadGlobal(self.shared.words.place(name, WordKind::Variable)?),
        };
        self.emit(instruction);
        Ok(())
    }

    pub(super) fn store(&mut self, name: &Name) -> Result<()> {
        self.refuse_function(name)?;
        let instruction = match self.scope.local(name)? {
            Some(local) => {
                if !self.assigned.contains(&local) {
                    self.assigned.push(local);
                }
                Instruction::StoreFast(local)
            }
            None => Instruction::StoreGlobal(self.shared.words.place(name, WordKind::Variable)?),
        };
        self.emit(instruction);
        Ok(())
    }

    fn refuse_function(&self, name: &Name) -> Result<()> {
        if self.shared.known.iter().any(|known| known.name == name.text) {
            let says = format!("'{0}' is a function; call it: `{0}(…)`", name.text);
            return Self::refuse(name.at, says);
        }
        Ok(())
    }
}
