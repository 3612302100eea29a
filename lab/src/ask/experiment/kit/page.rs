//! The words of an experiment: a page of Markdown beside its Rust file, read once.
//!
//! ```text
//! # name: title
//!
//! The question?
//!
//! 1. a choice
//! 2. **the right one**
//!
//! ## What is done            a paragraph
//! ## What is measured        for each setting `- label: name value, name value`; `20/90` is the quick
//!                            and the full value, `only full` a setting of the full scale alone;
//!                            `- each: ..` sets all, `- each X: ..` those whose labels begin with X
//! ## What is shown           a line for each column: `- figure: title`, or `- plain figure: title`
//! ## What must hold          for each relation `- name: what it says`, and below that
//!                            `- seen: figures`, `- fails with: what is wrong`, and what that is:
//!                            `- wrong: name value`, or `- wrong X: ..` as `- each X: ..` above
//! ## What follows            a paragraph, with the run's figures
//! ## Background              for who reads this file
//! ## Read on                 a line for each place
//! ## Stop 1 of the tour      if it is one: `- look: ..`, `- change: ..`, `- make: ..`
//! ```
//!
//! A line that begins no item goes on with the one above. Figures stand in the texts as
//! [`quantity`](super::quantity) says. A title's ` / ` is the end of a line.
//!
//! Pages are part of the program: one that is not of this form is a panic that names it, and a test
//! of the catalogue reads them all.

use serde_json::Value;

use super::cell::{Cell, Lock, Scale};
use super::experiment::{Activity, Design, Experiment, Group, Lesson};
use super::figures::Column;
use super::relation::Relation;

/// The items of a page: paragraphs, and what a list has.
struct Page {
    name: &'static str,
    sections: Vec<(&'static str, Vec<&'static str>)>,
}

impl Experiment {
    /// Puts a design and the words of its page together.
    /// Panics if the page is not of our form, or has other relations than the design.
    pub fn new(group: Group, design: &'static Design) -> Self {
        let page = Page::read(design.page);
        let (question, choices) = page.sections[0].1.split_first().expect("a page asks something");
        let answer = choices.iter().position(|choice| choice.starts_with("**"));
        let heading = page.sections[0].0;
        Self {
            name: page.name,
            group,
            title: page.pair(heading).1,
            question,
            choices: choices.iter().map(|choice| choice.trim_matches('*')).collect(),
            answer: answer.unwrap_or_else(|| panic!("{}: no choice is **right**", page.name)),
            method: page.paragraph("What is done"),
            settings: page.items("What is measured").to_vec(),
            columns: page.items("What is shown").iter().map(|item| page.column(item)).collect(),
            relations: page.relations(design.relations),
            explanation: page.paragraph("What follows"),
            read: page.items("Read on").to_vec(),
            lesson: page.lesson(),
            design,
        }
    }
}

impl Page {
    fn read(text: &'static str) -> Self {
        let sections = text.trim_start_matches("# ").split("\n## ").map(|section| {
            let (heading, rest) = section.split_once('\n').unwrap_or((section, ""));
            (heading, items(rest))
        });
        let mut page = Self { name: "", sections: sections.collect() };
        page.name = page.pair(page.sections[0].0).0;
        page
    }

    fn items(&self, heading: &str) -> &[&'static str] {
        let section = self.sections.iter().find(|(known, _)| *known == heading);
        &section.unwrap_or_else(|| panic!("{}: no '## {heading}'", self.name)).1
    }

    fn paragraph(&self, heading: &str) -> &'static str {
        match self.items(heading) {
            [paragraph] => paragraph,
            items => panic!("{}: '{heading}' has {} paragraphs", self.name, items.len()),
        }
    }

    /// The two sides of `name: words`.
    fn pair(&self, item: &'static str) -> (&'static str, &'static str) {
        let pair = item.split_once(": ");
        pair.unwrap_or_else(|| panic!("{}: no ': ' in '{item}'", self.name))
    }

    fn column(&self, item: &'static str) -> Column {
        let (figure, title) = self.pair(item);
        let (form, figure) = figure.split_once(' ').unwrap_or(("", figure));
        Column { form, figure, title: title.replace(" / ", "\n") }
    }

    /// What must hold, with its words: an item with its name, and parts that go with it.
    fn relations(&self, relations: &[Relation]) -> Vec<Relation> {
        let items = self.items("What must hold").iter().map(|item| self.pair(item));
        let is_part = |(key, _): &(&str, &str)| {
            ["seen", "fails with"].contains(key) || key.starts_with("wrong")
        };
        let items: Vec<_> = items.collect();
        let names = items.iter().filter(|item| !is_part(item)).map(|item| item.0);
        assert!(names.eq(relations.iter().map(|one| one.name)), "{}: other relations", self.name);
        let of = |relation: &Relation| {
            let mut own = items.iter().skip_while(|(name, _)| *name != relation.name).copied();
            let (_, says) = own.next().expect("the names are the same");
            let parts: Vec<_> = own.take_while(is_part).collect();
            let text =
                |part| parts.iter().find(|(key, _)| *key == part).map_or("", |(_, text)| text);
            let wrong =
                parts.iter().filter_map(|(key, set)| Some((key.strip_prefix("wrong")?, *set)));
            let wrong = wrong.map(|(label, set)| (label.trim(), set)).collect::<Vec<_>>().leak();
            let (seen, fails_with) = (text("seen"), text("fails with"));
            Relation { says, seen, fails_with, wrong, ..*relation }
        };
        relations.iter().map(of).collect()
    }

    fn lesson(&self) -> Option<Lesson> {
        let number = |heading: &str| heading.strip_prefix("Stop ")?.split(' ').next()?.parse().ok();
        let mut sections = self.sections.iter();
        let (stop, items) =
            sections.find_map(|(heading, items)| Some((number(heading)?, items)))?;
        let [look, change, make] = items[..] else { panic!("{}: look, change, make", self.name) };
        let activity = |item: &'static str| {
            let pair = self.pair(item).1.trim_start_matches('`').split_once("`: ");
            let (command, says) = pair.unwrap_or_else(|| panic!("{}: '{item}'", self.name));
            Activity { command, says }
        };
        let (look, change) = (activity(look), activity(change));
        Some(Lesson { stop, look, change, make: self.pair(make).1 })
    }
}

/// Labels' beginning, and parameters: `name value, name value`.
pub(crate) type Setting = (&'static str, &'static str);

/// The cells of a page's settings, on this scale.
pub(crate) fn cells(settings: &[&'static str], scale: Scale) -> Vec<Cell> {
    let pairs = settings.iter().map(|item| item.split_once(": ").expect("`label: name value`"));
    let (each, own): (Vec<_>, Vec<_>) = pairs.partition(|(label, _)| label.starts_with("each"));
    let mut cells = Vec::new();
    for (label, text) in own {
        let mut cell = Cell::plain(label);
        let of_several = each.iter().filter(|(each, _)| label.starts_with(each[4..].trim()));
        let texts = std::iter::once(text).chain(of_several.map(|(_, text)| *text));
        for (name, value) in texts.flat_map(parameters) {
            let of_scale = |(quick, full)| scale.pick(quick, full);
            set(&mut cell, name, value.split_once('/').map_or(value, of_scale));
        }
        if cell.parameters.remove("only").is_none() || scale == Scale::Full {
            cells.push(cell);
        }
    }
    cells
}

pub(crate) fn parameters(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.split(", ").map(|one| one.split_once(' ').expect(one))
}

/// Sets a parameter, the lock or the probe.
pub(crate) fn set(cell: &mut Cell, name: &str, value: &str) {
    match name {
        "lock" => cell.lock = Lock::named(value),
        "probe" => cell.probe = Some(serde_json::from_value(value.into()).expect("a probe")),
        _ => cell.set(name, read(value)),
    }
}

/// A number, or a word.
fn read(value: &str) -> Value {
    let digits = value.replace(' ', "");
    let whole = digits.parse::<u64>().map(Value::from);
    whole.or_else(|_| digits.parse::<f64>().map(Value::from)).unwrap_or_else(|_| value.into())
}

/// The items of a section, each in one line. They are as old as the program, and live as long.
fn items(section: &str) -> Vec<&'static str> {
    let mut items: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in section.lines().map(str::trim) {
        match (item(line), items.last_mut().filter(|_| is_open)) {
            (None, Some(open)) if !line.is_empty() => open.extend([" ", line]),
            (begun, _) if !line.is_empty() => items.push(begun.unwrap_or(line).to_owned()),
            _ => {}
        }
        is_open = !line.is_empty();
    }
    items.into_iter().map(|item| &*item.leak()).collect()
}

/// What stands behind `- ` or `1. `.
fn item(line: &str) -> Option<&str> {
    let numbered = || {
        let (number, rest) = line.split_once(". ")?;
        number.parse::<u8>().ok().map(|_| rest)
    };
    line.strip_prefix("- ").or_else(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_its_paragraphs_and_the_items_of_its_lists() {
        let section =
            "\nOne 1.\nTwo.\n\nThree\n\n1. four\n   five\n2. **six**\n- a: b\n  c\n  - d\n";
        let expected = ["One 1. Two.", "Three", "four five", "**six**", "a: b c", "d"];
        assert_eq!(items(section), expected);
    }

    #[test]
    fn settings_are_cells_on_both_scales() {
        let settings = [
            "a b: how slow, s 0.5",
            "c: only full, x 1",
            "each: turns 20/1 900",
            "each a: lock off",
        ];
        let [cell, other] = [Cell::plain("a b").with("how", "slow"), Cell::plain("c").with("x", 1)];
        let cell = Cell { lock: Lock::Off, ..cell.with("s", 0.5) };
        assert_eq!(cells(&settings, Scale::Quick), [cell.clone().with("turns", 20)]);
        assert_eq!(
            cells(&settings, Scale::Full),
            [cell, other].map(|one| one.with("turns", 1_900))
        );
    }

    #[test]
    #[should_panic(expected = "tea: no '## What is done'")]
    fn a_page_without_a_section_is_named_with_it() {
        Page::read("# tea: hot\n\nHow?\n\n## Read on\n\n- a\n").paragraph("What is done");
    }
}
