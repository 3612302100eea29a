//! Views of a trace: recorded once, looked at in many ways.
//!
//! A view takes a [`Trace`](trainyard::trace::file) and writes a document. All are made from the
//! same projections ([`lanes`]) and the same table of states and their looks ([`palette`]).
//!
//! | view | what for |
//! | --- | --- |
//! | `timeline` | lanes in the terminal, and their shares as JSON |
//! | `perfetto` | depth: zoom to the nanosecond, arrows, counters, SQL |
//! | `svg` | the picture to paste into a page |
//! | `html` | the picture to send: one file that opens the source of every slice |
//! | `csv` | one line for each span, for a spreadsheet or a script |
//!
//! # Invariants
//!
//! - **VIEW-1** Colour never says anything alone: each state has a height and a texture too.
//! - **VIEW-2** What is [`missing`] is said first: events that a full ring lost, and a trace whose
//!   recorder died.
//!
//! Read next: [`palette`], then [`strip`], the alphabet of the terminal, and [`timeline`].

mod axis;
pub mod csv;
pub mod fuzz;
pub mod html;
pub mod lanes;
pub mod missing;
pub mod palette;
pub mod perfetto;
pub mod pick;
pub mod sites;
pub mod strip;
pub mod svg;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod timeline;

/// The forms in which a trace can be exported. The module of the same
/// name has `write(trace, out)`, which streams the document to `out`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum To {
    /// Chrome's trace events, which Perfetto reads.
    Perfetto,
    /// A picture.
    Svg,
    /// A page that needs nothing else.
    Html,
    /// One line for each span.
    Csv,
}
