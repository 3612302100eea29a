//! The lexer: a text becomes words, and indentation becomes brackets.
//!
//! As in Python, a line that is indented deeper than the one before opens a block, one that is
//! indented less closes blocks until it stands where some line above it stood. Empty lines and
//! comments count for nothing.
//!
//! Everything outside comments is ASCII, or an error; so a byte before an error is a column.
//!
//! Read next `parse`.

use super::error::{Position, SyntaxError};

/// A program that does not fit on ten pages is none for this machine. The bound keeps every index
/// within 32 bits, too, and lists short enough to be searched from the front.
const TEXT_LEN_MAX: usize = 1 << 14;

/// A word, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Token<'t> {
    pub(super) what: What<'t>,
    pub(super) at: Position,
}

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What<'t> {
    Name(&'t str),
    Number(i64),
    Symbol(&'static str),
    /// The end of a line that has something on it.
    Newline,
    Indent,
    Dedent,
    End,
}

/// Longer ones before those that they begin with.
const SYMBOLS: [&str; 22] = [
    "//=", "==", "!=", "<=", ">=", "+=", "-=", "*=", "%=", "//", "+", "-", "*", "%", "<", ">", "=",
    "(", ")", ":", ",", ";",
];

/// What others know and the subset does not, with what to write instead.
const NOT_HERE: [(&str, &str); 8] = [
    ("**", "'**' is not in the subset; write a product"),
    ("/=", "'/=' makes fractions; write '//=' for whole numbers"),
    ("/", "'/' makes fractions; write '//' for whole numbers"),
    (".", "'.' is not in the subset: numbers are whole, and locks are taken by 'with'"),
    ("\"", "there are no texts in the subset, only whole numbers"),
    ("'", "there are no texts in the subset, only whole numbers"),
    ("\t", "a tab; write spaces"),
    ("[", "there are no lists in the subset; use several variables"),
];

/// Takes a text apart. The last token is `End`, and every block that was opened is closed.
pub(super) fn lex(text: &str) -> Result<Vec<Token<'_>>, SyntaxError> {
    let start = Position { line: 1, column: 1 };
    if text.len() > TEXT_LEN_MAX {
        return Err(SyntaxError::new(start, format!("more than {TEXT_LEN_MAX} bytes of text")));
    }
    let mut lexer = Lexer { tokens: Vec::new(), at: start, blocks: vec![0] };
    for line in text.lines() {
        lexer.line(line)?;
        lexer.at.line += 1;
    }
    lexer.at.column = 1;
    lexer.close_down_to(0);
    lexer.push(What::End);
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    tokens: Vec<Token<'t>>,
    at: Position,
    /// How deep each open block is indented.
    blocks: Vec<usize>,
}

impl<'t> Lexer<'t> {
    fn line(&mut self, line: &'t str) -> Result<(), SyntaxError> {
        let mut rest = line.trim_start_matches(' ');
        if rest.is_empty() || rest.starts_with('#') {
            return Ok(());
        }
        self.at.column = column(line, rest);
        self.indent(line.len() - rest.len())?;
        loop {
            rest = rest.trim_start_matches(' ');
            self.at.column = column(line, rest);
            if rest.is_empty() || rest.starts_with('#') {
                self.push(What::Newline);
                return Ok(());
            }
            let (what, len) = self.word(rest)?;
            self.push(what);
            rest = &rest[len..];
        }
    }

    fn indent(&mut self, depth: usize) -> Result<(), SyntaxError> {
        if self.blocks.last().is_some_and(|&block| depth > block) {
            self.blocks.push(depth);
            self.push(What::Indent);
        }
        self.close_down_to(depth);
        if self.blocks.last() != Some(&depth) {
            let says = "no line above is indented like this one; indent it like its neighbours";
            return Err(SyntaxError::new(self.at, says));
        }
        Ok(())
    }

    fn close_down_to(&mut self, depth: usize) {
        while self.blocks.last().is_some_and(|&block| depth < block) {
            self.blocks.pop();
            self.push(What::Dedent);
        }
    }

    /// The word that `rest` begins with, and its length.
    fn word(&self, rest: &'t str) -> Result<(What<'t>, usize), SyntaxError> {
        let len = rest.bytes().take_while(|&byte| byte == b'_' || byte.is_ascii_alphanumeric());
        let (len, first) = (len.count(), rest.as_bytes()[0]);
        if first.is_ascii_digit() {
            return Ok((What::Number(self.number(&rest[..len])?), len));
        }
        if len > 0 {
            return Ok((What::Name(&rest[..len]), len));
        }
        // `//` is ours and `/` is not, `*` is ours and `**` is not: the longest decides.
        let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
        let hint = NOT_HERE.into_iter().find(|(text, _)| rest.starts_with(text));
        match (symbol, hint) {
            (Some(symbol), hint) if hint.is_none_or(|(text, _)| text.len() <= symbol.len()) => {
                Ok((What::Symbol(symbol), symbol.len()))
            }
            (_, Some((_, says))) => Err(SyntaxError::new(self.at, says)),
            _ => {
                let strange = rest.chars().next().unwrap_or_default();
                let says = format!("{strange:?} has no meaning here");
                Err(SyntaxError::new(self.at, says))
            }
        }
    }

    fn number(&self, digits: &str) -> Result<i64, SyntaxError> {
        let wrong = |says: &str| Err(SyntaxError::new(self.at, says));
        if !digits.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit())
            || digits.ends_with('_')
            || digits.contains("__")
        {
            return wrong("this is neither a number nor a name; numbers are decimal, as in 1_000");
        }
        let plain: String = digits.chars().filter(|&digit| digit != '_').collect();
        if plain.starts_with('0') && plain.bytes().any(|digit| digit != b'0') {
            return wrong("a number does not begin with 0; leave the 0 out");
        }
        plain.parse().or_else(|_| wrong("this number is too large: 64 bits is all there is"))
    }

    fn push(&mut self, what: What<'t>) {
        self.tokens.push(Token { what, at: self.at });
    }
}

/// `rest` is the end of `line`.
fn column(line: &str, rest: &str) -> u32 {
    u32::try_from(line.len() - rest.len() + 1).unwrap_or(u32::MAX)
}
