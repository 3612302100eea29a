//! A schedule: who did which step, in which order, printed in one column per script.
//!
//! ```text
//!    pusher         sleeper
//! 1                 look-last
//! 2  push-task
//! 3  swap-sleeping
//! 4                 raise-sleeping
//! .                 (block)
//! ```
//!
//! Time runs downwards. A last line that starts with a dot names the steps at which the
//! scripts that are not done have come to a halt.
//!
//! Read after [`super::explore`]; read next [`super::check`].

use std::fmt;

/// One order of steps, from the start to where it led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub(super) scripts: Vec<&'static str>,
    pub(super) steps: Vec<(usize, &'static str)>,
    pub(super) waiting: Vec<Option<&'static str>>,
}

impl Schedule {
    /// The steps in order, each with the name of its script.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.steps.iter().map(|&(script, step)| (self.scripts[script], step))
    }

    /// The scripts that are not done, each with the step before which it stands.
    pub fn waiting(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let both = self.scripts.iter().zip(&self.waiting);
        both.filter_map(|(&script, &step)| step.map(|step| (script, step)))
    }

    /// How wide each script's column has to be.
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.scripts.iter().map(|name| name.len()).collect();
        for &(script, step) in &self.steps {
            widths[script] = widths[script].max(step.len());
        }
        for (width, step) in widths.iter_mut().zip(&self.waiting) {
            *width = (*width).max(step.map_or(0, |step| step.len() + "()".len()));
        }
        widths
    }
}

/// One printed line: a label, and one cell per script.
struct Row<'a> {
    label: &'a str,
    cells: Vec<String>,
}

impl Row<'_> {
    fn print(&self, label_width: usize, widths: &[usize]) -> String {
        let cells = self.cells.iter().zip(widths).map(|(cell, &width)| format!("  {cell:width$}"));
        let line = format!("{:>label_width$}{}", self.label, cells.collect::<String>());
        line.trim_end().to_owned()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let label_width = self.steps.len().to_string().len();
        let names = self.scripts.iter().map(ToString::to_string).collect();
        writeln!(f, "{}", Row { label: "", cells: names }.print(label_width, &widths))?;
        for (number, &(script, step)) in self.steps.iter().enumerate() {
            let mut cells = vec![String::new(); self.scripts.len()];
            cells[script].push_str(step);
            let label = &(number + 1).to_string();
            writeln!(f, "{}", Row { label, cells }.print(label_width, &widths))?;
        }
        if self.waiting.iter().any(Option::is_some) {
            let cells = self.waiting.iter();
            let cells = cells.map(|step| step.map_or(String::new(), |step| format!("({step})")));
            let row = Row { label: ".", cells: cells.collect() };
            writeln!(f, "{}", row.print(label_width, &widths))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_prints_one_column_per_script_and_who_waits_at_the_end() {
        let schedule = Schedule {
            scripts: vec!["pusher", "sleeper"],
            steps: vec![(1, "look-last"), (0, "push-task")],
            waiting: vec![None, Some("block")],
        };
        let expected = "   pusher     sleeper\n\
                        1             look-last\n\
                        2  push-task\n\
                        .             (block)\n";
        assert_eq!(schedule.to_string(), expected);
    }

    #[test]
    fn numbers_of_two_digits_keep_the_columns_straight() {
        let steps = vec![(0, "go"); 10];
        let schedule = Schedule { scripts: vec!["a"], steps, waiting: vec![None] };
        let printed = schedule.to_string();
        assert!(printed.starts_with("    a\n 1  go\n"), "{printed}");
        assert!(printed.ends_with("10  go\n"), "{printed}");
    }
}
