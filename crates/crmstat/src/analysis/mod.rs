//! One module per question: exports in, results as plain structs and tables out.

pub mod forecast;
pub mod rfm;
