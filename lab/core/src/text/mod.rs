//! Text for a terminal: figures, lines that fit, charts.

pub mod numbers;
pub mod plain;
pub mod plot;
pub mod wrap;

/// Appends to a `String` what `format!` would make.
#[macro_export]
macro_rules! add {
    ($text:expr, $($what:tt)*) => {{
        use ::std::fmt::Write as _;
        ::std::write!($text, $($what)*).expect("writing to memory does not fail");
    }};
}
pub use add;
pub use wrap::wrap;

/// The sentence with a capital at its beginning.
pub fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// `a, b and c`.
pub fn list<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [rest @ .., one, last] => [rest, &[&format!("{one} and {last}")]].concat().join(", "),
        few => few.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_as_a_sentence() {
        let said = [0, 1, 2, 3].map(|count| list(&["a", "b", "c"][..count]));
        assert_eq!(said, ["", "a", "a and b", "a, b and c"]);
        assert_eq!((capitalised("it is"), capitalised("")), ("It is".into(), String::new()));
    }
}
