//! Expressions, the loosest operators first.
//!
//! Read after the [module](super), whose words these methods take apart.

use super::{Parser, Result};
use crate::vm::instruction::{Comparison, Operator};
use crate::vm::lex::What;
use crate::vm::syntax::{Call, Expression, Name};

const COMPARISONS: [(&str, Comparison); 6] = [
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.deeper()?;
        let mut left = self.conjunction()?;
        while self.here().what == What::Name("or") {
            self.operator()?;
            left = Expression::Or(Box::new([left, self.conjunction()?]));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression> {
        let mut left = self.negation()?;
        while self.here().what == What::Name("and") {
            self.operator()?;
            left = Expression::And(Box::new([left, self.negation()?]));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression> {
        if self.here().what != What::Name("not") {
            return self.comparison();
        }
        self.operator()?;
        Ok(Expression::Not(Box::new(self.negation()?)))
    }

    fn comparison(&mut self) -> Result<Expression> {
        let left = self.sum()?;
        let Some(comparison) = self.one_of(&COMPARISONS) else { return Ok(left) };
        self.operator()?;
        let right = self.sum()?;
        if self.one_of(&COMPARISONS).is_some() {
            return Err(self.complain("one comparison at a time; write `a < b and b < c`"));
        }
        Ok(Expression::Compare(comparison, Box::new([left, right])))
    }

    fn sum(&mut self) -> Result<Expression> {
        self.chain(&[("+", Operator::Add), ("-", Operator::Subtract)], Self::product)
    }

    fn product(&mut self) -> Result<Expression> {
        let operators =
            [("*", Operator::Multiply), ("//", Operator::FloorDivide), ("%", Operator::Remainder)];
        self.chain(&operators, Self::unary)
    }

    /// Operators of one strength, which take from left to right.
    fn chain(
        &mut self,
        operators: &[(&str, Operator)],
        operand: fn(&mut Self) -> Result<Expression>,
    ) -> Result<Expression> {
        let mut left = operand(self)?;
        while let Some(operator) = self.one_of(operators) {
            self.operator()?;
            left = Expression::Binary(operator, Box::new([left, operand(self)?]));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression> {
        if self.here().what != What::Symbol("-") {
            return self.primary();
        }
        self.operator()?;
        Ok(Expression::Negative(Box::new(self.unary()?)))
    }

    fn primary(&mut self) -> Result<Expression> {
        match self.here().what {
            What::Number(number) => {
                self.next += 1;
                Ok(Expression::Number(number))
            }
            What::Symbol("(") => {
                self.next += 1;
                let inner = self.expression()?;
                self.expect(")", "expected ')'")?;
                Ok(inner)
            }
            What::Name("True") => Err(self.complain("there are only numbers; write 1 for True")),
            What::Name("False") => Err(self.complain("there are only numbers; write 0 for False")),
            What::Name("await") => Err(self.complain("'await' is a statement of its own here")),
            _ => {
                let name = self.name("a number, a variable or a call")?;
                if self.here().what == What::Symbol("(") {
                    return self.call(name).map(Expression::Call);
                }
                Ok(Expression::Name(name))
            }
        }
    }

    pub(super) fn call(&mut self, function: Name) -> Result<Call> {
        Ok(Call { function, arguments: self.arguments()? })
    }

    pub(super) fn arguments(&mut self) -> Result<Vec<Expression>> {
        self.expect("(", "expected '('")?;
        let mut arguments = Vec::new();
        while !self.accept(")") {
            arguments.push(self.expression()?);
            if !self.accept(",") && self.here().what != What::Symbol(")") {
                return Err(self.complain("expected ',' or ')'"));
            }
        }
        Ok(arguments)
    }
}
