//! Optimisers of smooth and of plain functions, without hidden penalties.

pub mod nelder_mead;
pub mod newton;
pub mod lbfgs;
pub mod projected;
pub mod least_squares;
