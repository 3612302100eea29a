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

#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub title: String,
    /// How it came about.
    pub subtitle: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub label: String,
    pub scale: Scale,
    pub unit: Unit,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    pub dots: Vec<Dot>,
}

/// One point, with what it is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    pub x: f64,
    pub y: f64,
    /// Where its error bar begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// The point in words.
    pub title: String,
    /// Whether from here on more does not help.
    pub is_knee: bool,
}
