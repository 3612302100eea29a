//! Rounds, figures, goals.
//!
//! # What becomes of a contender's figures
//!
//! 1. One round of everybody is thrown away: it warms caches and starts threads.
//! 2. In each further round every contender gives one figure for each column. Rounds alternate
//!    between the order of the list and its reverse.
//! 3. The table shows each column's median, and the least and the most beside it.
//! 4. A goal compares medians. If they miss it, the best figures of both sides are compared: what
//!    the machine did to some rounds is not the contender's fault. Only if both comparisons miss it,
//!    it is missed.
//! 5. With fewer than nine rounds nothing is judged.

use std::fmt;

use crate::quiet::Patience;

/// Fewer rounds than these say nothing.
const ROUNDS_MIN: usize = 9;

/// One question, put to several contenders.
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// What is measured, in one line.
    pub(crate) question: &'static str,
    /// What each figure of a round is.
    pub(crate) columns: &'static [&'static str],
    pub(crate) contenders: Vec<Contender>,
    pub(crate) goals: Vec<Goal>,
}

/// Somebody who is measured.
pub(crate) struct Contender {
    pub(crate) name: String,
    /// Runs one round and returns one figure for each column.
    round: Box<dyn FnMut() -> Vec<f64>>,
    figures: Vec<Vec<f64>>,
}

impl Contender {
    pub(crate) fn new(name: impl Into<String>, round: impl FnMut() -> Vec<f64> + 'static) -> Self {
        Self { name: name.into(), round: Box::new(round), figures: Vec::new() }
    }

    fn column(&self, index: usize) -> Spread {
        let mut sorted: Vec<f64> = self.figures.iter().map(|round| round[index]).collect();
        sorted.sort_by(f64::total_cmp);
        Spread { sorted }
    }
}

/// One column's figures, in ascending order.
struct Spread {
    sorted: Vec<f64>,
}

impl Spread {
    fn median(&self) -> f64 {
        let middle = self.sorted.len() / 2;
        if self.sorted.len() % 2 == 1 {
            self.sorted[middle]
        } else {
            f64::midpoint(self.sorted[middle - 1], self.sorted[middle])
        }
    }

    fn least(&self) -> f64 {
        self.sorted[0]
    }

    fn most(&self) -> f64 {
        self.sorted[self.sorted.len() - 1]
    }
}

/// What `who` should reach in one column.
pub(crate) struct Goal {
    pub(crate) who: String,
    pub(crate) column: usize,
    pub(crate) must: Must,
}

/// The forms of a goal.
pub(crate) enum Must {
    /// A figure of which less is better is at most so many times a peer's.
    AtMost { times: f64, of: String },
    /// A figure is a peer's, give or take this part of it.
    Within { part: f64, of: String },
    /// A figure of which less is better is at most this.
    NoMoreThan(f64),
    /// A figure of which more is better is at least this.
    AtLeast(f64),
}

impl Goal {
    /// `who` takes at most `times` as long as `of`, by the first column.
    pub(crate) fn at_most(who: &str, times: f64, of: &str) -> Self {
        Self { who: who.into(), column: 0, must: Must::AtMost { times, of: of.into() } }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.must {
            Must::AtMost { times, of } => write!(formatter, "{} <= {times:.2} x {of}", self.who),
            Must::Within { part, of } => {
                write!(formatter, "{} = {of} +- {:.0} %", self.who, part * 100.0)
            }
            Must::NoMoreThan(most) => write!(formatter, "{} <= {most:.2}", self.who),
            Must::AtLeast(least) => write!(formatter, "{} >= {least:.2}", self.who),
        }
    }
}

/// How a goal fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Met,
    /// By the best figures of both sides, though not by their medians.
    MetByBest,
    Missed,
    /// There were too few rounds.
    NotJudged,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Met => "met",
            Self::MetByBest => "met (by best)",
            Self::Missed => "MISSED",
            Self::NotJudged => "not judged",
        })
    }
}

/// Runs the rounds of one scenario, prints its table, and judges its goals.
pub(crate) fn run(scenario: &mut Scenario, rounds: usize, patience: &mut Patience) -> Vec<Verdict> {
    println!("\n{}: {}", scenario.name, scenario.question);
    for contender in &mut scenario.contenders {
        (contender.round)();
    }
    for number in 0..rounds.max(1) {
        let mut order: Vec<&mut Contender> = scenario.contenders.iter_mut().collect();
        if number % 2 == 1 {
            order.reverse();
        }
        for contender in order {
            patience.wait();
            let figures = (contender.round)();
            contender.figures.push(figures);
        }
    }
    print_table(scenario);
    patience.report();
    let verdicts = scenario.goals.iter().map(|goal| judge(scenario, goal, rounds));
    verdicts.collect()
}

fn print_table(scenario: &Scenario) {
    print!("  {:26}", "");
    for column in scenario.columns {
        print!(" {column:>14} {:19}", "");
    }
    println!();
    for contender in &scenario.contenders {
        print!("  {:26}", contender.name);
        for index in 0..scenario.columns.len() {
            let spread = contender.column(index);
            let range = format!("({:.2} .. {:.2})", spread.least(), spread.most());
            print!(" {:>14.2} {range:19}", spread.median());
        }
        println!();
    }
}

/// Judges one goal and prints a line about it.
fn judge(scenario: &Scenario, goal: &Goal, rounds: usize) -> Verdict {
    let spread = |name: &str| {
        let found = scenario.contenders.iter().find(|contender| contender.name == name);
        found.map(|contender| contender.column(goal.column)).expect("a goal names contenders")
    };
    let ours = spread(&goal.who);
    let (by_median, by_best) = match &goal.must {
        Must::AtMost { of, .. } | Must::Within { of, .. } => {
            let peer = spread(of);
            (ours.median() / peer.median(), ours.least() / peer.least())
        }
        Must::NoMoreThan(_) => (ours.median(), ours.least()),
        Must::AtLeast(_) => (ours.median(), ours.most()),
    };
    let verdict = if rounds < ROUNDS_MIN {
        Verdict::NotJudged
    } else if goal.must.holds(by_median) {
        Verdict::Met
    } else if goal.must.holds(by_best) {
        Verdict::MetByBest
    } else {
        Verdict::Missed
    };
    let column = scenario.columns[goal.column];
    println!("  {verdict:13} {goal}, {column}: {by_median:.3} (best: {by_best:.3})");
    verdict
}

impl Must {
    fn holds(&self, figure: f64) -> bool {
        match self {
            Self::AtMost { times, .. } => figure <= *times,
            Self::Within { part, .. } => (figure - 1.0).abs() <= *part,
            Self::NoMoreThan(most) => figure <= *most,
            Self::AtLeast(least) => figure >= *least,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A scenario of two contenders whose rounds are given.
    fn scenario(ours: &'static [f64], peer: &'static [f64], must: Must) -> Scenario {
        let playing = |name, figures: &'static [f64]| {
            // The first one is thrown away.
            let mut figures = std::iter::once(&0.0).chain(figures);
            Contender::new(name, move || vec![*figures.next().expect("one figure a round")])
        };
        Scenario {
            name: "test".into(),
            question: "who is it?",
            columns: &["ns"],
            contenders: vec![playing("ours", ours), playing("peer", peer)],
            goals: vec![Goal { who: "ours".into(), column: 0, must }],
        }
    }

    #[track_caller]
    fn check(ours: &'static [f64], must: Must, expected: Verdict) {
        const PEER: [f64; 9] = [10.0, 10.0, 10.0, 10.0, 11.0, 12.0, 12.0, 12.0, 12.0];
        let mut scenario = scenario(ours, &PEER[..ours.len()], must);
        let mut patience = Patience::new(Duration::ZERO);
        assert_eq!(run(&mut scenario, ours.len(), &mut patience), [expected]);
    }

    fn at_most(times: f64) -> Must {
        Must::AtMost { times, of: "peer".into() }
    }

    #[test]
    fn a_goal_is_judged_by_medians_then_by_the_best_rounds() {
        check(&[11.0; 9], at_most(1.0), Verdict::Met);
        check(&[12.0; 9], at_most(1.0), Verdict::Missed);
        let once_as_good = &[12.0, 12.0, 12.0, 12.0, 10.0, 12.0, 12.0, 12.0, 12.0];
        check(once_as_good, at_most(1.0), Verdict::MetByBest);
    }

    #[test]
    fn fewer_than_nine_rounds_are_not_judged() {
        check(&[1.0; 8], at_most(1.0), Verdict::NotJudged);
    }

    #[test]
    fn the_same_give_or_take_is_missed_on_both_sides() {
        let within = |part| Must::Within { part, of: "peer".into() };
        check(&[12.0; 9], within(0.2), Verdict::Met);
        check(&[8.0; 9], within(0.1), Verdict::Missed);
        check(&[14.0; 9], within(0.1), Verdict::Missed);
    }

    #[test]
    fn a_share_must_reach_its_floor() {
        check(&[0.45; 9], Must::AtLeast(0.4), Verdict::Met);
        check(&[0.3; 9], Must::AtLeast(0.4), Verdict::Missed);
    }
}
