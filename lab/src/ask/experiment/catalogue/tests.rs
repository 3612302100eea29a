//! The catalogue is sound.

use std::collections::BTreeSet;

use super::*;
use crate::ask::experiment::kit::prelude::*;
use crate::ask::experiment::kit::quantity::quantities;

/// Each label of a text is a cell's, on the small scale too if it does not stand in brackets.
#[track_caller]
fn check_label(experiment: &Experiment, text: &str, label: &str) {
    let is_optional = text.split(['[', ']']).skip(1).step_by(2).any(|part| part.contains(label));
    let scale = if is_optional { Scale::Full } else { Scale::Quick };
    let mut cells = experiment.cells(scale).into_iter();
    assert!(cells.any(|cell| cell.label == label), "{}: no cell '{label}'", experiment.name);
}

#[test]
fn names_are_unique_and_found_and_a_near_one_is_suggested() {
    let names: BTreeSet<&str> = all().map(|experiment| experiment.name).collect();
    assert_eq!(names.len(), all().count());
    assert!(all().all(|experiment| find(experiment.name) == Ok(experiment)));
    assert_eq!(find("convoy").unwrap().name, "convoy");
    assert_eq!(find("convoi").unwrap_err(), "unknown experiment 'convoi'; did you mean 'convoy'?");
    let unknown = find("thermodynamics").unwrap_err();
    assert!(unknown.ends_with("`trainyard experiment list` has them"), "{unknown}");
}

/// And none is forgotten.
#[test]
fn a_page_has_the_name_of_its_file_and_the_group_of_its_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/ask/experiment");
    let pages = |group: Group| {
        let entries = std::fs::read_dir(format!("{folder}/{}", group.name())).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| Some(name.strip_suffix(".md")?.replace('_', "-"))).collect()
    };
    for group in Group::value_variants() {
        let names: BTreeSet<String> = experiments(*group).map(|one| one.name.to_owned()).collect();
        assert_eq!(names, pages(*group));
    }
}

#[test]
fn every_experiment_is_a_whole_page() {
    for experiment in all() {
        let name = experiment.name;
        assert!((2..=5).contains(&experiment.choices.len()), "{name}");
        assert!(!experiment.relations.is_empty() && !experiment.columns.is_empty(), "{name}");
        assert!(experiment.question.ends_with('?'), "{name}");
        for label in quantities(experiment.explanation).flat_map(|one| one.labels()) {
            check_label(experiment, experiment.explanation, label);
        }
        let names: BTreeSet<&str> = experiment.relations.iter().map(|one| one.name).collect();
        assert_eq!(names.len(), experiment.relations.len(), "{name}");
    }
}

/// What a relation reads is there on the small scale too, and its wrong setting changes something.
#[test]
fn every_relation_reads_cells_and_its_wrong_setting_changes_them() {
    for experiment in all() {
        for relation in &experiment.relations {
            let who = format!("{}: {}", experiment.name, relation.name);
            let mut cells = experiment.cells(Scale::Quick);
            cells.retain(|cell| relation.reads(cell));
            assert!(!cells.is_empty(), "{who} reads nothing");
            for label in relation.claim.labels(relation.seen) {
                check_label(experiment, relation.seen, label);
            }
            let before = cells.clone();
            for cell in &mut cells {
                relation.make_wrong(cell);
            }
            assert_ne!(before, cells, "{who} is not made wrong");
            assert!(relation.says.ends_with('.') && !relation.fails_with.is_empty(), "{who}");
        }
    }
}

#[test]
fn labels_are_unique_and_a_cell_survives_the_way_to_its_process() {
    for experiment in all() {
        for scale in [Scale::Quick, Scale::Full] {
            let cells = experiment.cells(scale);
            let labels: BTreeSet<&str> = cells.iter().map(|cell| cell.label.as_str()).collect();
            assert_eq!(labels.len(), cells.len(), "{}", experiment.name);
            for cell in cells {
                assert_eq!(serde_json::from_str::<Cell>(&cell.json()).unwrap(), cell);
            }
        }
    }
}
