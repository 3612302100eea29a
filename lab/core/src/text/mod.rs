//! Text for a terminal: figures, lines that fit, charts.

pub mod numbers;
pub mod plain;
pub mod plot;
pub mod wrap;
