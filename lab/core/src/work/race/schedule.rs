//! A schedule: who does how many instructions, in which order. It can be printed, and typed in.
//!
//! `A3B6A3` means that train A does three instructions, train B six, and A three. A letter without a
//! number goes on until the train ends, or has to wait.

use std::fmt;

/// Trains with more than a letter for a name cannot be scheduled by hand.
pub const TRAINS_MAX: usize = 26;

/// What a schedule may hold: a line that nobody reads to its end is no use.
const TURNS_MAX: usize = 10_000;

/// Who does how much, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schedule {
    /// The turns; neighbours are of different trains.
    pub turns: Vec<Turn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    pub train: usize,
    /// How many instructions; `None`: until it ends or has to wait.
    pub steps: Option<u64>,
}

/// What a train is called.
pub fn name(train: usize) -> String {
    letter(train).map_or_else(|| format!("train {}", train + 1), |letter| format!("train {letter}"))
}

fn letter(train: usize) -> Option<char> {
    ('A'..='Z').nth(train)
}

impl Schedule {
    pub(super) fn add(&mut self, train: usize, steps: u64) {
        match self.turns.last_mut() {
            Some(Turn { train: last, steps: Some(known) }) if *last == train => *known += steps,
            _ => self.turns.push(Turn { train, steps: Some(steps) }),
        }
    }

    /// Lets `train` go on until it ends, or has to wait.
    pub(super) fn finish(&mut self, train: usize) {
        self.add(train, 0);
        if let Some(turn) = self.turns.last_mut() {
            turn.steps = None;
        }
    }

    pub fn switches(&self) -> usize {
        self.turns.len().saturating_sub(1)
    }

    /// Reads what [`Display`](fmt::Display) prints, with blanks between turns; an error is the end of a
    /// sentence about the value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "it must be trains and how many instructions each does, as in A3B6A3";
        let mut turns = Vec::new();
        let mut rest = text.trim_start();
        while let Some(letter) = rest.chars().next() {
            let train = ('A'..='Z').position(|known| known == letter.to_ascii_uppercase());
            let train = train.ok_or(form)?;
            let after = rest[1..].trim_start_matches(|c: char| c.is_ascii_digit());
            let steps = match &rest[1..rest.len() - after.len()] {
                "" => None,
                digits => Some(digits.parse().map_err(|_| format!("{digits} is too large"))?),
            };
            turns.push(Turn { train, steps });
            rest = after.trim_start();
        }
        match turns.len() {
            0 => Err(form.to_owned()),
            1..=TURNS_MAX => Ok(Self { turns }),
            more => Err(format!("{more} turns are more than {TURNS_MAX}")),
        }
    }

    /// Whether it can be printed and read again.
    pub fn can_be_replayed(&self) -> bool {
        self.turns.len() <= TURNS_MAX && self.turns.iter().all(|turn| turn.train < TRAINS_MAX)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.turns.iter().try_for_each(|turn| {
            write!(f, "{}", letter(turn.train).unwrap_or('?'))?;
            turn.steps.map_or(Ok(()), |steps| write!(f, "{steps}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_schedule_is_read_as_it_is_printed() {
        let mut schedule = Schedule::default();
        for (train, steps) in [(0, 2), (0, 1), (1, 6), (0, 3)] {
            schedule.add(train, steps);
        }
        assert_eq!(schedule.to_string(), "A3B6A3");
        assert_eq!(Schedule::parse(" a3 B6A3 "), Ok(schedule));
        let open = Schedule::parse("A2B").unwrap();
        assert_eq!((open.turns[1].steps, open.to_string()), (None, "A2B".to_owned()));
        let many = "AB".repeat(TURNS_MAX);
        for text in ["", "3A", "A-1", "Ä1", "A99999999999999999999", "A1,B2", &many] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            drop(Schedule::parse(&text));
        }
    }
}
