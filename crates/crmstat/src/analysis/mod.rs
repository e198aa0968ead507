//! One module per question: exports in, results as plain structs and tables out.

pub mod clv;
pub mod cohorts;
pub mod rfm;
