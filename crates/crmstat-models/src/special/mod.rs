//! Special functions to near machine precision.

pub mod beta;
pub mod counts;
pub mod gamma;
pub mod normal;
