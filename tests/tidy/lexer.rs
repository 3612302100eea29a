//! A lexer for Rust, as honest as the rules need: it tells code from comments and text.
//!
//! The rules ask "does the word `unsafe` stand in the code?", and a comment or a string that
//! says `unsafe` must not answer. So strings (raw ones too), characters, lifetimes, nested
//! block comments and raw names are told apart properly; numbers and operators only as far as
//! that takes.

use std::iter;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A name or a keyword; a raw name without its `r#`.
    Word,
    /// One character of punctuation.
    Mark,
    /// A string, a character or a number.
    Value,
    Lifetime,
    /// A comment of any form, with its slashes.
    Comment,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) what: What,
    pub(crate) text: String,
    /// The line it begins on, from 1.
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.what != What::Value && self.what != What::Comment && self.text == text
    }

    /// The lines that it covers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = usize> {
        self.line..=self.line + self.text.matches('\n').count()
    }
}

/// Takes a source text apart.
pub(crate) fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: text, line: 1 };
    iter::from_fn(|| lexer.token()).collect()
}

struct Lexer<'t> {
    rest: &'t str,
    line: usize,
}

impl Lexer<'_> {
    fn token(&mut self) -> Option<Token> {
        let space = self.rest.len() - self.rest.trim_start().len();
        self.take(space);
        let first = self.rest.chars().next()?;
        let (what, length) = self.measure(first);
        let line = self.line;
        let text = self.take(length);
        let text = if what == What::Word { text.trim_start_matches("r#").to_owned() } else { text };
        Some(Token { what, text, line })
    }

    /// What comes next, and how many bytes it has.
    fn measure(&self, first: char) -> (What, usize) {
        let rest = self.rest;
        if rest.starts_with("//") {
            return (What::Comment, rest.find('\n').unwrap_or(rest.len()));
        }
        if rest.starts_with("/*") {
            return (What::Comment, block_comment_length(rest));
        }
        if let Some(length) = string_length(rest) {
            return (What::Value, length);
        }
        if first == '\'' {
            return quote_length(rest);
        }
        let name = word_length(rest.strip_prefix("r#").unwrap_or(rest));
        match first {
            'r' if rest.starts_with("r#") => (What::Word, name + "r#".len()),
            '0'..='9' => (What::Value, name),
            _ if name > 0 => (What::Word, name),
            mark => (What::Mark, mark.len_utf8()),
        }
    }

    fn take(&mut self, length: usize) -> String {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken.to_owned()
    }
}

fn word_length(rest: &str) -> usize {
    rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len())
}

fn block_comment_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(rest.len())
}

/// The length of a string literal, if one begins here: `"…"`, `r#"…"#`, and these after `b`
/// or `c`.
fn string_length(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    let prefix = rest.len() - body.len();
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
        return Some(prefix + "r".len() + hashes + "\"".len() + length);
    }
    let inside = body.strip_prefix('"')?;
    Some(prefix + "\"".len() + escaped_length(inside, '"'))
}

/// How far it is to the end of `end`, stepping over what a backslash protects.
fn escaped_length(inside: &str, end: char) -> usize {
    let mut letters = inside.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == end {
            return at + end.len_utf8();
        }
    }
    inside.len()
}

/// A quote begins a character, or a lifetime if no quote follows the next letter.
fn quote_length(rest: &str) -> (What, usize) {
    let inside = &rest[1..];
    let mut letters = inside.chars();
    let (first, second) = (letters.next(), letters.next());
    if first == Some('\\') || second == Some('\'') {
        (What::Value, 1 + escaped_length(inside, '\''))
    } else {
        (What::Lifetime, 1 + word_length(inside))
    }
}

/// The tokens that are compiled outside tests: what follows a `#[cfg(… test …)]` is left out.
pub(crate) fn outside_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((attribute, next)) = attribute_at(tokens, at) else {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        };
        if !is_for_tests(attribute) {
            kept.extend_from_slice(&tokens[at..next]);
            at = next;
        } else if tokens[at + 1].is("!") {
            return Vec::new();
        } else {
            at = item_end(tokens, next);
        }
    }
    kept
}

/// The modules that are declared for tests only and live in files of their own.
pub(crate) fn test_modules(tokens: &[Token]) -> Vec<String> {
    let code: Vec<Token> =
        tokens.iter().filter(|token| token.what != What::Comment).cloned().collect();
    let mut modules = Vec::new();
    for at in 0..code.len() {
        let Some((attribute, next)) = attribute_at(&code, at) else { continue };
        if let [module, name, end, ..] = &code[next..]
            && is_for_tests(attribute)
            && module.is("mod")
            && end.is(";")
        {
            modules.push(name.text.clone());
        }
    }
    modules
}

/// The attribute that begins at `at`, and the index after its closing bracket.
fn attribute_at(tokens: &[Token], at: usize) -> Option<(&[Token], usize)> {
    let open = match &tokens[at..] {
        [hash, open, ..] if hash.is("#") && open.is("[") => at + 1,
        [hash, bang, open, ..] if hash.is("#") && bang.is("!") && open.is("[") => at + 2,
        _ => return None,
    };
    let end = group_end(tokens, open);
    Some((&tokens[open + 1..end - 1], end))
}

/// Whether an attribute is a `cfg` that a test build alone fulfils.
fn is_for_tests(attribute: &[Token]) -> bool {
    let [cfg, ..] = attribute else { return false };
    let plain = |at: usize| !(at >= 2 && attribute[at - 2].is("not"));
    cfg.is("cfg") && (0..attribute.len()).any(|at| attribute[at].is("test") && plain(at))
}

/// The index after the bracket that closes the one at `open`.
pub(crate) fn group_end(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if ["(", "[", "{"].iter().any(|bracket| token.is(bracket)) {
            depth += 1;
        } else if [")", "]", "}"].iter().any(|bracket| token.is(bracket)) {
            depth -= 1;
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}

/// The index after the item that begins at `at`: its block, or its semicolon.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        if tokens[at].is("{") {
            return group_end(tokens, at);
        }
        if tokens[at].is(";") {
            return at + 1;
        }
        let group = tokens[at].is("(") || tokens[at].is("[");
        at = if group { group_end(tokens, at) } else { at + 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_words(text: &str, expected: &[&str]) {
        let tokens = lex(text);
        let words = tokens.iter().filter(|token| token.what == What::Word);
        let words: Vec<_> = words.map(|token| token.text.as_str()).collect();
        assert_eq!(words, expected, "{text}");
    }

    #[test]
    fn words_in_comments_and_strings_are_not_code() {
        check_words("a // unsafe\nb", &["a", "b"]);
        check_words("a /* unsafe /* nested unsafe */ unsafe */ b", &["a", "b"]);
        check_words(r#"a "unsafe \" unsafe" b"#, &["a", "b"]);
        check_words(r##"a r#"unsafe " unsafe"# b"##, &["a", "b"]);
        check_words(r#"a br"unsafe" b"unsafe" c"unsafe" z"#, &["a", "z"]);
        check_words("/// unsafe\n//! unsafe\na", &["a"]);
    }

    #[test]
    fn characters_and_lifetimes_are_told_apart() {
        check_words("'\"' a '\\'' b 'x' c", &["a", "b", "c"]);
        let tokens = lex("&'static str, 'a: 'b, '\\u{1F600}'");
        let lifetimes = tokens.iter().filter(|token| token.what == What::Lifetime);
        assert_eq!(lifetimes.count(), 3);
    }

    #[test]
    fn raw_names_are_names_and_a_trailing_comment_needs_no_line_end() {
        check_words("r#match bright crate", &["match", "bright", "crate"]);
        assert_eq!(lex("// end").len(), 1);
        assert_eq!(lex("\"never closed").len(), 1);
    }

    #[test]
    fn a_token_knows_its_lines() {
        let tokens = lex("a\n\n\"two\nlines\" b");
        assert_eq!(tokens.iter().map(|token| token.line).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(tokens[1].lines().collect::<Vec<_>>(), [3, 4]);
    }

    #[test]
    fn test_code_is_left_out_and_nothing_else() {
        let text = "fn a() {} #[cfg(all(test, not(loom)))] mod t { fn b() {} } \
                    #[cfg(not(test))] fn c() {} #[cfg(test)] use x; fn d() {}";
        let names = outside_tests(&lex(text));
        let names = names.iter().filter(|token| token.text.len() == 1 && token.what == What::Word);
        assert_eq!(names.map(|token| token.text.as_str()).collect::<String>(), "acd");
        assert!(outside_tests(&lex("#![cfg(test)]\nfn a() {}")).is_empty());
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_found() {
        let tokens = lex("mod a; #[cfg(test)] mod tests; #[cfg(test)] mod inline { }");
        assert_eq!(test_modules(&tokens), ["tests"]);
    }
}
