//! The standard normal distribution: density, distribution and quantile functions.
