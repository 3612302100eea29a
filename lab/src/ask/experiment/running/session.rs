//! The run of one experiment: cells and contenders in turn, relations, and second looks.
//!
//! # The life of one run
//!
//! 1. The experiment lists its cells. With a wrong setting only those that its relation reads are
//!    kept, and changed.
//! 2. Round by round, cell by cell, each contender that can is measured. The order of the
//!    contenders is reversed every other round.
//! 3. Every relation is checked for everybody whom it is about. One that fails and may be bad luck
//!    is measured again: all the cells that it reads, for all whom it is about. What it finds then
//!    takes the place of what was found before, in the tables too. How often that is done, and
//!    whether it has failed in the end or was only disturbed, is for its [`Look`] to say.
//!
//! Nothing is measured in this process, and nothing runs beside a cell.

use std::borrow::Cow;

use super::look::Look;
use super::report::{Finding, Prediction};
use crate::ask::experiment::kit::prelude::*;

#[derive(Debug)]
pub(crate) struct Plan {
    pub experiment: &'static Experiment,
    pub scale: Scale,
    /// The relation that is to fail, if one is.
    pub wrong: Option<&'static Relation>,
    /// By whom, ours first.
    pub contenders: Vec<Contender>,
}

/// Measures one cell of one contender: what a test puts in the place of a process.
pub(crate) type Instrument<'a> = dyn FnMut(&Cell, &Contender) -> Result<Figures> + 'a;

impl Plan {
    pub(crate) fn cells(&self) -> Vec<Cell> {
        let mut cells = self.experiment.cells(self.scale);
        if let Some(relation) = self.wrong {
            cells.retain(|cell| relation.reads(cell));
            for cell in &mut cells {
                relation.make_wrong(cell);
            }
        }
        cells
    }

    /// How many measurements it takes, if no relation has to be looked at twice.
    pub(crate) fn measurements(&self) -> usize {
        let cells = self.cells();
        let pairs =
            cells.iter().flat_map(|cell| self.contenders.iter().map(move |who| (cell, who)));
        pairs.filter(|(cell, who)| self.plays(who, cell)).count() * self.scale.rounds()
    }

    /// Runs it. A finding is there in any case: as far as it came.
    pub(crate) fn run(&self, instrument: &mut Instrument<'_>) -> (Finding, Result<()>) {
        let mut finding = Finding {
            experiment: self.experiment,
            cells: self.cells(),
            results: Results::default(),
            outcomes: Vec::new(),
            prediction: Prediction::NotAsked,
        };
        let mut looks = self.looks();
        let ended = self.fill(&mut finding, &mut looks, instrument);
        finding.outcomes = looks.iter().filter_map(|look| look.outcome(&finding)).collect();
        (finding, ended)
    }

    fn fill(
        &self,
        finding: &mut Finding,
        looks: &mut [Look],
        instrument: &mut Instrument<'_>,
    ) -> Result<()> {
        for round in 0..self.scale.rounds() {
            for cell in &finding.cells {
                self.round(cell, round, &mut finding.results, instrument)?;
            }
        }
        loop {
            let mut open: Vec<&mut Look> = looks.iter_mut().filter(|look| look.is_open()).collect();
            for look in &mut open {
                look.look(finding);
            }
            open.retain(|look| look.is_open());
            if open.is_empty() {
                return Ok(());
            }
            self.look_again(&open, finding, instrument)?;
        }
    }

    /// One cell, by everybody who can.
    fn round(
        &self,
        cell: &Cell,
        round: usize,
        results: &mut Results,
        instrument: &mut Instrument<'_>,
    ) -> Result<()> {
        let mut contenders: Vec<&Contender> =
            self.contenders.iter().filter(|contender| self.plays(contender, cell)).collect();
        if round % 2 == 1 {
            contenders.reverse();
        }
        for contender in contenders {
            match instrument(&self.cell_of(contender, cell), contender) {
                Ok(figures) => results.push(contender, &cell.label, figures),
                Err(LabError::NoRoom(why)) => results.leave_out(contender, &cell.label, why),
                Err(why) => return Err(why),
            }
        }
        Ok(())
    }

    /// A wrong setting is one of our lock. A CPython that ours is compared with is measured in the
    /// right one, and any other not at all.
    fn plays(&self, contender: &Contender, cell: &Cell) -> bool {
        let Contender::Python(python) = contender else { return true };
        let is_compared = self.wrong.is_none_or(|relation| relation.of == Of::EachPython);
        let cell = self.cell_of(contender, cell);
        is_compared && (self.experiment.design.plays)(python, &cell)
    }

    fn cell_of<'a>(&self, contender: &Contender, cell: &'a Cell) -> Cow<'a, Cell> {
        if self.wrong.is_none() || *contender == Contender::Ours {
            return Cow::Borrowed(cell);
        }
        let mut right = self.experiment.cells(self.scale).into_iter();
        let right = right.find(|right| right.label == cell.label);
        right.map_or(Cow::Borrowed(cell), Cow::Owned)
    }

    fn looks(&self) -> Vec<Look> {
        let relations = self.experiment.relations.iter();
        let relations =
            relations.filter(|relation| self.wrong.is_none_or(|wrong| wrong.name == relation.name));
        relations
            .flat_map(|relation| self.whom(relation).map(move |who| Look::new(relation, who)))
            .collect()
    }

    fn whom(&self, relation: &'static Relation) -> impl Iterator<Item = Contender> {
        let is_meant = move |contender: &&Contender| match relation.of {
            Of::Everybody => true,
            Of::Ours => **contender == Contender::Ours,
            Of::EachPython => **contender != Contender::Ours,
        };
        self.contenders.iter().filter(is_meant).cloned()
    }

    /// Measures once more what the failed looks read.
    fn look_again(
        &self,
        again: &[&mut Look],
        finding: &mut Finding,
        instrument: &mut Instrument<'_>,
    ) -> Result<()> {
        let mut newer = Results::default();
        for cell in &finding.cells {
            let concerns =
                |contender: &Contender| again.iter().any(|look| look.concerns(contender, cell));
            let contenders: Vec<_> =
                self.contenders.iter().filter(|contender| concerns(contender)).cloned().collect();
            let fewer = Self { contenders, ..*self };
            for round in 0..self.scale.rounds() {
                fewer.round(cell, round, &mut newer, instrument)?;
            }
        }
        finding.results.replace(newer);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
