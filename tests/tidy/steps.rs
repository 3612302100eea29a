//! The rule about models: the steps of a protocol's script stand in the code that it models.

use std::collections::BTreeSet;

use crate::protocols::{Modelled, Protocol};
use crate::tree::{Complaint, Source, Tree};

/// What a comment begins with that names the step at its place, or several with commas
/// between.
const MARK: &str = "// STEP: ";

pub(crate) fn steps_match(tree: &Tree, protocols: &[Protocol]) -> Vec<Complaint> {
    let modelled: BTreeSet<&str> = protocols.iter().flat_map(Protocol::our_steps).collect();
    let mut complaints = Vec::new();
    let mut in_source = BTreeSet::new();
    for (source, line, name) in tree.shipped_sources().flat_map(steps_in) {
        if !modelled.contains(name) {
            let says =
                format!("step {name:?} is in no script of tests/interleave/; is it misspelt?");
            complaints.push(source.complain(line, says));
        }
        in_source.insert(name);
    }
    for protocol in protocols.iter().filter(|protocol| protocol.modelled == Modelled::Yes) {
        let missing = protocol.our_steps().into_iter().filter(|step| !in_source.contains(step));
        complaints.extend(missing.map(|step| Complaint {
            path: format!("tests/interleave/{}.rs", protocol.name),
            line: 1,
            says: format!(
                "step {step:?} stands in no source; write `{MARK}{step}` where it happens"
            ),
        }));
    }
    complaints
}

/// The steps that a file names, each with its line.
fn steps_in(source: &Source) -> impl Iterator<Item = (&Source, usize, &str)> {
    let marked = source
        .comments()
        .filter_map(|comment| comment.text.strip_prefix(MARK).map(|names| (comment.line, names)));
    marked.flat_map(move |(line, names)| {
        names.split(',').map(move |name| (source, line, name.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protocol(modelled: Modelled) -> Protocol {
        let steps = || vec![("pusher", "push"), ("pusher", "ring"), ("kernel", "kill")];
        Protocol { name: "bell", modelled, world: &["kernel"], steps }
    }

    #[track_caller]
    fn check_steps(text: &str, modelled: Modelled, complaints: usize) {
        let tree = Tree::of(vec![Source::new("src/a.rs", text)]);
        let found = steps_match(&tree, &[protocol(modelled)]);
        assert_eq!(found.len(), complaints, "{found:?}");
    }

    #[test]
    fn a_step_in_the_source_that_no_script_has_is_found() {
        check_steps("push(); // STEP: push\n// STEP: rnig\n", Modelled::NotYet, 1);
    }

    #[test]
    fn a_modelled_step_that_no_source_has_is_found_once_the_code_exists() {
        check_steps("push(); // STEP: push\n", Modelled::NotYet, 0);
        check_steps("push(); // STEP: push\n", Modelled::Yes, 1);
        check_steps("// STEP: push, ring\n", Modelled::Yes, 0);
    }
}
