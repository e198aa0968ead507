//! Special functions to near machine precision.

pub mod normal;
