//! What each name means: a word that all trains share, or a local variable.
//!
//! Python's rule for functions, and one of our own: in a train's program that has no `global` line
//! everything is shared, so that `x = x + 1` alone is a program in which an update can be lost.
//!
//! Read after `parse`; read next `compile`.

use super::error::SyntaxError;
use super::program::{Word, WordKind};
use super::syntax::{Act, Definition, Name, Statement, walk};

type Result<T> = std::result::Result<T, SyntaxError>;

/// The train's own number, which takes the first place of its local variables.
pub(super) const TRAIN: &str = "train";

/// The words that the trains share, in the order in which the program first names them.
#[derive(Default)]
pub(super) struct Words {
    words: Vec<Word>,
}

impl Words {
    /// The place of a word, which is a new one if nobody has named it before.
    pub(super) fn place(&mut self, name: &Name, kind: WordKind) -> Result<u32> {
        let known = self.words.iter().position(|word| word.name == name.text);
        let place = known.unwrap_or(self.words.len());
        if known.is_none() {
            self.words.push(Word { name: name.text.clone(), kind });
        }
        if self.words[place].kind != kind {
            let says = format!("'{}' is a lock and a variable; use two names", name.text);
            return Err(SyntaxError::new(name.at, says));
        }
        Ok(index(place))
    }

    pub(super) fn contains(&self, name: &Name) -> bool {
        self.words.iter().any(|word| word.name == name.text)
    }

    pub(super) fn into_inner(self) -> Vec<Word> {
        self.words
    }
}

/// A table has as many rows as the text has words at most, and the text's length is bounded.
pub(super) fn index(place: usize) -> u32 {
    u32::try_from(place).expect("a text has fewer than 2^32 bytes")
}

/// The local variables of one function.
pub(super) struct Scope {
    pub(super) locals: Vec<String>,
    /// The train's own variables, which its functions do not see.
    hidden: Vec<String>,
}

impl Scope {
    pub(super) fn of_train(program: &[Statement]) -> Result<Self> {
        let found = Found::in_block(program);
        let mut locals = vec![TRAIN.to_owned()];
        let assigned = found.assigned.iter().filter(|_| !found.declared.is_empty());
        for name in found.counting.iter().chain(assigned) {
            found.add_local(name, &mut locals);
        }
        let mut set = found.counting.iter().chain(&found.assigned);
        if let Some(name) = set.find(|name| name.text == TRAIN) {
            let says = format!("'{TRAIN}' is this train's number; choose another name");
            return Err(SyntaxError::new(name.at, says));
        }
        Ok(Self { locals, hidden: Vec::new() })
    }

    pub(super) fn of_function(definition: &Definition, train: &Self) -> Result<Self> {
        let found = Found::in_block(&definition.body);
        let mut locals: Vec<String> = Vec::new();
        for Name { text, at } in &definition.parameters {
            if locals.contains(text) || found.declared.contains(&text.as_str()) {
                let says = format!("'{text}' is a parameter already; use two names");
                return Err(SyntaxError::new(*at, says));
            }
            locals.push(text.clone());
        }
        for name in found.counting.iter().chain(&found.assigned) {
            found.add_local(name, &mut locals);
        }
        let hidden = train.locals.iter().filter(|name| !locals.contains(name));
        Ok(Self { hidden: hidden.cloned().collect(), locals })
    }

    /// The place of a local variable; `None` if the name is a shared one.
    pub(super) fn local(&self, name: &Name) -> Result<Option<u32>> {
        if self.hidden.contains(&name.text) {
            let says = format!("'{}' is the train's own; pass it as an argument", name.text);
            return Err(SyntaxError::new(name.at, says));
        }
        Ok(self.locals.iter().position(|local| *local == name.text).map(index))
    }
}

/// The names that a body declares, counts with, and assigns.
#[derive(Default)]
struct Found<'b> {
    declared: Vec<&'b str>,
    counting: Vec<&'b Name>,
    assigned: Vec<&'b Name>,
}

impl<'b> Found<'b> {
    fn in_block(block: &'b [Statement]) -> Self {
        let mut found = Self::default();
        walk(block, &mut |statement| match &statement.act {
            Act::Global(names) => found.declared.extend(names.iter().map(|name| &*name.text)),
            Act::For(variable, ..) => found.counting.push(variable),
            Act::Assign(name, _) | Act::Augment(name, ..) => found.assigned.push(name),
            _ => {}
        });
        found
    }

    fn add_local(&self, name: &Name, locals: &mut Vec<String>) {
        if !self.declared.contains(&name.text.as_str()) && !locals.contains(&name.text) {
            locals.push(name.text.clone());
        }
    }
}
