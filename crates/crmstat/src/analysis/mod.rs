//! One module per question: exports in, results as plain structs and tables out.

pub mod baskets;
pub mod churn;
pub mod clv;
pub mod cohorts;
pub mod deals;
#[cfg(test)]
mod division_tests;
pub mod effect;
pub mod forecast;
pub mod funnel;
pub mod inspect;
pub mod kpi;
pub mod leads;
pub mod managers;
pub mod next_order;
pub mod products;
pub mod response;
pub mod rfm;
pub mod sales;
pub mod segments;
pub mod strategy;
pub mod tickets;
pub mod why;
