//! Line charts as SVG: a few series, error bars, axes that can be read.
//!
//! A chart is data; [`svg`] draws any number of them below each other. Nothing is told by colour
//! alone: each series has a colour (Okabe and Ito's), a marker and a way of being dashed, the same in
//! the legend. Light and dark follow the reader's setting. Every point has a title, which browsers
//! show and screen readers say.
//!
//! # Invariants
//!
//! - **PLOT-1** Every dot lies within the frame, also where all values are equal or there is one.
//!
//! Read next: [`scale`], which decides where the ticks are.

mod draw;
pub mod scale;

pub use crate::text::plot::draw::svg;
pub use crate::text::plot::scale::{Scale, Unit};

/// One chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// How it came about.
    pub subtitle: String,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// The lines.
    pub series: Vec<Series>,
}

/// One direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it is.
    pub label: String,
    /// How values become places.
    pub scale: Scale,
    /// How values are written.
    pub unit: Unit,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// Its points, from left to right.
    pub dots: Vec<Dot>,
}

/// One point, with what it is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// From left to right.
    pub x: f64,
    /// From bottom to top.
    pub y: f64,
    /// Where its error bar begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// The point in words.
    pub title: String,
    /// Whether it is something special.
    pub mark: Mark,
}

/// Whether a point is something special.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// One of many.
    None,
    /// From here on more does not help.
    Knee,
}
