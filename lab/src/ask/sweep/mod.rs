//! `trainyard sweep`: the same comparison at many points, and where more stops to help.
//!
//! # The life of one sweep
//!
//! 1. Ranges and lists become values, and their combinations points ([`variable`], [`plan`]).
//! 2. For each workload all contenders of all points start, each in a process of its own; whoever is
//!    the same at several points starts once.
//! 3. They take turns in the conductor's own rounds, so that points are compared as fairly as
//!    contenders are. Nothing is measured twice, and nothing at a time of its own.
//! 4. Each series' `knee` is looked for, and of those of several workloads a sentence is made.
//! 5. Table, JSON, CSV, Markdown (`render`), and a picture (`chart`). An interrupted sweep shows
//!    what it has. With `-o FILE` the recordings of all points make one trace.
//!
//! Not here: a search for the best value, which would measure some points more often than others.

mod chart;
mod knee;
mod options;
pub mod plan;
mod render;
mod report;
#[cfg(test)]
mod testing;
pub mod variable;

pub use self::options::Sweep;
use self::plan::Layout;
use self::report::Report;
use super::compare::picture::Style;
use crate::ask::document::json;
use crate::measure::conductor::{Deaths, Measurement, measure};
use crate::measure::prepare::{listen, prepare};
use crate::measure::python::find::find_all;
use crate::measure::record;
use crate::measure::warnings::{self, Build};
use lab_core::terms::outfile::Extent;
use lab_core::terms::output::{Format, Output};
use lab_core::terms::{Conditions, Host, LabError, Params, Result};
use lab_core::text::plot;
use trainyard::trace::file::Run;

/// Does it, and returns what is to be printed and how it ended.
pub fn run(asked: &Sweep) -> Result<(String, Result<()>)> {
    let (mut plan, output) = asked.resolve().map_err(LabError::BadInput)?;
    output.check_writable()?;
    plan.params.pythons = find_all(&asked.measuring.python)?;
    prepare(&plan.params)?;
    let conditions = Conditions::read();
    let workloads = plan.params.workloads.iter();
    let layouts: Vec<Layout> = workloads
        .map(|&workload| plan.layout(workload, conditions.cpus()))
        .collect::<Result<_>>()?;
    let interrupts = listen()?;
    let mut report = Report::new(&plan, Host::read());
    report.warnings = doubts(&plan.params, &conditions);
    let (mut deaths, mut ended, mut runs) = (Deaths::default(), Ok(()), Vec::new());
    for layout in &layouts {
        let (places, trace) = (layout.places.clone(), output.trace.as_deref());
        let Measurement { measured, runs: recorded, failure, .. } =
            measure(places, &plan.params, &interrupts, &mut deaths, trace);
        report.add(&plan, layout, &measured);
        runs.extend(recorded);
        if let Some(failure) = failure {
            report.complete = false;
            ended = Err(failure);
            break;
        }
    }
    report.conclude();
    let written = write(&plan.params, &output, &report, runs);
    Ok((document(&output, &report, output.stdout), ended.and(written)))
}

/// What can be known before: that there are more workers than processors is what is scanned here.
fn doubts(params: &Params, conditions: &Conditions) -> Vec<String> {
    let all = warnings::before(params, conditions, Build::this());
    let is_scanned = |line: &String| line.contains("workers share") || line.starts_with("sync was");
    all.into_iter().filter(|line| !is_scanned(line)).collect()
}

fn document(output: &Output, report: &Report, format: Format) -> String {
    anstream::ColorChoice::from(output.color).write_global();
    match format {
        Format::Table => render::table(report, Style::of_stdout(output.glyphs).columns()),
        Format::Json => json(report),
        Format::Csv => render::csv(report),
        Format::Markdown => render::markdown(report),
        Format::Svg => plot::svg(&chart::charts(report)),
    }
}

fn write(params: &Params, output: &Output, report: &Report, runs: Vec<Run>) -> Result<()> {
    let extent = Extent::of(report.complete);
    let written = output.write(extent, |format| document(output, report, format));
    let Some(path) = &output.trace else { return written };
    written.and(record::save(record::of_comparison(params, runs), path, extent))
}
