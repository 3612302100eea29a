//! The `trainyard` program.

fn main() {}
