//! The rules of the house, as a program: each rule is one test that says where it is broken.
//!
//! A rule that only memory keeps is broken within a week. Each rule lives in a file of
//! `tests/tidy/` with tests of its own that plant a breach and see it found; here they are
//! put to the real tree. Two files are written by this program: run `TRAINYARD_BLESS=1 cargo
//! test --test tidy` after an event has moved, an invariant was added, or a file has grown much.

mod boundaries;
mod graph;
mod lexer;
mod pages;
#[path = "../interleave/protocols.rs"]
#[expect(
    dead_code,
    reason = "only the names of the steps matter here; tests/logic/interleave.rs runs them"
)]
mod protocols;
mod reading;
mod rooms;
mod shape;
mod sites;
mod steps;
mod tags;
mod tree;

use protocols::PROTOCOLS;
use tree::{Complaint, Tree};

#[track_caller]
fn check_rule(complaints: impl IntoIterator<Item = Complaint>) {
    let complaints: Vec<String> = complaints.into_iter().map(|found| found.to_string()).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_file_opens_with_its_story() {
    check_rule(Tree::read().sources.iter().filter_map(shape::opens_with_its_story));
}

#[test]
fn no_file_has_more_than_400_lines() {
    check_rule(Tree::read().sources.iter().filter_map(shape::is_short_enough));
}

#[test]
fn every_kernel_stays_within_its_budget() {
    check_rule(shape::kernels_within_budget(Tree::read()));
}

#[test]
fn every_kernel_can_be_read_in_the_order_of_the_page() {
    check_rule(reading::kernels_in_order(Tree::read(), &tree::read(pages::PAGE)));
}

#[test]
fn every_invariant_that_is_cited_is_defined_and_every_defined_one_is_cited() {
    check_rule(tags::cited_and_defined(Tree::read()));
}

#[test]
fn a_module_imports_only_from_floors_below_its_own() {
    check_rule(Tree::read().crate_sources().flat_map(boundaries::imports_from_below));
}

#[test]
fn no_floor_of_the_laboratory_imports_from_one_above() {
    let tree = Tree::read();
    let graph = rooms::of_the_laboratory(tree);
    check_rule(rooms::imports_from_no_floor_above(&graph));
    check_rule(rooms::page_has_the_floors(&tree::read(pages::PAGE)));
}

#[test]
fn every_circle_of_imports_in_the_laboratory_lies_in_one_folder() {
    let tree = Tree::read();
    let graph = rooms::of_the_laboratory(tree);
    check_rule(rooms::circles_lie_in_one_folder(&graph));
}

#[test]
fn only_sys_speaks_to_libc_and_nix() {
    check_rule(Tree::read().shipped_sources().flat_map(boundaries::leaves_libc_to_sys));
}

#[test]
fn unsafe_code_lives_where_the_architecture_page_says() {
    let listed = pages::listed_as_unsafe(&tree::read(pages::PAGE));
    check_rule(boundaries::unsafe_where_listed(Tree::read(), &listed));
}

#[test]
fn every_path_that_the_architecture_page_names_exists() {
    check_rule(pages::names_what_exists(&tree::read(pages::PAGE)));
}

#[test]
fn the_index_of_invariants_and_the_line_counts_are_true() {
    let (page, tree) = (tree::read(pages::PAGE), Tree::read());
    let counted = pages::with_line_counts(&page, tree);
    let invariants = tags::invariants(tree);
    tree::check_generated(pages::PAGE, &pages::with_index(&counted, &invariants));
}

#[test]
fn the_steps_of_each_protocol_stand_in_the_code_that_it_models() {
    check_rule(steps::steps_match(Tree::read(), PROTOCOLS));
}

#[test]
fn every_kind_of_event_is_emitted_at_one_place_which_the_table_names() {
    let tree = Tree::read();
    let events = tree.sources.iter().find(|source| source.path == sites::EVENTS);
    let declared = sites::declared(events.expect("the kinds of events are declared"));
    assert!(!declared.is_empty(), "{}: no kind was recognised", sites::EVENTS);
    let emitted = sites::emit_sites(tree);
    let names: Vec<&str> = declared.iter().map(|kind| kind.name.as_str()).collect();
    check_rule(pages::names_declared_events(&tree::read(pages::PAGE), &names));
    // INVARIANT: [TRACE-1] one place for each kind, by this rule.
    check_rule(sites::emitted_once(&declared, &emitted));
    check_rule(sites::emitted_at_all(&declared, &emitted));
    tree::check_generated(sites::TABLE, &sites::table(&declared, &emitted));
}
