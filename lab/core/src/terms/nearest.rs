//! The nearest name to one that does not exist.

use strsim::levenshtein;

/// A name with more mistakes than this share of its letters was not meant.
const MISTAKES_SHARE_MAX: usize = 3;

/// Returns the name that takes the fewest changed, missing or superfluous letters, if few do.
pub fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (mistakes, name) =
        names.map(|name| (levenshtein(text, name), name)).min_by_key(|(mistakes, _)| *mistakes)?;
    (mistakes <= (name.chars().count() / MISTAKES_SHARE_MAX).max(1)).then_some(name)
}

/// `did you mean 'convoy'?`, or `otherwise` if no name is near.
pub fn suggestion(text: &str, names: &[&str], otherwise: &str) -> String {
    let near = nearest(text, names.iter().copied());
    near.map_or_else(|| otherwise.to_owned(), |near| format!("did you mean '{near}'?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_seen_through_and_another_word_is_not() {
        for (text, expected) in [
            ("convoi", Some("convoy")),
            ("cbench", Some("ccbench")),
            ("lost-update", Some("lost-updates")),
            ("fairground", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, ["convoy", "ccbench", "lost-updates"].into_iter()), expected);
        }
    }
}
