//! One module per question: exports in, results as plain structs and tables out.

pub mod inspect;
pub mod churn;
pub mod clv;
pub mod cohorts;
pub mod forecast;
pub mod rfm;
pub mod segments;
