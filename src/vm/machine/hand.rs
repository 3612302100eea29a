//! The hand: what a machine works with while it executes, and nothing else of it.
//!
//! A machine lives behind a reference, so each of its fields is read from memory and written back
//! with every instruction. The few that matter are copied here, where the compiler can keep them in
//! registers, and copied back when an instruction comes that concerns more than the stack and a
//! variable.
//!
//! Read after the [machine](super).

use std::ops::ControlFlow;

use crate::vm::error::Wrong;
use crate::vm::instruction::{Instruction, Operator, Place};
use crate::vm::memory::Memory;

/// A range on the stack: by how much, what comes next, and how many are left.
pub(super) const RANGE_LEN: usize = 3;

/// Why the hand stopped.
pub(super) enum Halt {
    Stopped,
    /// At an instruction that concerns more than the stack and a variable.
    At(Instruction),
    Wrong(Wrong),
}

/// The part of a machine that nearly every instruction works with.
pub(super) struct Hand<'m> {
    pub(super) at: usize,
    pub(super) top: usize,
    /// From this function's first local variable on.
    pub(super) stack: &'m mut [i64],
}

impl Hand<'_> {
    pub(super) fn run<M: Memory + ?Sized>(
        &mut self,
        code: &[Instruction],
        memory: &M,
        watch: &mut impl FnMut(Place) -> ControlFlow<()>,
    ) -> Halt {
        loop {
            // INVARIANT: [VM-2] a function ends with a return, which is not executed here.
            let instruction = &code[self.at];
            if watch(instruction.place()).is_break() {
                return Halt::Stopped;
            }
            match instruction {
                Instruction::LoadConst(number) => self.push(*number),
                Instruction::LoadFast(local) => self.push(self.stack[*local as usize]),
                Instruction::LoadFastLoadFast(one, other) => {
                    self.push(self.stack[*one as usize]);
                    self.push(self.stack[*other as usize]);
                }
                Instruction::StoreFast(local) => self.stack[*local as usize] = self.pop(),
                Instruction::StoreFastLoadFast(stored, loaded) => {
                    let top = self.top - 1;
                    self.stack[*stored as usize] = self.stack[top];
                    self.stack[top] = self.stack[*loaded as usize];
                }
                Instruction::LoadGlobal(word) => self.push(memory.load(*word as usize)),
                Instruction::StoreGlobal(word) => memory.store(*word as usize, self.pop()),
                Instruction::BinaryOp(operator, _) => {
                    let right = self.pop();
                    let left = &mut self.stack[self.top - 1];
                    match operator.apply(*left, right) {
                        Some(result) => *left = result,
                        None => return Halt::Wrong(operator.wrong(right)),
                    }
                }
                Instruction::CompareOp(comparison) => {
                    let right = self.pop();
                    let left = &mut self.stack[self.top - 1];
                    *left = i64::from(comparison.holds(*left, right));
                }
                Instruction::Copy => self.push(self.stack[self.top - 1]),
                Instruction::PopTop => self.top -= 1,
                Instruction::JumpForward(target) | Instruction::JumpBackward(target) => {
                    self.at = *target as usize;
                    continue;
                }
                Instruction::PopJumpIfFalse(target) if self.pop() == 0 => {
                    self.at = *target as usize;
                    continue;
                }
                Instruction::PopJumpIfTrue(target) if self.pop() != 0 => {
                    self.at = *target as usize;
                    continue;
                }
                Instruction::ForIter(target) if !self.for_iter() => {
                    self.at = *target as usize;
                    continue;
                }
                // Of a jump that is not taken the guards above have done the rest.
                Instruction::Resume
                | Instruction::PopJumpIfFalse(_)
                | Instruction::PopJumpIfTrue(_)
                | Instruction::ForIter(_) => {}
                Instruction::EndFor => self.top -= RANGE_LEN,
                _ => return Halt::At(*instruction),
            }
            self.at += 1;
        }
    }

    /// Pushes the next number of the range on top of the stack, unless it is empty.
    #[inline]
    fn for_iter(&mut self) -> bool {
        let Some([by, next, left]) = self.stack[self.top - RANGE_LEN..].first_chunk_mut() else {
            return false;
        };
        if *left == 0 {
            return false;
        }
        let number = *next;
        // Beyond the last number it may not fit any more, and is not used.
        *next = number.wrapping_add(*by);
        *left = left.wrapping_sub(1);
        self.push(number);
        true
    }

    // INVARIANT: [VM-2] the stack has the room that the compiler counted, and holds what an
    // instruction takes.
    #[inline]
    fn push(&mut self, value: i64) {
        self.stack[self.top] = value;
        self.top += 1;
    }

    #[inline]
    fn pop(&mut self) -> i64 {
        self.top -= 1;
        self.stack[self.top]
    }
}

impl Operator {
    /// Why there is no result.
    #[cold]
    fn wrong(self, right: i64) -> Wrong {
        match self {
            Self::FloorDivide | Self::Remainder if right == 0 => Wrong::DivisionByZero,
            _ => Wrong::Overflow,
        }
    }
}
