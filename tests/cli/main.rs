//! The binary as a user meets it: exit code, standard output, standard error.

mod bad_input;
mod forecast;
mod generate;
mod process;
mod rfm;
mod same_bytes;
mod support;
