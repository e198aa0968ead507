//! Optimisers of smooth and of plain functions, without hidden penalties.

pub mod least_squares;
