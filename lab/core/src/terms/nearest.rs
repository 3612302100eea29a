//! The nearest name to one that does not exist.

/// A name with more mistakes than this share of its letters was not meant.
const MISTAKES_SHARE_MAX: usize = 3;

/// Returns the name that takes the fewest changed, missing or superfluous letters, if few do.
pub fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (mistakes, name) =
        names.map(|name| (distance(text, name), name)).min_by_key(|(mistakes, _)| *mistakes)?;
    (mistakes <= (name.chars().count() / MISTAKES_SHARE_MAX).max(1)).then_some(name)
}

/// `did you mean 'convoy'?`, or `otherwise` if no name is near.
pub fn suggestion(text: &str, names: &[&str], otherwise: &str) -> String {
    let near = nearest(text, names.iter().copied());
    near.map_or_else(|| otherwise.to_owned(), |near| format!("did you mean '{near}'?"))
}

/// Levenshtein's distance; one row of the usual table is kept.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, &other) in right.iter().enumerate() {
            let changed = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["convoy", "ccbench", "lost-updates"];

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(nearest(text, NAMES.into_iter()), expected);
    }

    #[test]
    fn a_slip_of_the_finger_is_seen_through_and_another_word_is_not() {
        check("convoi", Some("convoy"));
        check("cbench", Some("ccbench"));
        check("lost-update", Some("lost-updates"));
        check("fairground", None);
        check("", None);
    }

    #[test]
    fn the_distance_counts_changed_missing_and_superfluous_letters() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("", "abc"), distance("abc", ""), distance("abc", "abc")), (3, 3, 0));
    }
}
