//! Optimisers of smooth and of plain functions, without hidden penalties.

pub mod lbfgs;
pub mod least_squares;
pub mod nelder_mead;
pub mod newton;
pub mod projected;
