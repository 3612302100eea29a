//! The parser: words become statements, by one method for each thing that can be written.
//!
//! Every complaint says what was found and what to write instead. Depth and length are bounded, so
//! that no text can make the parser, or the compiler after it, run out of stack.
//!
//! Read after `lex`; expressions are in `expressions`. Read next `names`.

mod expressions;

use super::error::{Position, SyntaxError};
use super::instruction::Operator;
use super::lex::{Token, What, lex};
use super::syntax::{Act, Block, Definition, Expression, Name, Statement};

type Result<T> = std::result::Result<T, SyntaxError>;

/// CPython's parser stops at 100 blocks and 200 brackets; nobody reads that far.
const DEPTH_MAX: usize = 50;
/// Operators in one statement; each makes the tree one deeper at most.
const OPERATORS_MAX: usize = 500;

/// Words of Python that the subset does not have, or that mean something already.
const RESERVED: [&str; 39] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "print", "raise", "range", "return",
    "sleep", "try", "while", "with", "yield", "match",
];

/// What to write where one of them would have stood.
const INSTEAD: [(&str, &str); 4] = [
    ("break", "let the condition of a `while` end the loop"),
    ("continue", "put the rest of the loop into an `if`"),
    ("print", "store it in a variable, as in `shown = x`; all are shown at the end"),
    ("import", "a program has whole numbers, its own functions and locks, and leaves this out"),
];

const AUGMENTED: [(&str, Operator); 5] = [
    ("+=", Operator::Add),
    ("-=", Operator::Subtract),
    ("*=", Operator::Multiply),
    ("//=", Operator::FloorDivide),
    ("%=", Operator::Remainder),
];

/// Reads a whole program.
pub(super) fn parse(text: &str) -> Result<Block> {
    let mut parser = Parser { tokens: lex(text)?, next: 0, depth: 0, operators: 0 };
    let mut program = Vec::new();
    while parser.here().what != What::End {
        parser.statement(&mut program)?;
    }
    if program.is_empty() {
        return Err(parser.complain("there is no program; try `x = x + 1`"));
    }
    check_heads(&program, "")?;
    Ok(program)
}

/// Puts a loop around all of a program but what stands at its head: functions and `global`.
pub(super) fn repeated(program: Block, rounds: u32) -> Block {
    let (mut head, body): (Block, Block) = program.into_iter().partition(is_head);
    let at = body.first().map_or(Position { line: 1, column: 1 }, |first| first.at);
    // No program can use this name: it is in brackets.
    let variable = Name { text: "(round)".to_owned(), at };
    let range = [0, i64::from(rounds), 1].map(Expression::Number);
    head.push(Statement { at, act: Act::For(variable, Box::new(range), body) });
    head
}

fn is_head(statement: &Statement) -> bool {
    matches!(statement.act, Act::Define(_) | Act::Global(_))
}

/// Functions stand in no other block, and `global` at the top of the program or of a function.
fn check_heads(block: &[Statement], opened_by: &str) -> Result<()> {
    let head = block.iter().take_while(|statement| is_head(statement)).count();
    for (index, statement) in block.iter().enumerate() {
        let says = match statement.act {
            Act::Define(_) if !opened_by.is_empty() => "move this function out of the block",
            Act::Global(_) if index >= head || !["", "def"].contains(&opened_by) => {
                "put 'global' at the top of the program or of the function"
            }
            _ => continue,
        };
        return Err(SyntaxError::new(statement.at, says));
    }
    Ok(())
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    next: usize,
    depth: usize,
    operators: usize,
}

/// Statements.
impl Parser<'_> {
    /// Reads one statement, or the several that stand on one line, and adds them to `block`.
    fn statement(&mut self, block: &mut Block) -> Result<()> {
        let at = self.here().at;
        self.operators = 0;
        let act = match self.here().what {
            What::Indent => {
                return Err(self.complain("this line is indented and nothing opened a block"));
            }
            What::Name("if") => self.condition()?,
            What::Name("while") => {
                self.next += 1;
                let condition = self.expression()?;
                Act::While(condition, self.block("while")?)
            }
            What::Name("for") => self.loop_over_range()?,
            What::Name("with") => {
                self.next += 1;
                let lock = self.name("the name of a lock")?;
                Act::With(lock, self.block("with")?)
            }
            What::Name("def") => Act::Define(self.definition()?),
            _ => return self.simple_line(block),
        };
        block.push(Statement { at, act });
        Ok(())
    }

    /// Statements with `;` between them.
    fn simple_line(&mut self, block: &mut Block) -> Result<()> {
        loop {
            let at = self.here().at;
            self.operators = 0;
            let act = self.simple()?;
            block.push(Statement { at, act });
            if self.accept(";") && self.here().what != What::Newline {
                continue;
            }
            return self.end_of_line();
        }
    }

    fn simple(&mut self) -> Result<Act> {
        let What::Name(word) = self.here().what else {
            return Err(self.complain("a statement begins with a name"));
        };
        match word {
            "pass" => {
                self.next += 1;
                Ok(Act::Pass)
            }
            "global" => {
                self.next += 1;
                self.names("a shared name").map(Act::Global)
            }
            "return" => {
                self.next += 1;
                if self.here().what == What::Newline {
                    return Err(self.complain("'return' needs a value here; write `return 0`"));
                }
                self.expression().map(Act::Return)
            }
            "await" => self.wait(),
            _ => self.assignment(),
        }
    }

    /// `await sleep(0)`
    fn wait(&mut self) -> Result<Act> {
        let at = self.here().at;
        let tokens = self.tokens[self.next..].iter().map(|token| token.what).take(5);
        let form = ["await", "sleep"].map(What::Name).into_iter().chain([
            What::Symbol("("),
            What::Number(0),
            What::Symbol(")"),
        ]);
        if !tokens.eq(form) {
            return Err(SyntaxError::new(at, "the one thing to wait for is `await sleep(0)`"));
        }
        self.next += 5;
        Ok(Act::Await)
    }

    fn assignment(&mut self) -> Result<Act> {
        let name = self.name("a variable")?;
        if self.accept("=") {
            let value = self.expression()?;
            if self.here().what == What::Symbol("=") {
                return Err(self.complain("one '=' a statement; write two statements"));
            }
            return Ok(Act::Assign(name, value));
        }
        for (symbol, operator) in AUGMENTED {
            if self.accept(symbol) {
                return Ok(Act::Augment(name, operator, self.expression()?));
            }
        }
        if self.here().what == What::Symbol("(") {
            return self.call(name).map(Act::Call);
        }
        let Name { text, .. } = name;
        let follows = self.tokens.get(self.next + 1).map(|token| token.what);
        Err(match (self.here().what, follows) {
            (What::Symbol(sign @ ("+" | "-")), Some(What::Symbol(again))) if sign == again => {
                self.complain(&format!("there is no '{sign}{sign}'; write `{text} {sign}= 1`"))
            }
            (What::Symbol("," | ":"), _) => {
                self.complain(&format!("one variable at a time; write `{text} = …`"))
            }
            _ => self.complain(&format!("expected '=' after '{text}', as in `{text} = 1`")),
        })
    }

    /// `if`, each `elif`, `else`.
    fn condition(&mut self) -> Result<Act> {
        let mut arms = Vec::new();
        let mut word = "if";
        loop {
            self.next += 1;
            let condition = self.expression()?;
            arms.push((condition, self.block(word)?));
            self.operators = 0;
            match self.here().what {
                What::Name("elif") => word = "elif",
                What::Name("else") => break,
                _ => return Ok(Act::If(arms, Vec::new())),
            }
        }
        self.next += 1;
        Ok(Act::If(arms, self.block("else")?))
    }

    /// `for i in range(…)`
    fn loop_over_range(&mut self) -> Result<Act> {
        self.next += 1;
        let variable = self.name("a variable")?;
        let says = "expected `in range(…)`: a loop goes over numbers";
        for word in ["in", "range"] {
            if self.here().what != What::Name(word) {
                return Err(self.complain(says));
            }
            self.next += 1;
        }
        let at = self.here().at;
        let mut numbers = self.arguments()?.into_iter();
        let range = match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(stop), None, ..) => [Expression::Number(0), stop, Expression::Number(1)],
            (Some(start), Some(stop), None, _) => [start, stop, Expression::Number(1)],
            (Some(start), Some(stop), Some(by), None) => [start, stop, by],
            _ => return Err(SyntaxError::new(at, "a range has one to three numbers")),
        };
        Ok(Act::For(variable, Box::new(range), self.block("for")?))
    }

    fn definition(&mut self) -> Result<Definition> {
        self.next += 1;
        let name = self.name("the name of the function")?;
        self.expect("(", "expected '(' and the parameters, as in `def add(c):`")?;
        let mut parameters = Vec::new();
        if !self.accept(")") {
            parameters = self.names("a parameter")?;
            self.expect(")", "expected ')' after the parameters")?;
        }
        Ok(Definition { name, parameters, body: self.block("def")? })
    }

    /// `:` and a block: the rest of the line, or the indented lines that follow.
    fn block(&mut self, opened_by: &str) -> Result<Block> {
        if self.here().what == What::Symbol("=") {
            return Err(self.complain("'=' assigns; write '==' to compare"));
        }
        self.expect(":", &format!("expected ':' to open the block of '{opened_by}'"))?;
        self.deeper()?;
        let mut block = Vec::new();
        if self.here().what == What::Newline {
            self.next += 1;
            if self.here().what != What::Indent {
                return Err(self.complain(&format!("indent the block of '{opened_by}'")));
            }
            self.next += 1;
            while self.here().what != What::Dedent {
                self.statement(&mut block)?;
            }
            self.next += 1;
        } else if let What::Name(word @ ("if" | "while" | "for" | "with" | "def")) =
            self.here().what
        {
            return Err(self.complain(&format!("put '{word}' on a line of its own, indented")));
        } else {
            self.simple_line(&mut block)?;
        }
        self.depth -= 1;
        check_heads(&block, opened_by)?;
        Ok(block)
    }

    fn end_of_line(&mut self) -> Result<()> {
        match self.here().what {
            What::Newline => {
                self.next += 1;
                Ok(())
            }
            What::Symbol("=") => Err(self.complain("only a name can stand before '='")),
            What::Name("if") => {
                Err(self.complain("a condition has a line of its own: `if …:`, and then what"))
            }
            _ => Err(self.complain("expected an operator or the end of the line")),
        }
    }
}

/// Words.
impl Parser<'_> {
    fn here(&self) -> Token<'_> {
        // The last one is `End`, and nothing steps over it.
        self.tokens[self.next]
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let is_here = matches!(self.here().what, What::Symbol(here) if here == symbol);
        self.next += usize::from(is_here);
        is_here
    }

    fn expect(&mut self, symbol: &str, otherwise: &str) -> Result<()> {
        if self.accept(symbol) { Ok(()) } else { Err(self.complain(otherwise)) }
    }

    fn one_of<T: Copy>(&self, table: &[(&str, T)]) -> Option<T> {
        let What::Symbol(here) = self.here().what else { return None };
        table.iter().find(|(symbol, _)| *symbol == here).map(|&(_, meaning)| meaning)
    }

    /// Steps over an operator, of which a statement has only so many.
    fn operator(&mut self) -> Result<()> {
        self.operators += 1;
        if self.operators > OPERATORS_MAX {
            return Err(self.complain("this is too long; split it into several statements"));
        }
        self.next += 1;
        Ok(())
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.complain("this is nested too deep; split it"));
        }
        Ok(())
    }

    fn name(&mut self, wanted: &str) -> Result<Name> {
        let Token { what, at } = self.here();
        match what {
            What::Name(word) if RESERVED.contains(&word) => {
                let instead = INSTEAD.iter().find(|(missing, _)| *missing == word);
                Err(self.complain(&instead.map_or_else(
                    || {
                        format!(
                            "expected {wanted}; '{word}' is a word of Python that cannot stand here"
                        )
                    },
                    |(_, says)| format!("there is no '{word}'; {says}"),
                )))
            }
            What::Name(word) => {
                let text = word.to_owned();
                self.next += 1;
                Ok(Name { text, at })
            }
            _ => Err(self.complain(&format!("expected {wanted}"))),
        }
    }

    fn names(&mut self, wanted: &str) -> Result<Vec<Name>> {
        let mut names = vec![self.name(wanted)?];
        while self.accept(",") {
            names.push(self.name(wanted)?);
        }
        Ok(names)
    }

    fn complain(&self, says: &str) -> SyntaxError {
        SyntaxError::new(self.here().at, says)
    }
}
