//! The outputs: the same report as a table with a picture, as JSON, as CSV, as Markdown.
//!
//! Each is a function from what was found out to text. Nothing here prints.

pub mod csv;
pub mod json;
pub mod markdown;
pub mod numbers;
pub mod plain;
pub mod table;
pub mod wrap;
