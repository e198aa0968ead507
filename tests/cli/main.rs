//! The binary as a user meets it: exit code, standard output, standard error.

mod bad_input;
mod generate;
mod process;
mod report;
mod rfm;
mod same_bytes;
mod support;
