//! The binary as a user meets it: exit code, standard output, standard error.

mod bad_input;
mod generate;
mod process;
mod report;
mod report_again;
mod rfm;
mod same_bytes;
mod support;
