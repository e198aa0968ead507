//! The binary as a user meets it: exit code, standard output, standard error.

mod bad_input;
mod baskets;
mod border;
mod churn;
mod clv;
mod cohorts;
mod deals;
mod forecast;
mod forecast_kinds;
mod formats;
mod generate;
mod inspect;
mod outputs;
mod pipes;
mod process;
mod readme;
mod report;
mod report_again;
mod rfm;
mod sales;
mod same_bytes;
mod segment;
mod support;
mod told;
mod unused;
